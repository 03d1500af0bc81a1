"""Step 6: what the frozen backbone reads of every example, kept on disk.

A set of features is a folder: tokens (float8, four bits of fraction are enough to train on), means and head (float16),
and the examples. Chunks of it are made by several processes, and a chunk that is there is not made again.
"""

import json
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from numpy.lib.format import open_memmap
from PIL import Image
from torch import nn

from . import backbone, pictures, splits
from .backbone import CLIP_MEAN, CLIP_STD, HEAD, MEANS, TOKEN
from .examples import Drawings, Example
from .paths import Work

CHUNK = 512
BATCH = 16
QUICK_STRIDE = 20  # a quick run reads one drawing of so many
CELLS = backbone.GRID**2
FLOAT8 = torch.float8_e4m3fn

Job = tuple[str, int, int]  # "drawing", index, turn; or "generated" or "composed", number, 0


def pixels(image: Image.Image) -> np.ndarray:
    """[3, 224, 224], normalised as CLIP's pictures are; the picture has that size already."""
    values = np.asarray(image.convert("RGB"), np.float32) / 255
    return ((values - CLIP_MEAN) / CLIP_STD).transpose(2, 0, 1).astype(np.float32)


class _Outputs(nn.Module):
    def __init__(self, model: backbone.Backbone):
        super().__init__()
        self.model = model

    def forward(self, x: torch.Tensor):
        features = self.model(x)
        return features.tokens, features.means, features.head


def _graph(work: Work) -> Path:
    """The backbone as an ONNX file: ONNX Runtime is several times faster than PyTorch at small convolutions."""
    file = work.root / "backbone.onnx"
    if not file.exists():
        model, _ = backbone.load(work.backbone)
        names = ["tokens", "means", "head"]
        axes = {name: {0: "batch"} for name in ["pixels", *names]}
        example = torch.zeros(1, 3, backbone.SIDE, backbone.SIDE)
        torch.onnx.export(
            _Outputs(model), (example,), str(file), dynamo=False, opset_version=17,
            input_names=["pixels"], output_names=names, dynamic_axes=axes,
        )  # fmt: skip
    return file


