"""Writes checkpoints with random weights, and what PyTorch makes of a text and a picture with each, for `npm run bench:checkpoints`
and `npm run bench:graphs`.

    pip install torch==2.13.0 transformers pillow numpy onnx
    python training/reference_checkpoints.py /tmp/checkpoints
"""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file
from transformers import (
    CLIPConfig,
    CLIPModel,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPVisionModelWithProjection,
)

STARTER = Path(__file__).parent.parent / "models" / "starter"
MEAN = np.array([0.48145466, 0.4578275, 0.40821073], np.float32)
STD = np.array([0.26862954, 0.26130258, 0.27577711], np.float32)
A_DOG = [49406, 320, 1929, 49407]

SMALL = (
    {"hidden_size": 96, "intermediate_size": 200, "num_hidden_layers": 3, "num_attention_heads": 6},
    {
        "hidden_size": 80,
        "intermediate_size": 160,
        "num_hidden_layers": 2,
        "num_attention_heads": 5,
        "image_size": 56,
        "patch_size": 14,
    },
    40,
)
VIT_B_32 = (
    {"hidden_size": 512, "intermediate_size": 2048, "num_hidden_layers": 12, "num_attention_heads": 8},
    {
        "hidden_size": 768,
        "intermediate_size": 3072,
        "num_hidden_layers": 12,
        "num_attention_heads": 12,
        "image_size": 224,
        "patch_size": 32,
    },
    512,
)
VIT_L_14 = (
    {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12},
    {
        "hidden_size": 1024,
        "intermediate_size": 4096,
        "num_hidden_layers": 24,
        "num_attention_heads": 16,
        "image_size": 224,
        "patch_size": 14,
    },
    768,
)


def random_model(size: tuple, activation: str, end_marker: int) -> CLIPModel:
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
    return model


