"""Step 9: both towers as ONNX files of standard operators, their weights stored small and computed in float32.

Large matrices are stored in int8, one scale an output channel; the token table in four bits, one step a row; the rest
in float16. Each is followed by the cast (and product) that gives float32 back, which a runtime folds when it loads the
file: what is computed is the same on every runtime.
"""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from . import image_tower
from .backbone import SIDE
from .image_tower import ImageTower
from .paths import Work
from .text_tower import LEVELS, TextTower, row_step
from .tokens import clip_ids, clip_tokenizer

OPSET = 17
ZERO = LEVELS + 1  # of a four-bit number
SMALL = 512  # tensors with fewer numbers stay as they are
LARGE = 8192  # matrices with as many are stored in int8
CLIPS = (1, 0.97, 0.94, 0.9, 0.86, 0.82)


class _PackedTable(nn.Module):
    """Rows [.., 384] of a table in four bits: the first half of a row in the lower halves of its bytes."""

    def __init__(self, table: torch.Tensor):
        super().__init__()
        step = row_step(table)
        numbers = (torch.clamp(torch.round(table / step), -LEVELS, LEVELS) + ZERO).to(torch.uint8)
        low, high = numbers.chunk(2, 1)
        self.register_buffer("packed", low + 16 * high)
        self.register_buffer("step", step.half())

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        both = self.packed[ids].float()
        high = torch.floor(both / 16)
        return (torch.cat([both - 16 * high, high], -1) - ZERO) * self.step[ids].float()


class _TextGraph(nn.Module):
    def __init__(self, tower: TextTower):
        super().__init__()
        self.tower = tower
        self.table = _PackedTable(tower.table.weight.detach())
        tower.rows = self.table.forward

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.tower(ids)


def _write(model: nn.Module, example: torch.Tensor, file: Path, names: tuple[str, str], axes: dict) -> None:
    torch.onnx.export(
        model, (example,), str(file), dynamo=False, opset_version=OPSET, input_names=[names[0]],
        output_names=[names[1]], dynamic_axes={names[0]: axes, names[1]: {0: "batch"}},
    )  # fmt: skip


def _int8(values: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Numbers and scales by channel; each channel's scale is the one of a few with the least squared error."""
    others = tuple(dimension for dimension in range(values.ndim) if dimension != axis)
    best_error = best_numbers = best_scale = None
    for clip in CLIPS:
        scale = np.abs(values).max(others, keepdims=True) * clip / 127 + 1e-12
        numbers = np.clip(np.round(values / scale), -127, 127)
        error = ((numbers * scale - values) ** 2).sum(others, keepdims=True)
        if best_error is None:
            best_error, best_numbers, best_scale = error, numbers, scale
        else:
            is_better = error < best_error
            best_error = np.where(is_better, error, best_error)
            best_numbers = np.where(is_better, numbers, best_numbers)
            best_scale = np.where(is_better, scale, best_scale)
    return best_numbers.astype(np.int8), best_scale.astype(np.float32)


def _channel_axis(node: onnx.NodeProto) -> int:
    """The dimension of a node's second input that is its output's channel."""
    if node.op_type == "Gemm":
        return 0 if any(attribute.name == "transB" and attribute.i for attribute in node.attribute) else 1
    return 1 if node.op_type == "MatMul" else 0


def compact(file: Path) -> None:
    """Stores a graph's float32 weights in int8 and float16."""
    model = onnx.load(str(file))
    graph = model.graph
    users = {name: node for node in reversed(graph.node) for name in node.input}
    before, stored = [], []
    for tensor in graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < SMALL:
            stored.append(tensor)
            continue
        node, name = users[tensor.name], tensor.name
        is_matrix = node.op_type in ("MatMul", "Gemm") or node.op_type == "Conv" and values.shape[1] > 1
        if is_matrix and values.size >= LARGE:
            numbers, scale = _int8(values, _channel_axis(node))
            stored += [numpy_helper.from_array(numbers, f"{name}_int8"), numpy_helper.from_array(scale, f"{name}_scale")]
            before.append(helper.make_node("Cast", [f"{name}_int8"], [f"{name}_wide"], to=TensorProto.FLOAT))
            before.append(helper.make_node("Mul", [f"{name}_wide", f"{name}_scale"], [name]))
        else:
            stored.append(numpy_helper.from_array(values.astype(np.float16), f"{name}_half"))
            before.append(helper.make_node("Cast", [f"{name}_half"], [name], to=TensorProto.FLOAT))
    for index, node in enumerate(before):
        graph.node.insert(index, node)
    del graph.initializer[:]
    graph.initializer.extend(stored)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, str(file))


def _run(file: Path, name: str, values: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    return session.run(None, {name: values})[0]


def _cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)


def run(work: Work) -> None:
    text_file, image_file = work.export / "text_model.onnx", work.export / "vision_model.onnx"
    if image_file.exists():
        return
    work.export.mkdir(parents=True, exist_ok=True)
    text = TextTower()
    text.load_state_dict(torch.load(work.text_tower, weights_only=True)["state"])
    text.eval()
    sentences = ["a photo of a dog", "an astronaut riding a horse, oil painting, highly detailed", "a cat"]
    ids, counts = clip_ids(clip_tokenizer(), sentences)
    full = torch.from_numpy(ids).long()
    with torch.inference_mode():
        expected = text(full).numpy()
    short = full[:, : counts.max()]
    with torch.no_grad():
        _write(_TextGraph(text), short, text_file, ("input_ids", "text_embeds"), {0: "batch", 1: "sequence"})
    exact = _run(text_file, "input_ids", full.numpy())
    compact(text_file)
    stored = _run(text_file, "input_ids", full.numpy())
    zeros = np.where(np.arange(full.shape[1]) < counts[:, None], full.numpy(), 0)
    padded = _run(text_file, "input_ids", zeros)
    print(f"  text: ONNX to PyTorch {np.abs(exact - expected).max():.1e}; stored small, cosine {_cosines(stored, expected).min():.5f}")
    print(f"  text: padded with zeros instead of end markers, {np.abs(padded - stored).max():.1e}", flush=True)

    image: ImageTower = image_tower.load(work.image_tower)
    pixels = torch.randn(4, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        expected = image(pixels).numpy()
    scratch = image_file.with_suffix(".part")
    with torch.no_grad():
        _write(image, pixels[:1], scratch, ("pixel_values", "image_embeds"), {0: "batch"})
    exact = _run(scratch, "pixel_values", pixels.numpy())
    compact(scratch)
    stored = _run(scratch, "pixel_values", pixels.numpy())
    scratch.rename(image_file)
    print(f"  image: ONNX to PyTorch {np.abs(exact - expected).max():.1e}; stored small, cosine {_cosines(stored, expected).min():.5f}")
    sizes = [file.stat().st_size for file in (text_file, image_file)]
    print(f"  {sizes[0] / 1e6:.1f} MB and {sizes[1] / 1e6:.1f} MB", flush=True)
