"""The text tower: MiniLM's layers over CLIP's byte-pair ids."""

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from .attention import unit
from .minilm import Layer, MiniLM
from .rounding import LEVELS, row_step
from .tokens import (
    CONTEXT_LENGTH,
    END,
    START,
    VOCABULARY_SIZE,
    clip_ids,
    clip_tokenizer,
    token_strings,
    wordpiece_tokenizer,
)


def quantize_rows(rows: torch.Tensor) -> torch.Tensor:
    """Rows rounded to their steps; the gradient passes as if they were not."""
    step = row_step(rows.detach())
    rounded = torch.clamp(torch.round(rows / step), -LEVELS, LEVELS) * step
    return rows + (rounded - rows).detach()


class TextTower(nn.Module):
    """Ids [B, L] of CLIP, L up to 77, to unit vectors [B, 384].

    Everything behind the first end marker is ignored, whatever it is: Hugging Face pads with the end marker, open_clip
    with zeros.
    """

    def __init__(self, width: int = 384, heads: int = 12, hidden: int = 1536, layers: int = 6):
        super().__init__()
        self.table = nn.Embedding(VOCABULARY_SIZE, width)
        self.positions = nn.Parameter(torch.zeros(CONTEXT_LENGTH, width))
        self.norm = nn.LayerNorm(width, eps=1e-12)
        self.layers = nn.ModuleList(Layer(width, heads, hidden) for _ in range(layers))

    def rows(self, ids: torch.Tensor) -> torch.Tensor:
        return quantize_rows(self.table(ids))

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        is_end = (ids == END).to(torch.float32)
        mask = ((torch.cumsum(is_end, 1) - is_end) < 0.5).to(torch.float32)
        x = self.norm(self.rows(ids) + self.positions[: ids.shape[1]])
        bias = ((1 - mask) * -30000.0)[:, None, None, :]
        for layer in self.layers:
            x = layer(x, bias)
        weights = mask[..., None]
        return unit((x.float() * weights).sum(1) / weights.sum(1))

    @torch.no_grad()
    def start_from(self, teacher: MiniLM, folder: Path) -> None:
        """The teacher's layers, and for each id the mean of the teacher's embeddings of the pieces it stands for."""
        pieces = wordpiece_tokenizer(folder)
        strings = token_strings(clip_tokenizer())
        for index, encoding in enumerate(pieces.encode_batch(strings, add_special_tokens=False)):
            if encoding.ids:
                self.table.weight[index] = teacher.words.weight[encoding.ids].mean(0)
        for index, marker in ((START, "[CLS]"), (END, "[SEP]")):
            self.table.weight[index] = teacher.words.weight[pieces.token_to_id(marker)]
        self.positions.copy_(teacher.positions.weight[:CONTEXT_LENGTH])
        self.norm.load_state_dict(teacher.norm.state_dict())
        self.layers.load_state_dict(teacher.layers.state_dict())


class TextEncoder:
    """Sentences to unit vectors [N, 384] with a trained tower."""

    def __init__(self, file: Path):
        self.tower = TextTower()
        self.tower.load_state_dict(torch.load(file, weights_only=True)["state"])
        self.tower.eval()
        self.tokenizer = clip_tokenizer()

    @torch.inference_mode()
    def __call__(self, sentences: list[str], batch: int = 256) -> torch.Tensor:
        ids, counts = clip_ids(self.tokenizer, list(sentences))
        order = counts.argsort(kind="stable")
        vectors = torch.zeros(len(sentences), 384)
        for at in range(0, len(order), batch):
            rows = order[at : at + batch]
            vectors[rows] = self.tower(torch.from_numpy(ids[rows, : counts[rows].max()]).long())
        return F.normalize(vectors, dim=-1).clone()
