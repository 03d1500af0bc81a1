"""Writes what transformers makes of many preprocessors' files: test/goldens/preprocess/preprocessors.json.

pip install transformers==5.24.0 pillow==13.0.0
python training/preprocessor_goldens.py test/goldens/preprocess
"""

import hashlib
import json
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from transformers import AutoImageProcessor

PICTURES = ["png_rgb8.png", "png_rgba8_soft.png", "geo_224x1000.png"]
SIZE = 64
CLIP_MEAN = [0.48145466, 0.4578275, 0.40821073]
CLIP_STD = [0.26862954, 0.26130258, 0.27577711]
Fields = dict[str, Any]

OLD: Fields = {
    "crop_size": SIZE,
    "do_center_crop": True,
    "do_normalize": True,
    "do_resize": True,
    "feature_extractor_type": "CLIPFeatureExtractor",
    "image_mean": CLIP_MEAN,
    "image_std": CLIP_STD,
    "resample": 3,
    "size": SIZE,
}
NEW: Fields = {
    **{key: OLD[key] for key in ("do_center_crop", "do_normalize", "do_resize", "image_mean", "image_std")},
    "crop_size": {"height": SIZE, "width": SIZE},
    "do_convert_rgb": True,
    "do_rescale": True,
    "image_processor_type": "CLIPImageProcessor",
    "resample": 3,
    "rescale_factor": 1 / 255,
    "size": {"shortest_edge": SIZE},
}


def square(height: int, width: int = 0) -> Fields:
    return {"height": height, "width": width or height}


def cases() -> dict[str, Fields]:
    """Files by a name: what is in processor_config.json, and in preprocessor_config.json."""
    made: dict[str, Fields] = {}

    def own(name: str, fields: Fields) -> None:
        made[name] = {"preprocessor_config.json": fields}

    own("old", OLD)
    own("new", NEW)
    own("nothing said", {})
    own("SigLIP, nothing else said", {"image_processor_type": "SiglipImageProcessor"})
    own("ViT, nothing else said", {"feature_extractor_type": "ViTFeatureExtractor"})
    own("ViT, one number", {"feature_extractor_type": "ViTFeatureExtractor", "size": SIZE})
    own("Chinese CLIP", {**OLD, "feature_extractor_type": "ChineseCLIPFeatureExtractor"})
    own("Fast", {**NEW, "image_processor_type": "CLIPImageProcessorFast", "resample": 2})
    own("KOSMOS-2's square", {"use_square_size": True})
    for resample in range(6):
        own(f"shortest side, filter {resample}", {**NEW, "resample": resample})
        own(f"exact, filter {resample}", {**NEW, "resample": resample, "size": square(SIZE)})
    for name, size in {
        "two numbers": [SIZE, SIZE],
        "taller than the crop": square(90, SIZE),
        "wider than the crop": square(SIZE, 91),
        "smaller than the crop": square(41, 30),
        "narrower and taller": square(97, 33),
        "a longer edge": {"shortest_edge": 72},
        "a shorter edge": {"shortest_edge": 31},
    }.items():
        own(f"size: {name}", {**NEW, "size": size})
    own("one number, default_to_square", {**OLD, "default_to_square": True})
    own("crop of two numbers", {**NEW, "crop_size": [SIZE, SIZE]})
    own("no crop", {**NEW, "do_center_crop": False, "size": square(SIZE)})
    own("crop null", {**NEW, "do_center_crop": None, "size": square(SIZE)})
    own("no crop, another crop_size", {**NEW, "do_center_crop": False, "size": square(SIZE), "crop_size": 5})
    for key in ("do_resize", "do_rescale", "do_normalize"):
        own(f"{key} false", {**NEW, key: False})
        own(f"{key} null", {**NEW, key: None})
    own("neither rescaled nor normalized", {**NEW, "do_rescale": False, "do_normalize": False})
    own("rescale_factor 1/127.5", {**NEW, "rescale_factor": 1 / 127.5})
    own("rescale_factor 2", {**NEW, "rescale_factor": 2, "do_normalize": False})
    own("one mean, one std", {**NEW, "image_mean": 0.5, "image_std": 0.5})
    own("other means", {**NEW, "image_mean": [0.1, 0.2, 0.3], "image_std": [0.9, 1.1, -0.3]})
    harmless = {"_valid_processor_keys": ["size"], "processor_class": "CLIPProcessor", "do_pad": False}
    own("without effect", {**NEW, **harmless, "data_format": "channels_last", "pad_size": SIZE})
    joint = {"image_processor": {**NEW, "resample": 2}, "processor_class": "CLIPProcessor"}
    made["joint"] = {"processor_config.json": joint}
    made["joint before its own"] = {"processor_config.json": joint, "preprocessor_config.json": OLD}
    made["joint without pictures"] = {
        "processor_config.json": {"processor_class": "CLIPProcessor"},
        "preprocessor_config.json": {**OLD, "resample": 0},
    }
    return made


def tensors(files: Fields, pictures: Path) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "config.json").write_text(json.dumps({"model_type": "clip"}))
        for name, fields in files.items():
            (Path(folder) / name).write_text(json.dumps(fields))
        processor = AutoImageProcessor.from_pretrained(folder, backend="pil")
    sums = {}
    edge = 0
    for name in PICTURES:
        with Image.open(pictures / name) as picture:
            # Some classes do not convert by themselves, and then fail.
            made = processor(picture, return_tensors="np", do_convert_rgb=True)["pixel_values"]
        tensor = np.ascontiguousarray(made[0], dtype="<f4")
        edge = tensor.shape[-1]
        if tensor.shape != (3, edge, edge):
            raise ValueError(f"{tensor.shape} is no square")
        sums[name] = hashlib.sha256(tensor.tobytes()).hexdigest()
    return {"imageSize": edge, "tensors": sums}


def main() -> None:
    warnings.simplefilter("ignore")
    folder = Path(sys.argv[1])
    made = [{"name": name, "files": files, **tensors(files, folder / "images")} for name, files in cases().items()]
    text = ",\n".join(json.dumps(case, separators=(",", ":")) for case in made)
    (folder / "preprocessors.json").write_text(f"[\n{text}\n]\n")


main()
