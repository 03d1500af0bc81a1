"""Step 8: both towers as ONNX files of standard operators, their weights stored small and computed in float32.

Large matrices are stored in int8, one scale an output channel, and rounded so that what one number's rounding does to a
layer's output the next ones make good, as far as training pictures tell; the table of tokens, the regression, the
classifier and its texts in four bits, one step a row; the rest in float16, above all the depthwise convolutions, whose few
weights matter most. Each is followed by the cast (and product) that gives float32 back, which a runtime folds when it
loads the file: what is computed is the same on every runtime.
"""

import shutil
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from . import image_tower
from .examples import Drawings
from .features import pixels
from .paths import Work
from .rounding import LEVELS, ZERO, PackedLinear, pack, rounded, row_step, unpack
from .text_tower import TextTower
from .tokens import clip_ids, clip_tokenizer

OPSET = 17
SMALL = 64  # tensors with fewer numbers stay as they are
LARGE = 40_000  # matrices with as many are stored in int8
LOW_RANK = "tuned.moved"  # matrices of low rank, which move others a little, are stored in int8 whatever their size
FOUR_BITS = ("class_texts", "backbone.classifier.weight", "regression.weight")
CALIBRATION = 192  # pictures
CALIBRATION_BATCH = 16
CALIBRATION_ROWS = 6000  # of a layer's inputs, from each batch
TOLERANCE = 2e-5  # between a component of a vector here and there
CLIPS = (1, 0.97, 0.94, 0.9, 0.86, 0.82)


