"""What both towers compute alike."""

import torch


def attend(qkv: torch.Tensor, heads: int, bias: torch.Tensor | None = None) -> torch.Tensor:
    """Queries, keys and values side by side [B, L, 3 · W] to mixed values [B, L, W]."""
    batch, length, width = qkv.shape[0], qkv.shape[1], qkv.shape[2] // 3
    size = width // heads
    q, k, v = qkv.view(batch, length, 3, heads, size).permute(2, 0, 3, 1, 4).unbind(0)
    scores = q @ k.transpose(-1, -2) * size**-0.5
    weights = torch.softmax(scores if bias is None else scores + bias, -1)
    return (weights @ v).transpose(1, 2).reshape(batch, length, width)


def unit(x: torch.Tensor) -> torch.Tensor:
    """Rows of unit length, by operators that every runtime has."""
    return x / torch.sqrt((x * x).sum(-1, keepdim=True) + 1e-12)
