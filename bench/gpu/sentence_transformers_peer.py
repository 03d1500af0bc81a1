"""What sentence-transformers makes of the same weights, texts and photographs, on the same card.

Prints one JSON object a line. Arguments: a JSON object with folder, photographs, texts, batches, precisions, device, seconds.
"""

import json
import sys
import time


def open_model(folder, device):
    from sentence_transformers import SentenceTransformer

    try:
        from sentence_transformers.sentence_transformer.modules.clip_model import CLIPModel
    except ImportError:
        from sentence_transformers.models import CLIPModel
    return SentenceTransformer(modules=[CLIPModel(folder)], device=device)


def rate(model, contents, batch, seconds):
    """Contents a second."""
    import torch

    model.encode(contents[: min(batch, len(contents))], batch_size=batch, show_progress_bar=False)
    done, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        part = contents[done % len(contents) :][: max(batch, 256)]
        model.encode(part, batch_size=batch, show_progress_bar=False)
        done += len(part)
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return done / (time.perf_counter() - start)


def main():
    import torch
    from PIL import Image

    asked = json.loads(sys.argv[1])
    texts = json.load(open(asked["texts"]))
    files = asked["photographs"]

    model = open_model(asked["folder"], asked["device"])
    for precision in asked["precisions"]:
        torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
        torch.backends.cudnn.allow_tf32 = precision == "tf32"
        if precision == "fp16":
            model.half()
        for batch in asked["batches"]:
            row = {
                "precision": precision,
                "batch": batch,
                "texts": rate(model, texts, batch, asked["seconds"]),
                "photographs": rate_of_photographs(model, files, batch, asked["seconds"]),
            }
            print(json.dumps(row), flush=True)
        if precision == "exact":
            text = model.encode(texts[:4], show_progress_bar=False)
            image = model.encode([Image.open(name) for name in files[:4]], show_progress_bar=False)
            print(json.dumps({"vectors": {"texts": text.tolist(), "photographs": image.tolist()}}), flush=True)


def rate_of_photographs(model, files, batch, seconds):
    """Each is read and decoded again, as for a caller who has files."""
    from PIL import Image

    model.encode([Image.open(name) for name in files[:batch]], batch_size=batch, show_progress_bar=False)
    done, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        part = [Image.open(files[(done + i) % len(files)]) for i in range(max(batch, 64))]
        model.encode(part, batch_size=batch, show_progress_bar=False)
        done += len(part)
    return done / (time.perf_counter() - start)


main()
