"""A peer that runs in Python: `peers.py PEER MODEL THREADS`. Answers each line of JSON, `{"texts": [...]}` or
`{"pictures": [paths]}`, with the milliseconds that embedding them took."""

import json
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any


def sentence_transformers(model: str) -> Callable[[Sequence[Any]], object]:
    from sentence_transformers import SentenceTransformer, models

    encoder = SentenceTransformer(modules=[models.CLIPModel(model)], device="cpu")
    return lambda contents: encoder.encode(list(contents), batch_size=16, show_progress_bar=False)


def infinity(model: str) -> Callable[[Sequence[Any]], object]:
    import asyncio

    from infinity_emb import AsyncEmbeddingEngine, EngineArgs

    loop = asyncio.new_event_loop()
    engine = AsyncEmbeddingEngine.from_args(EngineArgs(model_name_or_path=model, device="cpu", batch_size=16))
    loop.run_until_complete(engine.astart())

    def embed(contents: Sequence[Any]) -> object:
        work = engine.embed(contents) if isinstance(contents[0], str) else engine.image_embed(images=contents)
        return loop.run_until_complete(work)

    return embed


PEERS = {"sentence-transformers": sentence_transformers, "infinity": infinity}


def main() -> None:
    peer, model, threads = sys.argv[1:4]
    import torch
    from PIL import Image

    torch.set_num_threads(int(threads))
    embed = PEERS[peer](model)
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        start = time.perf_counter()
        if "texts" in asked:
            embed(asked["texts"])
        else:
            embed([Image.open(path).convert("RGB") for path in asked["pictures"]])
        print(json.dumps({"ms": (time.perf_counter() - start) * 1000}), flush=True)


main()
