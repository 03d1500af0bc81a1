"""The backbone's last blocks once more, moved by training towards drawings.

Each matrix is moved by one of low rank (Hu et al., LoRA, arXiv:2106.09685), so that two sets of blocks cost little more than
one: the classifier goes on reading the photographs' own.
"""

import torch
import torch.nn.functional as F
from torch import nn

from .backbone import Backbone, Conv

FIRST = 11  # block: from 112 × 14² on
SIDES = (14, 7)


def _convolutions(backbone: Backbone) -> list[Conv]:
    blocks = backbone.blocks[FIRST:]
    return [conv for block in blocks for conv in (block.expand, block.depthwise, block.project)] + [backbone.head]


def _spread(kernel: int, side: int, stride: int) -> torch.Tensor:
    """[kernel², side² · (side / stride)²]: which weight of a kernel joins an input and an output, so that a depthwise
    convolution is a matrix for each channel. On a CPU its gradient is several times faster than the convolution's."""
    before = (kernel - stride) // 2
    after = kernel - stride - before
    inputs = F.pad(torch.eye(side**2).view(-1, 1, side, side), (before, after, before, after))
    return F.unfold(inputs, kernel, stride=stride).transpose(0, 1).flatten(1)


class Moved(nn.Module):
    """A convolution of the backbone and how far it has been moved."""

    def __init__(self, conv: Conv, rank: int, side: int):
        super().__init__()
        weight = conv.conv.weight.detach()
        self.bias = nn.Parameter(conv.conv.bias.detach().clone())
        self.is_matrix = conv.conv.groups == 1
        if self.is_matrix:
            self.left = nn.Parameter(torch.zeros(weight.shape[0], rank, 1, 1))
            self.right = nn.Parameter(torch.randn(rank, weight.shape[1], 1, 1) * weight.shape[1] ** -0.5)
        else:
            self.kernel = nn.Parameter(weight.clone())
            spread = _spread(weight.shape[-1], side, conv.conv.stride[0])
            self.register_buffer("spread", spread, persistent=False)

    def forward(self, conv: Conv, x: torch.Tensor) -> torch.Tensor:
        """Maps [B, C, H, W]. The two matrices are applied one after the other: a sum with the backbone's own would be kept
        in memory a second time."""
        if self.is_matrix:
            low_rank = F.conv2d(F.conv2d(x, self.right), self.left)
            return conv.activate(conv.convolve(x, conv.conv.weight, self.bias) + low_rank)
        return conv.activate(conv.convolve(x, self.kernel, self.bias))

    def product(self, conv: Conv, x: torch.Tensor) -> torch.Tensor:
        """The same as products of matrices, for maps [C, B, H · W]."""
        if self.is_matrix:
            weight = conv.conv.weight[:, :, 0, 0] + self.left[:, :, 0, 0] @ self.right[:, :, 0, 0]
            y = weight @ x.flatten(1)
            y += self.bias.to(y.dtype)[:, None]
        else:
            y = x @ (self.kernel.flatten(1) @ self.spread).view(x.shape[0], x.shape[2], -1)
            y += self.bias.to(y.dtype)[:, None, None]
        y = F.hardtanh(y, 0, 6, inplace=True) if conv.is_active else y
        return y.view(len(y), x.shape[1], -1)


class Tuned(nn.Module):
    def __init__(self, backbone: Backbone, rank: int):
        super().__init__()
        convolutions = _convolutions(backbone)
        self.moved = nn.ModuleList(Moved(conv, rank, SIDES[index > 1]) for index, conv in enumerate(convolutions))

    def _blocks(self, backbone: Backbone, x: torch.Tensor, apply) -> tuple[torch.Tensor, torch.Tensor]:
        layers = list(zip(self.moved, _convolutions(backbone)))
        for index, block in enumerate(backbone.blocks[FIRST:]):
            y = x
            for moved, conv in layers[3 * index : 3 * index + 3]:
                y = apply(moved, conv, y)
            x = x + y if block.is_residual else y
        return x, apply(*layers[-1], x)

    def forward(self, backbone: Backbone, late: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Maps [B, 112, 14, 14] to cells [B, 49, 320] and pooled features [B, 1280]."""
        last, head = self._blocks(backbone, late, lambda moved, conv, x: moved(conv, x))
        return last.flatten(2).transpose(1, 2), head.mean((2, 3))

    def product(self, backbone: Backbone, late: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The same, faster to train."""
        x = late.flatten(2).transpose(0, 1).contiguous()
        last, head = self._blocks(backbone, x, lambda moved, conv, x: moved.product(conv, x))
        return last.permute(1, 2, 0), head.mean(2).T
