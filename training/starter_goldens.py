"""Writes test/goldens/starter/embeddings.json: what Python makes of the starter model's files.

Tokens come from Hugging Face's tokenizers, pixels from Pillow, vectors from onnxruntime. Run it from the root of the
checkout, in an environment with training/requirements.txt:

    python training/starter_goldens.py
"""

import json
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / "models" / "starter"
EXAMPLES = ROOT / "examples"
OUT = ROOT / "test" / "goldens" / "starter" / "embeddings.json"

TEXTS = [
    "",
    "a dog",
    "a puppy",
    "a cat",
    "a city at night",
    "a cup of coffee",
    "a rocket",
    "an apple",
    "A Photo of a RED car, on a street…",
    "una niña con un perro 🐶",
    "an astronaut riding a horse, oil painting, highly detailed",
    "one two three four five six seven eight nine ten " * 6,
]

# openai/CLIP clip/clip.py
MEAN = np.array([0.48145466, 0.4578275, 0.40821073], dtype=np.float32)
STD = np.array([0.26862954, 0.26130258, 0.27577711], dtype=np.float32)


def clip_tokenizer() -> Tokenizer:
    """The pipeline of openai/clip-vit-base-patch32's tokenizer.json, over the two files of the model."""
    tokenizer = Tokenizer(
        models.BPE.from_file(
            str(MODEL / "vocab.json"),
            str(MODEL / "merges.txt"),
            unk_token="<|endoftext|>",
            end_of_word_suffix="</w>",
        )
    )
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    words = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(words), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    return tokenizer


def pixels(path: Path, size: int = 224) -> np.ndarray:
    """[1, 3, size, size], as transformers' CLIPImageProcessorPil makes it of an opaque picture."""
    image = Image.open(path).convert("RGB")
    width, height = image.size
    if width <= height:
        image = image.resize((size, int(size * height / width)), Image.Resampling.BICUBIC)
    else:
        image = image.resize((int(size * width / height), size), Image.Resampling.BICUBIC)
    left, top = (image.width - size) // 2, (image.height - size) // 2
    crop = np.asarray(image.crop((left, top, left + size, top + size)), dtype=np.float32)
    return ((crop / np.float32(255) - MEAN) / STD).transpose(2, 0, 1)[None]


def main() -> None:
    text_tower = onnxruntime.InferenceSession(MODEL / "text_model.onnx", providers=["CPUExecutionProvider"])
    image_tower = onnxruntime.InferenceSession(MODEL / "vision_model.onnx", providers=["CPUExecutionProvider"])
    tokenizer = clip_tokenizer()
    result: dict[str, list[dict[str, object]]] = {"texts": [], "images": []}
    for text in TEXTS:
        ids = [49406, *tokenizer.encode(text).ids, 49407]
        (vector,) = text_tower.run(["text_embeds"], {"input_ids": np.array([ids], dtype=np.int64)})
        result["texts"].append({"text": text, "ids": ids, "vector": vector[0].tolist()})
    for example in json.loads((EXAMPLES / "sources.json").read_text()):
        (vector,) = image_tower.run(["image_embeds"], {"pixel_values": pixels(EXAMPLES / example["file"])})
        result["images"].append({"example": example["name"], "vector": vector[0].tolist()})
    OUT.write_text(json.dumps(result) + "\n")
    print(f"{len(result['texts'])} texts and {len(result['images'])} pictures, onnxruntime {onnxruntime.__version__}")


if __name__ == "__main__":
    main()
