"""Numbers of few bits: one step a row, and what is lost by rounding one made good by the next."""

import numpy as np
import torch
from torch import nn

LEVELS = 7  # of four bits, 15 are used: -7 to 7
ZERO = LEVELS + 1  # what stands for 0 among unsigned numbers
SIGN = 128  # between a byte without a sign and one with it
STEP = 0.35  # of a row's root mean square: the best uniform step for 15 levels of a normal distribution
DAMPING = 0.03  # of the moments' mean, added to their diagonal
COLUMNS = 128  # rounded before their errors are spread over the rest


def row_step(rows: torch.Tensor) -> torch.Tensor:
    """The size of a row's steps, [..., 1], as half precision stores it."""
    step = STEP * rows.pow(2).mean(-1, keepdim=True).sqrt() + 1e-6
    return step.half().to(rows.dtype)


def rounded(values: np.ndarray, scale: np.ndarray, moments: np.ndarray, limit: int) -> np.ndarray:
    """Numbers [out, in] for values and scales [out, 1], given the second moments of the inputs [in, in].

    Column by column, the error of one is spread over those that follow, by what the inputs have in common (Frantar et
    al., GPTQ, arXiv:2210.17323).
    """
    weights, scale = values.astype(np.float64), scale[:, 0].astype(np.float64)
    damped = torch.from_numpy(moments + DAMPING * np.diag(moments).mean() * np.eye(len(moments))).double()
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(damped))
    upper = torch.linalg.cholesky(inverse).T.numpy()
    numbers = np.empty_like(weights)
    for start in range(0, len(moments), COLUMNS):  # in blocks, so that most of the spreading is one product
        end = min(start + COLUMNS, len(moments))
        errors = np.empty((len(weights), end - start))
        for column in range(start, end):
            numbers[:, column] = np.clip(np.round(weights[:, column] / scale), -limit, limit)
            error = (weights[:, column] - numbers[:, column] * scale) / upper[column, column]
            weights[:, column:end] -= error[:, None] * upper[column, column:end]
            errors[:, column - start] = error
        weights[:, end:] -= errors @ upper[start:end, end:]
    return numbers.astype(np.int8)


def pack(numbers: torch.Tensor) -> torch.Tensor:
    """Numbers from -7 to 7 [N, width] as bytes [N, width / 2]: the first half of a row is in their lower halves."""
    low, high = (numbers + ZERO).to(torch.uint8).chunk(2, 1)
    return low + 16 * high


def unpack(packed: torch.Tensor, step: torch.Tensor) -> torch.Tensor:
    """[N, width], by operators that every runtime has."""
    both = packed.float()
    high = torch.floor(both / 16)
    return (torch.cat([both - 16 * high, high], -1) - ZERO) * step.float()


class PackedLinear(nn.Module):
    """A linear map whose matrix is kept in four bits, and multiplied with as it is kept.

    Bytes are as packed, less 128: b holds h = floor(b / 16) of the matrix's second half and b - 16 h - 8 of its first. So the product with (u, v) is
    b u + h (v - 16 u) - 8 Σ u, and the matrix itself, with all that lies between it and its bytes, need not be in memory.
    """

    def __init__(self, source: int, target: int):
        super().__init__()
        self.register_buffer("packed", torch.zeros(target, source // 2, dtype=torch.int8))
        self.register_buffer("step", torch.zeros(target, dtype=torch.half))
        self.register_buffer("bias", torch.zeros(target))

    @torch.no_grad()
    def set(self, matrix: torch.Tensor, bias: torch.Tensor, moments: np.ndarray) -> None:
        """matrix [target, source], rounded for inputs of these second moments."""
        step = row_step(matrix)
        numbers = torch.from_numpy(rounded(matrix.numpy(), step.numpy(), moments, LEVELS))
        self.packed.copy_(pack(numbers).short() - SIGN)
        self.step.copy_(step[:, 0])
        self.bias.copy_(bias)

    def dense(self) -> nn.Linear:
        """The same, unpacked."""
        weight = unpack(self.packed.short() + SIGN, self.step[:, None])
        linear = nn.Linear(weight.shape[1], weight.shape[0]).requires_grad_(False)
        linear.weight.copy_(weight)
        linear.bias.copy_(self.bias)
        return linear

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        both = self.packed.float()
        u, v = x.chunk(2, 1)
        products = u @ both.T + (v - 16 * u) @ torch.floor(both / 16).T - ZERO * u.sum(1, keepdim=True)
        return products * self.step.float() + self.bias
