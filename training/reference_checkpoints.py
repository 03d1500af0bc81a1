"""Writes checkpoints with random weights, and what PyTorch makes of a text and a picture with each, for `npm run bench:checkpoints`.

    pip install torch==2.13.0 transformers pillow numpy
    python training/reference_checkpoints.py /tmp/checkpoints
"""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from transformers import CLIPConfig, CLIPModel

STARTER = Path(__file__).parent.parent / "models" / "starter"
MEAN = np.array([0.48145466, 0.4578275, 0.40821073], np.float32)
STD = np.array([0.26862954, 0.26130258, 0.27577711], np.float32)
A_DOG = [49406, 320, 1929, 49407]

SMALL = (
    {"hidden_size": 96, "intermediate_size": 200, "num_hidden_layers": 3, "num_attention_heads": 6},
    {"hidden_size": 80, "intermediate_size": 160, "num_hidden_layers": 2, "num_attention_heads": 5, "image_size": 56, "patch_size": 14},
    40,
)
VIT_B_32 = (
    {"hidden_size": 512, "intermediate_size": 2048, "num_hidden_layers": 12, "num_attention_heads": 8},
    {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12, "image_size": 224, "patch_size": 32},
    512,
)
VIT_L_14 = (
    {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12},
    {"hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24, "num_attention_heads": 16, "image_size": 224, "patch_size": 14},
    768,
)


def write(folder: Path, size: tuple, activation: str, end_marker: int, dtype: torch.dtype, **save: str) -> None:
    text, vision, projection = size
    text = {**text, "vocab_size": 49408, "max_position_embeddings": 77, "hidden_act": activation}
    text |= {"bos_token_id": 49406, "eos_token_id": end_marker, "pad_token_id": 1}
    config = CLIPConfig(text_config=text, vision_config={**vision, "hidden_act": activation}, projection_dim=projection)
    model = CLIPModel(config).eval()
    with torch.no_grad():  # Larger than transformers' own initial values, so that every part leaves its mark.
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter.mul_(2.0)
            elif parameter.numel() > 1:
                parameter.add_(torch.randn_like(parameter) * 0.05)
    model = model.to(dtype)
    model.save_pretrained(folder, **save)
    for name in ("vocab.json", "merges.txt"):
        shutil.copy(STARTER / name, folder)

    side = vision["image_size"]
    pixels = np.random.default_rng(1).integers(0, 256, (side, side, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(folder / "picture.png")
    image = torch.from_numpy(((pixels.astype(np.float32) / 255 - MEAN) / STD).transpose(2, 0, 1)[None])
    model = model.float()  # The same weights, in fp32.
    with torch.no_grad():
        made = {
            "text": model.get_text_features(input_ids=torch.tensor([A_DOG])),
            "image": model.get_image_features(pixel_values=image),
        }
    reference = {name: getattr(value, "pooler_output", value)[0].tolist() for name, value in made.items()}
    (folder / "reference.json").write_text(json.dumps({**reference, "logitScale": model.logit_scale.exp().item()}))
    print(folder.name)


def main() -> None:
    out = Path(sys.argv[1])
    torch.manual_seed(0)
    write(out / "gelu", SMALL, "gelu", 49407, torch.float32)
    write(out / "gelu_pytorch_tanh", SMALL, "gelu_pytorch_tanh", 49407, torch.float32)
    write(out / "fp16-legacy-end-marker", SMALL, "quick_gelu", 2, torch.float16)
    write(out / "bf16-gelu_new", SMALL, "gelu_new", 49407, torch.bfloat16)
    write(out / "shards", SMALL, "quick_gelu", 49407, torch.float32, max_shard_size="4MB")
    write(out / "vit-b-32", VIT_B_32, "quick_gelu", 49407, torch.float32)
    write(out / "vit-l-14", VIT_L_14, "quick_gelu", 49407, torch.float32)


if __name__ == "__main__":
    main()
