"""EfficientNet-lite0, its batch normalisation folded into its convolutions, and what the image tower reads of it."""

from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

SIDE = 224
GRID = 7
CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_STD = (0.26862954, 0.26130258, 0.27577711)

# (repeats, kernel, stride, expansion, channels in, channels out) of each stage.
STAGES = [
    (1, 3, 1, 1, 32, 16),
    (2, 3, 2, 6, 16, 24),
    (2, 5, 2, 6, 24, 40),
    (3, 3, 2, 6, 40, 80),
    (3, 5, 1, 6, 80, 112),
    (4, 5, 2, 6, 112, 192),
    (1, 3, 1, 6, 192, 320),
]
FIRSTS = (0, 1, 3, 5, 8, 11, 15)  # the first block of each stage
MIDDLE, LATE, LAST = 4, 10, 15  # the blocks whose maps the tower reads: 40 × 28², 112 × 14², 320 × 7²

MEANS = 32 + 16 + 24 + 40 + 80 + 112 + 192 + 320
COLOURS = 6
MIDDLE_CHANNELS, LATE_CHANNELS, LAST_CHANNELS = 40, 112, 320
TOKEN = COLOURS + MIDDLE_CHANNELS + 4 * LATE_CHANNELS + LAST_CHANNELS
HEAD = 1280
CLASSES = 1000


@dataclass
class Features:
    """What is read of a picture: tokens [B, 49, TOKEN], means [B, MEANS] and head [B, HEAD]."""

    tokens: torch.Tensor
    means: torch.Tensor
    head: torch.Tensor
    map: torch.Tensor | None = None

    @property
    def late(self) -> torch.Tensor:
        """[B, 112, 14, 14]: the map that is a part of the tokens, from which it is taken where only they were kept."""
        if self.map is not None:
            return self.map
        cells = self.tokens[..., COLOURS + MIDDLE_CHANNELS : -LAST_CHANNELS].transpose(1, 2)
        return F.pixel_shuffle(cells.reshape(len(cells), -1, GRID, GRID), 2)


class Conv(nn.Module):
    """A convolution with TensorFlow's SAME padding, which is one pixel more to the right where the stride is two."""

    def __init__(self, source: int, target: int, kernel: int, stride: int, groups: int, is_active: bool):
        super().__init__()
        total = kernel - stride
        before = total // 2
        after = total - before
        is_even = before == after
        self.pad = None if is_even else (before, after, before, after)
        self.conv = nn.Conv2d(source, target, kernel, stride, before if is_even else 0, groups=groups)
        self.is_active = is_active

    def convolve(self, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        own = self.conv
        x = F.pad(x, self.pad) if self.pad else x
        return F.conv2d(x, weight, bias, own.stride, own.padding, own.dilation, own.groups)

    def activate(self, x: torch.Tensor) -> torch.Tensor:
        return torch.clamp(x, 0, 6) if self.is_active else x

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.activate(self.convolve(x, self.conv.weight, self.conv.bias))


class Block(nn.Module):
    def __init__(self, kernel: int, stride: int, expansion: int, source: int, target: int):
        super().__init__()
        inner = source * expansion
        self.expand = Conv(source, inner, 1, 1, 1, True) if expansion > 1 else nn.Identity()
        self.depthwise = Conv(inner, inner, kernel, stride, inner, True)
        self.project = Conv(inner, target, 1, 1, 1, False)
        self.is_residual = stride == 1 and source == target

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.project(self.depthwise(self.expand(x)))
        return x + y if self.is_residual else y


class Backbone(nn.Module):
    """CLIP-normalised pixels [B, 3, 224, 224] to Features."""

    def __init__(self):
        super().__init__()
        self.stem = Conv(3, 32, 3, 2, 1, True)
        self.blocks = nn.ModuleList()
        for repeats, kernel, stride, expansion, source, target in STAGES:
            for index in range(repeats):
                first = index == 0
                self.blocks.append(
                    Block(kernel, stride if first else 1, expansion, source if first else target, target)
                )
        self.head = Conv(320, HEAD, 1, 1, 1, True)
        self.classifier = nn.Linear(HEAD, CLASSES)
        # From CLIP's normalisation to (x·255 − 127) / 128. Not folded into the stem: its padding must see real zeros.
        std, mean = torch.tensor(CLIP_STD), torch.tensor(CLIP_MEAN)
        self.register_buffer("gain", (std * 255 / 128).view(1, 3, 1, 1))
        self.register_buffer("shift", ((mean * 255 - 127) / 128).view(1, 3, 1, 1))

    def forward(self, pixels: torch.Tensor) -> Features:
        x = pixels * self.gain + self.shift
        colour = F.avg_pool2d(x, SIDE // GRID)
        spread = F.avg_pool2d(x * x, SIDE // GRID) - colour * colour
        x = self.stem(x)
        means, maps = [x.mean((2, 3))], {}
        for index, block in enumerate(self.blocks):
            x = block(x)
            if index in FIRSTS:
                means.append(x.mean((2, 3)))
            if index in (MIDDLE, LATE, LAST):
                maps[index] = x
        tokens = torch.cat(
            [colour, spread, F.avg_pool2d(maps[MIDDLE], 4), F.pixel_unshuffle(maps[LATE], 2), maps[LAST]], 1
        )
        return Features(tokens.flatten(2).transpose(1, 2), torch.cat(means, 1), self.head(x).mean((2, 3)), maps[LATE])


def load(file: Path) -> tuple[Backbone, torch.Tensor]:
    """-> the backbone, and the mean of each of Features.means over the photographs it was trained on."""
    source = torch.load(file, map_location="cpu", weights_only=True)
    state = {}

    def fold(ours: str, conv: str, norm: str) -> None:
        scale = source[f"{norm}.weight"] / torch.sqrt(source[f"{norm}.running_var"] + 1e-3)
        state[f"{ours}.conv.weight"] = source[f"{conv}.weight"] * scale[:, None, None, None]
        state[f"{ours}.conv.bias"] = source[f"{norm}.bias"] - source[f"{norm}.running_mean"] * scale

    fold("stem", "_conv_stem", "_bn0")
    backbone = Backbone()
    for index, block in enumerate(backbone.blocks):
        theirs = f"_blocks.{index}"
        if not isinstance(block.expand, nn.Identity):
            fold(f"blocks.{index}.expand", f"{theirs}._expand_conv", f"{theirs}._bn0")
        fold(f"blocks.{index}.depthwise", f"{theirs}._depthwise_conv", f"{theirs}._bn1")
        fold(f"blocks.{index}.project", f"{theirs}._project_conv", f"{theirs}._bn2")
    fold("head", "_conv_head", "_bn1")
    state["classifier.weight"], state["classifier.bias"] = source["_fc.weight"], source["_fc.bias"]
    missing, unexpected = backbone.load_state_dict(state, strict=False)
    if unexpected or set(missing) != {"gain", "shift"}:
        raise ValueError(f"{file}: missing {missing}, unexpected {unexpected}.")
    return backbone.eval(), _photograph_means(source)


def _photograph_means(source: dict) -> torch.Tensor:
    """A normalised map has its bias as its mean over the training set; what ReLU6 does to it, a normal integral says."""
    z = torch.linspace(-6, 6, 2001)
    weights = torch.exp(-z * z / 2)
    bias, gain = source["_bn0.bias"][:, None], source["_bn0.weight"].abs()[:, None]
    stem = (torch.clamp(bias + gain * z, 0, 6) * weights).sum(1) / weights.sum()
    return torch.cat([stem, *(source[f"_blocks.{index}._bn2.bias"] for index in FIRSTS)])
