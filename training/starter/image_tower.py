"""The image tower: a backbone, once as it was and once with its last blocks tuned; what the classifier says of both in
words; a head trained on drawings and scenes; and a regression on all that is read."""

from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import nn

from . import readout
from .attention import attend, unit
from .backbone import CLASSES, GRID, HEAD, MEANS, TOKEN, Backbone, Features
from .rounding import PackedLinear
from .tuned import Tuned

WIDTH = 384


@dataclass
class Shape:
    """The sizes of the trained head."""

    width: int = 256
    layers: int = 2
    heads: int = 8
    hidden: int = 1024
    rank: int = 32


class Attention(nn.Module):
    """A layer of a transformer, normalised before."""

    def __init__(self, shape: Shape, dropout: float):
        super().__init__()
        self.heads = shape.heads
        self.norm1, self.norm2 = nn.LayerNorm(shape.width), nn.LayerNorm(shape.width)
        self.qkv = nn.Linear(shape.width, 3 * shape.width)
        self.output = nn.Linear(shape.width, shape.width)
        self.up, self.down = nn.Linear(shape.width, shape.hidden), nn.Linear(shape.hidden, shape.width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.dropout(self.output(attend(self.qkv(self.norm1(x)), self.heads)))
        hidden = F.gelu(self.up(self.norm2(x)), approximate="tanh")
        return x + self.dropout(self.down(hidden))


class Head(nn.Module):
    """Features, those of the tuned blocks, and what the classifier says [B, 384] to unit vectors [B, 384]."""

    def __init__(self, shape: Shape, dropout: float = 0.1):
        super().__init__()
        self.shape = shape
        # Means and spreads of the features over the training set, so that they come in with like sizes.
        for name, size in (("token", TOKEN), ("pooled", MEANS + HEAD)):
            self.register_buffer(f"{name}_mean", torch.zeros(size))
            self.register_buffer(f"{name}_gain", torch.ones(size))
        self.enter = nn.Linear(TOKEN, shape.width)
        self.positions = nn.Parameter(torch.randn(GRID**2 + 1, shape.width) * 0.02)
        self.whole = nn.Linear(MEANS + HEAD, shape.width)
        self.layers = nn.ModuleList(Attention(shape, dropout) for _ in range(shape.layers))
        self.norm = nn.LayerNorm(shape.width)
        self.leave = nn.Linear(2 * shape.width, WIDTH)
        self.words = nn.Parameter(torch.tensor(0.5))
        self.input_dropout = nn.Dropout(0.1)

    def pooled(self, means: torch.Tensor, head: torch.Tensor) -> torch.Tensor:
        """[B, MEANS + HEAD], with like sizes."""
        pooled = torch.cat([means, head], 1)
        return torch.clamp((pooled - self.pooled_mean) * self.pooled_gain, -6, 6)

    def forward(
        self, features: Features, tuned: tuple[torch.Tensor, torch.Tensor], words: torch.Tensor, token_drop: float = 0.0
    ) -> torch.Tensor:
        last, head = tuned
        tokens = torch.cat([features.tokens[..., : -last.shape[-1]], last], -1)
        tokens = torch.clamp((tokens - self.token_mean) * self.token_gain, -6, 6)
        pooled = self.input_dropout(self.pooled(features.means, head))
        x = self.enter(tokens) + self.positions[1:]
        if token_drop:
            keep = torch.rand(x.shape[1]).argsort()[: round(x.shape[1] * (1 - token_drop))]
            x = x[:, keep]
        x = torch.cat([(self.whole(pooled) + self.positions[0])[:, None], x], 1)
        for layer in self.layers:
            x = layer(x)
        x = self.norm(x)
        y = self.leave(torch.cat([x[:, 0], x[:, 1:].mean(1)], 1)) + self.words * words
        return unit(y.float())


@dataclass
class Blend:
    """How much the classifier's words and the regression count beside the head, for a drawing and for a photograph."""

    drawing: float = 0.3
    photograph: float = 2.5
    tuned_drawing: float = 3.4
    tuned_photograph: float = 0.1
    head_drawing: float = 0.8
    head_photograph: float = 0.6
    regression_drawing: float = 0.75
    regression_photograph: float = 0.35
    temperature: float = 0.8


class ImageTower(nn.Module):
    """CLIP-normalised pixels [B, 3, 224, 224] to unit vectors [B, 384]."""

    def __init__(self, model: Backbone, shape: Shape, blend: Blend):
        super().__init__()
        self.backbone = model
        self.tuned = Tuned(model, shape.rank)
        self.head = Head(shape)
        self.regression = PackedLinear(readout.SIZE, WIDTH)
        self.register_buffer("read_mean", torch.zeros(readout.SIZE))
        self.register_buffer("read_gain", torch.ones(readout.SIZE))
        self.blend = blend
        self.register_buffer("class_texts", torch.zeros(CLASSES, WIDTH))
        self.register_buffer("gate_weights", torch.zeros(MEANS))
        self.register_buffer("gate_offset", torch.zeros(()))

    def words(self, head: torch.Tensor) -> torch.Tensor:
        """[B, 384]: the classes' texts, weighed by their probabilities. Short where the classifier is unsure."""
        return torch.softmax(self.backbone.classifier(head) / self.blend.temperature, 1) @ self.class_texts

    def scaled(self, read: torch.Tensor) -> torch.Tensor:
        """What is read, in like sizes."""
        return torch.clamp((read - self.read_mean) * self.read_gain, -6, 6)

    def gate(self, means: torch.Tensor) -> torch.Tensor:
        """[B, 1]: near 0 for a drawing, near 1 for a photograph."""
        return torch.sigmoid((means @ self.gate_weights + self.gate_offset)[:, None])

    def parts(self, features: Features, tuned: tuple[torch.Tensor, torch.Tensor] | None = None) -> list[torch.Tensor]:
        """-> words, the tuned blocks' words, head, regression and gate."""
        tuned = tuned or self.tuned.product(self.backbone, features.late)
        words = self.words(features.head)
        regression = self.regression(self.scaled(readout.read(features, tuned)))
        return [words, self.words(tuned[1]), self.head(features, tuned, words), regression, self.gate(features.means)]

    def combine(self, words, tuned_words, head, regression, gate) -> torch.Tensor:
        b = self.blend
        shares = [
            (words, b.drawing, b.photograph),
            (tuned_words, b.tuned_drawing, b.tuned_photograph),
            (head, b.head_drawing, b.head_photograph),
            (regression, b.regression_drawing, b.regression_photograph),
        ]
        return unit(sum((drawing + (photograph - drawing) * gate) * part for part, drawing, photograph in shares))

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        features = self.backbone(pixels)
        return self.combine(*self.parts(features, self.tuned(self.backbone, features.late)))

    def saved(self) -> dict:
        return {"shape": asdict(self.head.shape), "blend": asdict(self.blend), "state": self.state_dict()}


def load(file) -> ImageTower:
    saved = torch.load(file, weights_only=True)
    tower = ImageTower(Backbone(), Shape(**saved["shape"]), Blend(**saved["blend"]))
    tower.load_state_dict(saved["state"])
    return tower.eval()