def _packed(table: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows in four bits [N, width / 2] and their steps [N, 1]."""
    step = row_step(table)
    return pack(torch.clamp(torch.round(table / step), -LEVELS, LEVELS)), step.half()


class _PackedTable(nn.Module):
    """Ids to rows of a table in four bits."""

    def __init__(self, table: torch.Tensor):
        super().__init__()
        packed, step = _packed(table)
        self.register_buffer("packed", packed)
        self.register_buffer("step", step)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return unpack(self.packed[ids], self.step[ids])


class _TextGraph(nn.Module):
    def __init__(self, tower: TextTower):
        super().__init__()
        self.tower = tower
        self.table = _PackedTable(tower.table.weight.detach())
        tower.rows = self.table.forward  # type: ignore[method-assign]

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
    best_error = np.array(np.inf)
    best_numbers = best_scale = np.array(0.0)
    for clip in CLIPS:
        scale = (np.abs(values).max(others, keepdims=True) * clip / 127 + 1e-7).astype(np.float16).astype(np.float32)
        numbers = np.clip(np.round(values / scale), -127, 127)
        error = ((numbers * scale - values) ** 2).sum(others, keepdims=True)
        is_better = error < best_error
        best_error = np.where(is_better, error, best_error)
        best_numbers = np.where(is_better, numbers, best_numbers)
        best_scale = np.where(is_better, scale, best_scale)
    return best_numbers.astype(np.int8), best_scale.astype(np.float16)


def _is_int8(node: onnx.NodeProto, name: str, values: np.ndarray) -> bool:
    is_matrix = node.op_type in ("MatMul", "Gemm", "Conv") and values.ndim > 1 and values.shape[1] > 1
    return is_matrix and (values.size >= LARGE or name.startswith(LOW_RANK))


def _moments(file: Path, inputs: np.ndarray, given: dict[str, PackedLinear]) -> dict[str, np.ndarray]:
    """The second moments of what each matrix that is stored in int8 is multiplied with, by the matrix's name."""
    model = onnx.load(str(file))
    matrices = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    sources = {
        node.input[1]: (node.op_type, node.input[0])
        for node in model.graph.node
        if len(node.input) > 1
        and node.input[1] in matrices
        and node.input[1] not in given
        and _is_int8(node, node.input[1], matrices[node.input[1]])
    }
    del model.graph.output[:]
    names = sorted({source for _, source in sources.values()})
    model.graph.output.extend(helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    sums: dict[str, np.ndarray] = {}
    for at in range(0, len(inputs), CALIBRATION_BATCH):
        found = dict(zip(names, session.run(None, {session.get_inputs()[0].name: inputs[at : at + CALIBRATION_BATCH]})))
        for matrix, (kind, source) in sources.items():
            x = np.moveaxis(found[source], 1, -1) if kind == "Conv" else found[source]
            x = x.reshape(-1, x.shape[-1])
            x = x[:: len(x) // CALIBRATION_ROWS + 1]
            sums[matrix] = sums.get(matrix, 0) + x.T @ x / len(x)
    return sums


def _channel_axis(node: onnx.NodeProto) -> int:
    """The dimension of a node's second input that is its output's channel."""
    if node.op_type == "Gemm":
        return 0 if any(attribute.name == "transB" and attribute.i for attribute in node.attribute) else 1
    return 1 if node.op_type == "MatMul" else 0


_PARTED = [
    ("Cast", ["bytes"], ["both"], {"to": TensorProto.FLOAT}),
    ("Div", ["both", "sixteen"], ["sixteenths"], {}),
    ("Floor", ["sixteenths"], ["high"], {}),
    ("Cast", ["step"], ["wide_step"], {"to": TensorProto.FLOAT}),
]
_WHOLE = [
    ("Mul", ["high", "sixteen"], ["shifted"], {}),
    ("Sub", ["both", "shifted"], ["low"], {}),
    ("Concat", ["low", "high"], ["unsigned"], {"axis": 1}),
    ("Sub", ["unsigned", "zero"], ["numbers"], {}),
]


def _nodes(table: list, own) -> list[onnx.NodeProto]:
    """Nodes of (kind, inputs, outputs, attributes), with names as own makes them."""
    return [
        helper.make_node(kind, [own(part) for part in parts], [own(part) for part in results], **attributes)
        for kind, parts, results, attributes in table
    ]


def _four_bits(name: str, packed: torch.Tensor, step: torch.Tensor, is_whole: bool) -> tuple[list, list]:
    """Initialisers and nodes of a matrix in four bits: of the whole, or of the parts that a product needs (PackedLinear)."""
    constants = {"bytes": packed.numpy(), "step": step.numpy(), "sixteen": np.float32(16), "zero": np.float32(ZERO)}
    if not is_whole:
        constants |= {"sizes": np.array([packed.shape[1]] * 2), "features": np.array([1])}

    def own(part: str) -> str:
        return f"{name}_{part}"

    nodes = _nodes(_PARTED + _WHOLE if is_whole else _PARTED, own)
    if is_whole:
        nodes.append(helper.make_node("Mul", [own("numbers"), own("wide_step")], [name]))
    return [numpy_helper.from_array(np.asarray(value), own(key)) for key, value in constants.items()], nodes


def _product(node: onnx.NodeProto) -> list[onnx.NodeProto]:
    """What takes the place of a product with the whole matrix."""
    source, matrix, bias = node.input
    (target,) = node.output
    table = [
        ("Split", [source, f"{matrix}_sizes"], ["u", "v"], {"axis": 1}),
        ("Mul", ["u", f"{matrix}_sixteen"], ["shifted"], {}),
        ("Sub", ["v", "shifted"], ["rest"], {}),
        ("Gemm", ["u", f"{matrix}_both"], ["of_both"], {"transB": 1}),
        ("Gemm", ["rest", f"{matrix}_high"], ["of_high"], {"transB": 1}),
        ("Add", ["of_both", "of_high"], ["of_all"], {}),
        ("ReduceSum", ["u", f"{matrix}_features"], ["sum"], {"keepdims": 1}),
        ("Mul", ["sum", f"{matrix}_zero"], ["of_zero"], {}),
        ("Sub", ["of_all", "of_zero"], ["steps"], {}),
        ("Mul", ["steps", f"{matrix}_wide_step"], ["scaled"], {}),
        ("Add", ["scaled", bias], [target], {}),
    ]
    between = {result for _, _, results, _ in table for result in results} - {target}
    return _nodes(table, lambda part: f"{target}_{part}" if part in between else part)


def compact(file: Path, inputs: np.ndarray | None, given: dict[str, PackedLinear]) -> None:
    """Stores a graph's float32 weights small, rounded for the given inputs, or as given in four bits."""
    moments = {} if inputs is None else _moments(file, inputs, given)
    model = onnx.load(str(file))
    graph = model.graph
    users = {name: node for node in reversed(graph.node) for name in node.input}
    before: list[onnx.NodeProto] = []
    stored: list[onnx.TensorProto] = []
    products: dict[str, list[onnx.NodeProto]] = {}

    def cast(name: str, source: str) -> None:
        before.append(helper.make_node("Cast", [source], [name], to=TensorProto.FLOAT))

    for tensor in graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < SMALL:
            stored.append(tensor)
            continue
        node, name = users[tensor.name], tensor.name
        if name in FOUR_BITS and node.op_type == "Gemm":
            linear = given.get(name)
            if linear is None:
                linear = PackedLinear(values.shape[1], values.shape[0])
                linear.set(torch.from_numpy(values.copy()), torch.zeros(len(values)), moments[name])
            constants, nodes = _four_bits(name, linear.packed, linear.step[None], is_whole=False)
            stored += constants
            before += nodes
            products |= {user.output[0]: _product(user) for user in graph.node if name in user.input}
        elif name in FOUR_BITS:
            constants, nodes = _four_bits(name, *_packed(torch.from_numpy(values.copy())), is_whole=True)
            stored += constants
            before += nodes
        elif _is_int8(node, name, values):
            axis = _channel_axis(node)
            numbers, scale = _int8(values, axis)
            if name in moments and values.size == values.shape[0] * values.shape[1]:
                rows = np.moveaxis(values, axis, 0).reshape(values.shape[axis], -1)
                better = rounded(rows, scale.reshape(-1, 1), moments[name], 127)
                numbers = np.ascontiguousarray((better if axis == 0 else better.T).reshape(values.shape))
            stored.append(numpy_helper.from_array(numbers, f"{name}_int8"))
            stored.append(numpy_helper.from_array(scale, f"{name}_scale"))
            cast(f"{name}_wide", f"{name}_int8")
            cast(f"{name}_factor", f"{name}_scale")
            before.append(helper.make_node("Mul", [f"{name}_wide", f"{name}_factor"], [name]))
        else:
            stored.append(numpy_helper.from_array(values.astype(np.float16), f"{name}_half"))
            cast(name, f"{name}_half")
    nodes = before + [made for node in graph.node for made in products.get(node.output[0], [node])]
    del graph.node[:]
    graph.node.extend(nodes)
    del graph.initializer[:]
    graph.initializer.extend(stored)
    for node in graph.node:
        node.name = ""
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, str(file))


def _training_pictures(work: Work) -> np.ndarray:
    """Drawings and pictures made by rule, [CALIBRATION, 3, 224, 224]."""
    drawings = Drawings(work, "calibration")
    chosen = [index for index, picture in enumerate(drawings.pictures) if picture.trainable]
    chosen = chosen[:: len(chosen) // (CALIBRATION * 2 // 3) + 1]
    images = [drawings.drawing(index, turn % 3)[0] for turn, index in enumerate(chosen)]
    images += [drawings.generated(number)[0] for number in range(CALIBRATION - len(images))]
    return np.stack([pixels(image) for image in images])


def _run(file: Path, name: str, values: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    return session.run(None, {name: values})[0]


def _expect_equal(what: str, a: np.ndarray, b: np.ndarray) -> None:
    difference = np.abs(a - b).max()
    if not difference < TOLERANCE:
        raise SystemExit(f"{what}: they differ by {difference:.1e}, more than {TOLERANCE}.")


def _cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)


def run(work: Work) -> None:
    """work/export has the files that are shipped, work/export/float32 the same before they were stored small."""
    full = work.export / "float32"
    text_file, image_file = full / "text_model.onnx", full / "vision_model.onnx"
    if (work.export / image_file.name).exists():
        return
    full.mkdir(parents=True, exist_ok=True)
    text = TextTower()
    text.load_state_dict(torch.load(work.text_tower, weights_only=True)["state"])
    text.eval()
    sentences = ["a photo of a dog", "an astronaut riding a horse, oil painting, highly detailed", "a cat"]
    ids, counts = clip_ids(clip_tokenizer(), sentences)
    ids = ids.astype(np.int64)
    with torch.inference_mode():
        expected = text(torch.from_numpy(ids)).numpy()
    short = torch.from_numpy(ids[:, : counts.max()])
    with torch.no_grad():
        _write(_TextGraph(text), short, text_file, ("input_ids", "text_embeds"), {0: "batch", 1: "sequence"})
    stored = _store(text_file, work.export, "input_ids", ids, expected)
    zeros = np.where(np.arange(ids.shape[1]) < counts[:, None], ids, 0)
    padded = _run(work.export / text_file.name, "input_ids", zeros)
    print(f"  padded with zeros instead of end markers: {np.abs(padded - stored).max():.1e}", flush=True)

    image = image_tower.load(work.image_tower)
    given = {"regression.weight": image.regression}
    image.regression = image.regression.dense()
    pictures = torch.from_numpy(_training_pictures(work))
    some = pictures[:: len(pictures) // 8]
    with torch.inference_mode():
        expected = image(some).numpy()
        trained = image.combine(*image.parts(image.backbone(some))).numpy()
    _expect_equal("the blocks as they are exported and as they were trained", expected, trained)
    with torch.no_grad():
        _write(image, some[:1], image_file, ("pixel_values", "image_embeds"), {0: "batch"})
    _store(image_file, work.export, "pixel_values", some.numpy(), expected, pictures.numpy(), given)


def _store(
    file: Path, folder: Path, name: str, values: np.ndarray, expected: np.ndarray,
    inputs: np.ndarray | None = None, given: dict[str, PackedLinear] | None = None,
) -> np.ndarray:  # fmt: skip
    """Writes the small file beside the full one; -> what it computes."""
    exact = _run(file, name, values)
    _expect_equal(f"{file.name} and PyTorch", exact, expected)
    small = folder / f"{file.name}.part"
    shutil.copy(file, small)
    compact(small, inputs, given or {})
    stored = _run(small, name, values)
    small.rename(folder / file.name)
    print(
        f"  {file.name}: ONNX to PyTorch {np.abs(exact - expected).max():.1e}; stored small, "
        f"cosine {_cosines(stored, expected).min():.5f}, {(folder / file.name).stat().st_size / 1e6:.1f} MB",
        flush=True,
    )
    return stored
