"""Writes the reference data of the layouts that Clipgraph reads beside transformers' safetensors: test/goldens/layouts.

pip install torch==2.13.0 transformers safetensors
python training/layout_goldens.py test/goldens/layouts
"""

import io
import json
import pickle
import struct
import sys
import zipfile
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from transformers import CLIPTextConfig, CLIPTextModel

TINY_CLIP = Path(__file__).parent.parent / "test" / "goldens" / "tiny-clip" / "model.safetensors"
A_DOG = [49406, 320, 1929, 49407]


def write_text_encoder(folder: Path) -> None:
    """Stable Diffusion 2's layout: padding is "!", id 0. Half precision keeps the token table small."""
    torch.manual_seed(0)
    config = CLIPTextConfig(
        hidden_size=16,
        intermediate_size=40,
        num_hidden_layers=2,
        num_attention_heads=4,
        hidden_act="gelu",
        eos_token_id=2,
    )
    model = CLIPTextModel(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(8.0) if parameter.ndim > 1 else parameter.add_(torch.randn_like(parameter) * 0.05)
    model = model.to(torch.float16)
    model.save_pretrained(folder / "text_encoder")
    model = model.float()
    tokens = {
        "bos_token": "<|startoftext|>",
        "eos_token": "<|endoftext|>",
        "unk_token": "<|endoftext|>",
        "pad_token": "!",
    }
    (folder / "tokenizer").mkdir(exist_ok=True)
    (folder / "tokenizer" / "special_tokens_map.json").write_text(json.dumps(tokens))
    with torch.no_grad():
        made = model(input_ids=torch.tensor([A_DOG + [0] * 73]))
    reference = {"text": made.pooler_output[0].tolist(), "states": made.last_hidden_state[0].flatten().tolist()}
    (folder / "reference.json").write_text(json.dumps(reference))


class Calls:
    """Pickles as a call of a function."""

    def __init__(self, function, *arguments) -> None:
        self.made = (function, arguments)

    def __reduce__(self):
        return self.made


def archive(
    path: Path,
    data: bytes,
    storages: dict[str, bytes],
    compression: int = zipfile.ZIP_STORED,
    byteorder: str = "little",
) -> None:
    with zipfile.ZipFile(path, "w", compression) as target:
        target.writestr("archive/data.pkl", data)
        target.writestr("archive/byteorder", byteorder)
        for name, values in storages.items():
            target.writestr(f"archive/data/{name}", values)
        target.writestr("archive/version", "3\n")


def one_tensor(**changes: object) -> bytes:
    """A state dict of one tensor, as torch.save pickles it, with something changed."""
    stored: dict[str, Any] = {
        "storage": "FloatStorage",
        "key": "0",
        "offset": 0,
        "shape": (2, 2),
        "stride": (2, 1),
    } | changes
    out = io.BytesIO()

    class Pickler(pickle.Pickler):
        def persistent_id(self, value):
            if isinstance(value, Storage):
                return ("storage", getattr(torch, stored["storage"]), stored["key"], "cpu", 4)
            return None

    class Storage:
        pass

    class Tensor:
        def __reduce__(self):
            from collections import OrderedDict

            return (
                torch._utils._rebuild_tensor_v2,
                (Storage(), stored["offset"], stored["shape"], stored["stride"], False, OrderedDict()),
            )

    Pickler(out, protocol=2).dump({"weight": Tensor()})
    return out.getvalue()


def write_hostile(folder: Path) -> None:
    import builtins
    import os
    import subprocess

    values = {"0": struct.pack("<4f", 1, 2, 3, 4)}
    archive(
        folder / "os-system.bin", pickle.dumps({"weight": Calls(os.system, "touch /tmp/clipgraph-pwned")}, 2), values
    )
    archive(folder / "eval.bin", pickle.dumps(Calls(builtins.eval, "1 + 1"), 2), values)
    archive(folder / "popen-protocol-4.bin", pickle.dumps({"weight": Calls(subprocess.Popen, "true")}, 4), values)
    archive(folder / "getattr.bin", pickle.dumps(Calls(getattr, "text", "upper"), 2), values)
    archive(folder / "extension-registry.bin", b"\x80\x02\x82\x01.", values)
    archive(folder / "object.bin", pickle.dumps({"weight": Path("/etc/passwd")}, 2), values)
    archive(folder / "cut.bin", one_tensor()[:-20], values)
    archive(folder / "no-mark.bin", b"\x80\x02}u.", values)
    archive(folder / "empty-stack.bin", b"\x80\x02R.", values)
    archive(folder / "unknown-memo.bin", b"\x80\x02h\x07.", values)
    archive(folder / "a-number.bin", pickle.dumps(42, 2), values)
    archive(folder / "offset-beyond.bin", one_tensor(offset=3), values)
    archive(folder / "negative-offset.bin", one_tensor(offset=-1), values)
    archive(folder / "ten-gigabytes.bin", one_tensor(shape=(50_000, 50_000), stride=(50_000, 1)), values)
    archive(folder / "transposed.bin", one_tensor(stride=(1, 2)), values)
    archive(folder / "other-storage.bin", one_tensor(key="../../etc/passwd"), values)
    archive(folder / "complex.bin", one_tensor(storage="ComplexFloatStorage"), values)
    archive(folder / "compressed.bin", one_tensor() + b" " * 1000, values, zipfile.ZIP_DEFLATED)
    archive(folder / "big-endian.bin", one_tensor(), values, byteorder="big")
    with zipfile.ZipFile(folder / "no-pickle.bin", "w") as target:
        target.writestr("readme.txt", "nothing")
    torch.save({"weight": torch.ones(2, 2)}, folder / "legacy.bin", _use_new_zipfile_serialization=False)
    (folder / "not-a-zip.bin").write_bytes(b"\x00" * 100)


def main() -> None:
    out = Path(sys.argv[1])
    (out / "hostile").mkdir(parents=True, exist_ok=True)
    torch.save(load_file(TINY_CLIP), out / "tiny-clip.bin")
    write_text_encoder(out / "text-encoder")
    write_hostile(out / "hostile")


if __name__ == "__main__":
    main()
