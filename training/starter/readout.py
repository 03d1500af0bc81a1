"""What the image tower's regression reads: where in a picture each feature is, and how strong it is at most."""

import numpy as np
import torch
import torch.nn.functional as F

from .backbone import COLOURS, GRID, HEAD, LAST_CHANNELS, LATE_CHANNELS, MEANS, MIDDLE_CHANNELS, Features

SIZE = MEANS + 2 * HEAD + 10 * LAST_CHANNELS + 5 * LATE_CHANNELS + 4 * MIDDLE_CHANNELS + 16 * COLOURS
RIDGE = 0.03  # beside a variance of 1 a feature
WHITENING = 0.001  # of the targets: beside their mean variance of 0.002 a dimension
BATCH = 256


def _quarters(maps: torch.Tensor) -> torch.Tensor:
    """[B, C, side, side] to [B, 4 · C]: means of the quarters, which overlap by a seventh of the side."""
    side = maps.shape[-1]
    return F.avg_pool2d(maps, 4 * side // GRID, 3 * side // GRID).flatten(1)


def _maps(cells: torch.Tensor) -> torch.Tensor:
    """[B, 49, C] to [B, C, 7, 7]."""
    return cells.transpose(1, 2).reshape(cells.shape[0], -1, GRID, GRID)


def read(features: Features, tuned: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
    """[B, SIZE]"""
    tuned_last, tuned_head = tuned
    own, moved, late = _maps(features.tokens[..., -LAST_CHANNELS:]), _maps(tuned_last), features.late
    return torch.cat(
        [
            features.means,
            features.head,
            tuned_head,
            _quarters(own),
            own.amax((2, 3)),
            _quarters(moved),
            moved.amax((2, 3)),
            _quarters(late),
            late.amax((2, 3)),
            _quarters(_maps(features.tokens[..., COLOURS : COLOURS + MIDDLE_CHANNELS])),
            F.avg_pool2d(_maps(features.tokens[..., :COLOURS]), 2, 2, ceil_mode=True).flatten(1),
        ],
        1,
    )


@torch.inference_mode()
def read_rows(tower, features, rows: np.ndarray) -> torch.Tensor:
    """[len(rows), SIZE]"""
    parts = [torch.zeros(0, SIZE)]
    with torch.autocast("cpu", torch.bfloat16):
        for at in range(0, len(rows), BATCH):
            some = Features(*features.batch(rows[at : at + BATCH]))
            parts.append(read(some, tower.tuned.product(tower.backbone, some.late)).float())
    return torch.cat(parts)


@torch.inference_mode()
def fit(tower, x: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor) -> None:
    """Ridge regression from what was read to its targets, whitened on both sides, of length 1 in the mean.

    Solved for instead of trained, it leans on no few features that two hands of one vendor share, and so knows another
    vendor's better than the head does.
    """
    tower.read_mean.copy_(x.mean(0))
    tower.read_gain.copy_(1 / (x.std(0) + 1e-3))
    x = tower.scaled(x)
    weights = (weights / weights.sum())[:, None]
    mean, middle = (x * weights).sum(0), (targets * weights).sum(0)
    x, targets = x - mean, targets - middle
    weighted = (x * weights).T
    inner = (weighted @ x).double() + RIDGE * torch.eye(SIZE, dtype=torch.double)
    spread = ((targets * weights).T @ targets).double() + WHITENING * torch.eye(targets.shape[1], dtype=torch.double)
    matrix = torch.cholesky_solve((weighted @ targets).double(), torch.linalg.cholesky(inner)) @ torch.linalg.inv(
        spread
    )
    matrix = matrix.float()
    matrix /= ((x @ matrix).norm(dim=1, keepdim=True) * weights).sum()
    tower.regression.set(matrix.T.contiguous(), -mean @ matrix, inner.numpy())