class Reader:
    def __init__(self, graph: Path):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])

    def __call__(self, images: list[Image.Image]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        parts = []
        for at in range(0, len(images), BATCH):
            batch = np.stack([pixels(image) for image in images[at : at + BATCH]])
            tokens, means, head = self.session.run(None, {"pixels": batch})
            eight = torch.from_numpy(tokens).to(FLOAT8).view(torch.uint8).numpy()
            parts.append((eight, means.astype(np.float16), head.astype(np.float16)))
        tokens, means, head = (np.concatenate(arrays) for arrays in zip(*parts))
        return tokens, means, head


_state: dict = {}


def _start(root: Path, salt: str, graph: Path) -> None:
    torch.set_num_threads(1)
    _state.update(drawings=Drawings(Work(root), salt), reader=Reader(graph))


def _chunk(folder: Path, at: int, jobs: list[Job]) -> int:
    done = folder / f"examples-{at:07}.json"
    if done.exists():
        return 0
    drawings: Drawings = _state["drawings"]
    made = [
        drawings.drawing(number, turn) if kind == "drawing" else getattr(drawings, kind)(number)
        for kind, number, turn in jobs
    ]
    read = _state["reader"]([image for image, _ in made])
    for name, values in zip(("tokens", "means", "head"), read):
        np.load(folder / f"{name}.npy", mmap_mode="r+")[at : at + len(jobs)] = values
    done.write_text(json.dumps([asdict(example) for _, example in made]))
    return len(jobs)


def make(work: Work, name: str, jobs: list[Job], workers: int) -> None:
    """A set of features, resumed where it was left."""
    folder = work.features / name
    if (folder / "examples.json").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    shapes = {"tokens": ((CELLS, TOKEN), np.uint8), "means": ((MEANS,), np.float16), "head": ((HEAD,), np.float16)}
    for array, (shape, dtype) in shapes.items():
        file = folder / f"{array}.npy"
        if not file.exists():
            open_memmap(file, "w+", dtype, (len(jobs), *shape))
    chunks = [(at, jobs[at : at + CHUNK]) for at in range(0, len(jobs), CHUNK)]
    started, said, made = time.time(), time.time(), 0
    graph = _graph(work)
    with ProcessPoolExecutor(workers, initializer=_start, initargs=(work.root, name, graph)) as pool:
        futures = [pool.submit(_chunk, folder, at, part) for at, part in chunks]
        for index, future in enumerate(futures):
            made += future.result()
            if made and time.time() - said > 20:
                said = time.time()
                left = (len(chunks) - index - 1) * CHUNK * (said - started) / made / 60
                done = min((index + 1) * CHUNK, len(jobs))
                print(f"  {name}: {done} of {len(jobs)}, {left:.0f} min left", flush=True)
    files = sorted(folder.glob("examples-*.json"))
    examples = [entry for file in files for entry in json.loads(file.read_text())]
    (folder / "examples.json").write_text(json.dumps(examples))
    for file in files:
        file.unlink()
    print(f"  {name}: {len(examples)} pictures in {time.time() - started:.0f} s", flush=True)


class FeatureSet:
    """One or more sets of features, to train on or to validate with."""

    def __init__(self, work: Work, *names: str):
        folders = [work.features / name for name in names]
        self.tokens = [torch.from_numpy(np.load(folder / "tokens.npy", mmap_mode="c")) for folder in folders]
        self.starts = np.cumsum([0, *(len(tokens) for tokens in self.tokens)])
        self.means = torch.cat([torch.from_numpy(np.load(folder / "means.npy")) for folder in folders]).float()
        self.head = torch.cat([torch.from_numpy(np.load(folder / "head.npy")) for folder in folders]).float()
        self.examples = [
            Example(**entry) for folder in folders for entry in json.loads((folder / "examples.json").read_text())
        ]

    def __len__(self) -> int:
        return len(self.examples)

    def batch(self, rows: np.ndarray) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Tokens, means and head of rows in ascending order."""
        parts = []
        for tokens, start in zip(self.tokens, self.starts):
            within = rows[(rows >= start) & (rows < start + len(tokens))] - start
            parts.append(tokens[torch.as_tensor(within)])
        rows = torch.as_tensor(rows)
        return torch.cat(parts).view(FLOAT8).to(torch.bfloat16), self.means[rows], self.head[rows]


def training_jobs(work: Work, turns: int, generated: int, quick: bool = False) -> list[Job]:
    """Every trainable drawing `turns` times, the first as it is, but the validation concepts'; and pictures by rule."""
    drawn = _drawn(work, turns, quick, validation_concepts=False)
    return drawn + [("generated", number, 0) for number in range(generated)]


def composed_jobs(count: int) -> list[Job]:
    """Scenes of several things."""
    return [("composed", number, 0) for number in range(count)]


def extra_jobs(work: Work, turns: int, quick: bool = False) -> list[Job]:
    """The validation concepts' drawings, which join the training set once hyper-parameters are chosen."""
    return _drawn(work, turns, quick, validation_concepts=True)


def _drawn(work: Work, turns: int, quick: bool, validation_concepts: bool) -> list[Job]:
    listed = pictures.load(work)
    chosen = [
        index
        for index, picture in enumerate(listed)
        if picture.trainable and splits.is_validation_concept(picture.label) == validation_concepts
    ]
    chosen = chosen[:: QUICK_STRIDE if quick else 1]
    return [
        ("drawing", index, turn)
        for turn in range(turns)
        for index in chosen
        if turn < 3 or not _is_plain(listed[index])
    ]


def _is_plain(picture: pictures.Picture) -> bool:
    """Flags, and drawings in black and white, of which fewer turns are enough."""
    return picture.flag or picture.vendor == "fluent-contrast"


def validation_jobs(work: Work, generated: int, quick: bool = False) -> list[Job]:
    """Another vendor's drawings, concepts that no training drawing shows, a quarter of the stamps, pictures by rule."""
    jobs: list[Job] = []
    for index, picture in enumerate(pictures.load(work)):
        is_concept = picture.trainable and picture.is_emoji and splits.is_validation_concept(picture.label)
        is_vendor = picture.vendor in splits.VALIDATION_VENDORS and not picture.test
        is_stamp = picture.vendor.startswith("tuxpaint") and splits.is_validation_stamp(picture.label)
        if (is_concept or is_vendor or is_stamp) and not picture.flag:
            jobs.append(("drawing", index, 0))
    return jobs[:: QUICK_STRIDE if quick else 1] + [("generated", number, 0) for number in range(generated)]