def write_tokenizer(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("vocab.json", "merges.txt"):
        shutil.copy(STARTER / name, folder)


def a_picture(folder: Path, side: int) -> torch.Tensor:
    pixels = np.random.default_rng(1).integers(0, 256, (side, side, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(folder / "picture.png")
    return torch.from_numpy(((pixels.astype(np.float32) / 255 - MEAN) / STD).transpose(2, 0, 1)[None])


def write_reference(folder: Path, model: CLIPModel) -> None:
    image = a_picture(folder, model.config.vision_config.image_size)
    model = model.float()  # The same weights, in fp32.
    with torch.no_grad():
        made = {
            "text": model.get_text_features(input_ids=torch.tensor([A_DOG])),
            "image": model.get_image_features(pixel_values=image),
        }
    reference = {name: getattr(value, "pooler_output", value)[0].tolist() for name, value in made.items()}
    (folder / "reference.json").write_text(json.dumps({**reference, "logitScale": model.logit_scale.exp().item()}))
    print(folder.name)


def write(folder: Path, size: tuple, activation: str, end_marker: int, dtype: torch.dtype, **save: str) -> None:
    model = random_model(size, activation, end_marker).to(dtype)
    model.save_pretrained(folder, **save)
    write_tokenizer(folder)
    write_reference(folder, model)


def export_graphs(folder: Path) -> None:
    """`onnx/`, beside which `npm run bench:graphs` puts the graphs that are built over the safetensors."""
    (folder / "onnx").mkdir(exist_ok=True)
    pixels, ids = torch.zeros(2, 3, 224, 224), torch.tensor([A_DOG, A_DOG])
    towers = (
        ("vision", CLIPVisionModelWithProjection, pixels, "pixel_values", "image_embeds", {0: "batch"}),
        ("text", CLIPTextModelWithProjection, ids, "input_ids", "text_embeds", {0: "batch", 1: "length"}),
    )
    for name, kind, example, given, made, axes in towers:

        class Tower(torch.nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.model = kind.from_pretrained(folder, attn_implementation="eager").eval()

            def forward(self, content: torch.Tensor) -> torch.Tensor:
                return getattr(self.model(**{given: content}), made)

        torch.onnx.export(
            Tower(),
            (example,),
            str(folder / "onnx" / f"{name}_model.onnx"),
            dynamo=False,
            input_names=[given],
            output_names=[made],
            dynamic_axes={given: axes, made: {0: "batch"}},
            opset_version=17,
        )


def write_pickled(folder: Path, within: str) -> None:
    """`pytorch_model.bin`, at the top or in sentence-transformers' folder."""
    model = random_model(SMALL, "quick_gelu", 2)
    write_tokenizer(folder / within)
    model.config.save_pretrained(folder / within)
    # Half of the text's projection is another tensor's storage: a view with an offset.
    state = model.state_dict()
    joined = torch.cat(
        [state["text_projection.weight"], state["visual_projection.weight"].new_zeros(3, SMALL[0]["hidden_size"])]
    )
    state["text_projection.weight"] = joined[: SMALL[2]]
    state["text_model.embeddings.position_ids"] = torch.arange(77)[None]
    torch.save(state, folder / within / "pytorch_model.bin")
    write_reference(folder, model)


def write_text_encoder(folder: Path, size: tuple, activation: str, end_marker: int, padding: str) -> None:
    """Stable Diffusion's: `text_encoder/` and `tokenizer/`. The states of all 77 places, as the denoiser takes them."""
    whole = random_model(size, activation, end_marker)
    model = CLIPTextModel(whole.config.text_config).eval()
    model.load_state_dict(
        whole.text_model.state_dict()
        if "embeddings.token_embedding.weight" in model.state_dict()
        else {f"text_model.{name}": value for name, value in whole.text_model.state_dict().items()}
    )
    model.save_pretrained(folder / "text_encoder")
    write_tokenizer(folder / "tokenizer")
    tokens = {
        "bos_token": "<|startoftext|>",
        "eos_token": "<|endoftext|>",
        "unk_token": "<|endoftext|>",
        "pad_token": padding,
    }
    (folder / "tokenizer" / "special_tokens_map.json").write_text(json.dumps(tokens))
    (folder / "model_index.json").write_text(json.dumps({"_class_name": "StableDiffusionPipeline"}))
    pad = {"!": 0, "<|endoftext|>": 49407}[padding]
    ids = torch.tensor([A_DOG + [pad] * (77 - len(A_DOG))])
    with torch.no_grad():
        made = model(input_ids=ids)
    (folder / "reference.json").write_text(
        json.dumps({"text": made.pooler_output[0].tolist(), "states": made.last_hidden_state[0].flatten().tolist()})
    )
    print(folder.name)


def open_clip_state(model: CLIPModel) -> dict[str, torch.Tensor]:
    """The same weights under open_clip's names: q, k and v joined, projections transposed."""
    given = model.state_dict()
    made = {"logit_scale": given["logit_scale"]}
    for tower, prefix in (("text_model", ""), ("vision_model", "visual.")):
        for i in range(getattr(model, tower).config.num_hidden_layers):
            source, target = f"{tower}.encoder.layers.{i}", f"{prefix}transformer.resblocks.{i}"
            for kind in ("weight", "bias"):
                made[f"{target}.attn.in_proj_{kind}"] = torch.cat(
                    [given[f"{source}.self_attn.{part}_proj.{kind}"] for part in "qkv"]
                )
                for a, b in (
                    ("self_attn.out_proj", "attn.out_proj"),
                    ("layer_norm1", "ln_1"),
                    ("layer_norm2", "ln_2"),
                    ("mlp.fc1", "mlp.c_fc"),
                    ("mlp.fc2", "mlp.c_proj"),
                ):
                    made[f"{target}.{b}.{kind}"] = given[f"{source}.{a}.{kind}"]
    for kind in ("weight", "bias"):
        made[f"ln_final.{kind}"] = given[f"text_model.final_layer_norm.{kind}"]
        made[f"visual.ln_pre.{kind}"] = given[f"vision_model.pre_layrnorm.{kind}"]
        made[f"visual.ln_post.{kind}"] = given[f"vision_model.post_layernorm.{kind}"]
    made["token_embedding.weight"] = given["text_model.embeddings.token_embedding.weight"]
    made["positional_embedding"] = given["text_model.embeddings.position_embedding.weight"]
    made["text_projection"] = given["text_projection.weight"].T
    made["visual.class_embedding"] = given["vision_model.embeddings.class_embedding"]
    made["visual.positional_embedding"] = given["vision_model.embeddings.position_embedding.weight"]
    made["visual.conv1.weight"] = given["vision_model.embeddings.patch_embedding.weight"]
    made["visual.proj"] = given["visual_projection.weight"].T
    return {name: value.contiguous() for name, value in made.items()}


def write_open_clip(folder: Path, activation: str, is_pickled: bool) -> None:
    model = random_model(SMALL, activation, 2)
    write_tokenizer(folder)
    text, vision, projection = SMALL
    config = {
        "embed_dim": projection,
        "vision_cfg": {
            "image_size": vision["image_size"],
            "layers": vision["num_hidden_layers"],
            "width": vision["hidden_size"],
            "head_width": vision["hidden_size"] // vision["num_attention_heads"],
            "patch_size": vision["patch_size"],
        },
        "text_cfg": {
            "context_length": 77,
            "vocab_size": 49408,
            "width": text["hidden_size"],
            "heads": text["num_attention_heads"],
            "layers": text["num_hidden_layers"],
        },
    }
    if activation == "quick_gelu":
        config["quick_gelu"] = True
    preprocess = {"mean": MEAN.tolist(), "std": STD.tolist(), "interpolation": "bicubic", "resize_mode": "shortest"}
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": config, "preprocess_cfg": preprocess}))
    state = open_clip_state(model)
    if is_pickled:
        torch.save(state, folder / "open_clip_pytorch_model.bin")
    else:
        save_file(state, folder / "open_clip_model.safetensors")
    write_reference(folder, model)


def main() -> None:
    out = Path(sys.argv[1])
    torch.manual_seed(0)
    write(out / "gelu", SMALL, "gelu", 49407, torch.float32)
    write(out / "gelu_pytorch_tanh", SMALL, "gelu_pytorch_tanh", 49407, torch.float32)
    write(out / "fp16-legacy-end-marker", SMALL, "quick_gelu", 2, torch.float16)
    write(out / "bf16-gelu_new", SMALL, "gelu_new", 49407, torch.bfloat16)
    write(out / "shards", SMALL, "quick_gelu", 49407, torch.float32, max_shard_size="4MB")
    write_pickled(out / "pytorch-bin", ".")
    write_pickled(out / "sentence-transformers", "0_CLIPModel")
    write_text_encoder(out / "stable-diffusion", SMALL, "quick_gelu", 2, "<|endoftext|>")
    write_text_encoder(out / "stable-diffusion-2", SMALL, "gelu", 2, "!")
    write_open_clip(out / "open-clip", "gelu", is_pickled=False)
    write_open_clip(out / "open-clip-quick-gelu-bin", "quick_gelu", is_pickled=True)
    write(out / "vit-b-32", VIT_B_32, "quick_gelu", 49407, torch.float32)
    export_graphs(out / "vit-b-32")
    write(out / "vit-l-14", VIT_L_14, "quick_gelu", 49407, torch.float32)


if __name__ == "__main__":
    main()
