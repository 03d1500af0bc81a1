"""Step 7: the head of the image tower, trained on cached features against the text tower's embeddings of captions."""

import copy
import math
import time
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from . import backbone, image_tower, pictures, readout
from .attention import unit
from .backbone import Features
from .captions import article
from .classes import class_texts
from .features import FeatureSet
from .image_tower import Blend, ImageTower, Shape
from .paths import Work
from .text_tower import TextEncoder
from .validation import Validation
from .wordnet import WordNet

BATCH = 256
GATE_WIDTH = 6.0  # logits between the mean of the drawings and the photographs' statistics
SINGLE = ("shape", "pattern", "scene", "page")  # generated pictures whose captions are candidates for all others


@dataclass
class Recipe:
    epochs: int = 6
    rate: float = 1e-3
    tuned_rate: float = 4e-4
    tuned_weight: float = 0.5  # of what the tuned blocks' classes say
    tuned_temperature: float = 0.06
    decay: float = 0.05
    temperature: float = 0.04
    label_temperature: float = 0.02  # of the likeness between captions: related ones share the credit
    wrong_temperature: float = 0.01
    wrong_weight: float = 1.0
    cosine_weight: float = 0.5
    drawings_share: float = 0.6
    clean_weight: float = 2.0  # of a drawing as it is, beside its augmented turns
    token_drop: float = 0.15
    mixed: float = 0.5  # share of the batches whose pictures are mixed with others, and so are their captions
    average: float = 0.998
    seed: int = 0


class Texts:
    """Embeddings of captions, each computed once."""

    def __init__(self, encode):
        self.encode = encode
        self.places: dict[str, int] = {}
        self.vectors = torch.zeros(0, 384)

    def __call__(self, captions: list[str]) -> torch.Tensor:
        new = [caption for caption in dict.fromkeys(captions) if caption not in self.places]
        if new:
            self.places.update({caption: len(self.places) + index for index, caption in enumerate(new)})
            self.vectors = torch.cat([self.vectors, self.encode(new)])
        return self.vectors[[self.places[caption] for caption in captions]]


def drawing_targets(texts: Texts, labels: list[str], tags: dict[str, list[str]]) -> torch.Tensor:
    """What a drawing should be near to: its name, said as a drawing and as an emoji, and what people tag it with."""
    vectors = texts(labels) + 0.5 * texts([f"a drawing of {article(label)}" for label in labels])
    vectors = unit(vectors + 0.25 * texts([f"an emoji of {article(label)}" for label in labels]))
    for index, label in enumerate(labels):
        if tags[label]:
            vectors[index] += 0.35 * unit(texts(tags[label]).mean(0))
    return unit(vectors)


def set_gate(tower: ImageTower, means: torch.Tensor, photographs: torch.Tensor) -> None:
    """Linear discriminant between drawings and the statistics of photographs that the backbone's training left in it."""
    mean, spread = means.mean(0), means.std(0) + 1e-3
    drawn = (means - mean) / spread
    covariance = drawn.T @ drawn / len(drawn) + 0.3 * torch.eye(len(mean))
    target = (photographs - mean) / spread
    weights = torch.linalg.solve(covariance, target)
    low, high = (drawn @ weights).mean(), target @ weights
    gain = GATE_WIDTH / (high - low)
    tower.gate_weights.copy_(gain * weights / spread)
    tower.gate_offset.copy_(-(mean * tower.gate_weights).sum() - gain * (low + high) / 2)


def prepare(work: Work, texts: Texts, shape: Shape, features: FeatureSet) -> ImageTower:
    """A tower whose head is untrained, with its class texts, its gate and the statistics of its features."""
    model, photographs = backbone.load(work.backbone)
    tower = ImageTower(model.requires_grad_(False), shape, Blend())
    tower.class_texts.copy_(class_texts(texts.encode, WordNet(work.package("wordnet-base", "usr/share/wordnet"))))
    is_drawing = torch.tensor([example.kind == "drawing" for example in features.examples])
    set_gate(tower, features.means[is_drawing], photographs)
    sample = np.random.RandomState(0).permutation(len(features))[:2048]
    tokens = features.batch(np.sort(sample))[0].float().flatten(0, 1)
    pooled = torch.cat([features.means, features.head], 1)
    for name, values in (("token", tokens), ("pooled", pooled)):
        getattr(tower.head, f"{name}_mean").copy_(values.mean(0))
        getattr(tower.head, f"{name}_gain").copy_(1 / (values.std(0) + 1e-3))
    return tower


class Labels:
    """What each example of a set of features should come near to, and how often it is taken."""

    def __init__(self, work: Work, features: FeatureSet, texts: Texts, recipe: Recipe):
        self.examples, self.texts, self.recipe = features.examples, texts, recipe
        examples = self.examples
        listed = pictures.load(work)
        tags = {listed[e.picture].label: listed[e.picture].tags for e in examples if e.kind == "drawing"}
        labels = sorted(tags)
        singles = sorted({e.caption for e in examples if e.kind in SINGLE})
        self.bank = torch.cat([drawing_targets(texts, labels, tags), texts(singles)])
        places = {("drawing", label): index for index, label in enumerate(labels)}
        places |= {("", caption): len(labels) + index for index, caption in enumerate(singles)}
        # In the bank, or -1 for a caption that only its own picture has.
        self.place = np.array([places.get(("drawing" if e.kind == "drawing" else "", e.caption), -1) for e in examples])
        texts([caption for e in examples for caption in (e.caption, *e.wrong)])
        self.own = torch.tensor([texts.places[e.caption] for e in examples])
        most = max(len(e.wrong) for e in examples)
        self.wrong = torch.full((len(examples), most), -1)
        for row, example in enumerate(examples):
            for column, caption in enumerate(example.wrong):
                self.wrong[row, column] = texts.places[caption]
        self.is_drawing = np.array([e.kind == "drawing" for e in examples])
        self.chances = self._chances()

    def _chances(self) -> np.ndarray:
        """Drawings and generated pictures in the recipe's proportion; a caption by the root of its count."""
        captions = [(example.kind == "drawing", example.caption) for example in self.examples]
        counts: dict = {}
        for caption in captions:
            counts[caption] = counts.get(caption, 0) + 1
        chances = np.array([1 / math.sqrt(counts[caption]) for caption in captions])
        seen: set[int] = set()
        for row, example in enumerate(self.examples):
            if example.kind == "drawing" and example.picture not in seen:
                seen.add(example.picture)  # its first turn
                chances[row] *= self.recipe.clean_weight
        is_drawing = np.array([caption[0] for caption in captions])
        share = self.recipe.drawings_share
        if is_drawing.all() or not is_drawing.any():
            return chances / chances.sum()
        chances[is_drawing] *= share / chances[is_drawing].sum()
        chances[~is_drawing] *= (1 - share) / chances[~is_drawing].sum()
        return chances

    def __call__(self, rows: np.ndarray) -> torch.Tensor:
        """[len(rows), 384]"""
        place = torch.from_numpy(self.place[rows])[:, None]
        return torch.where(place >= 0, self.bank[place[:, 0].clamp(min=0)], self.texts.vectors[self.own[rows]])


def _mixed(x: torch.Tensor, share: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    share = share.view(-1, *[1] * (x.ndim - 1)).to(x.dtype)
    return x if bool((share == 1).all()) else torch.lerp(x[other], x, share)


class Trainer:
    def __init__(self, work: Work, features: FeatureSet, texts: Texts, recipe: Recipe, shape: Shape):
        self.recipe, self.features, self.texts = recipe, features, texts
        self.tower = prepare(work, texts, shape, features)
        self.labels = Labels(work, features, texts, recipe)
        self.centre = self.labels.bank.mean(0)
        self.random = np.random.RandomState(recipe.seed)
        with torch.no_grad():
            parts = [self.tower.words(features.head[at : at + 4096]) for at in range(0, len(features), 4096)]
        self.words = torch.cat(parts)

    def _mix(self, has_wrong: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """How much of each picture stays, and which other takes its place. One with wrong captions stays as it is."""
        share = self.random.beta(0.4, 0.4) if self.random.rand() < self.recipe.mixed else 1.0
        other = torch.from_numpy(self.random.permutation(len(has_wrong)))
        return torch.where(has_wrong, torch.tensor(1.0), torch.tensor(share, dtype=torch.float32)), other

    def loss(self, rows: np.ndarray) -> torch.Tensor:
        recipe, texts = self.recipe, self.texts.vectors
        tokens, means, head = self.features.batch(rows)
        words, wrong = self.words[rows], self.labels.wrong[rows]
        has_wrong = wrong[:, 0] >= 0
        share, other = self._mix(has_wrong)
        tokens, means, head, words = (_mixed(x, share, other) for x in (tokens, means, head, words))
        features = Features(tokens, means, head)
        with torch.autocast("cpu", torch.bfloat16):
            tuned = self.tower.tuned.product(self.tower.backbone, features.late)
            z = self.tower.head(features, tuned, words, recipe.token_drop)
        said = unit(self.tower.words(tuned[1].float()))
        place = torch.from_numpy(self.labels.place[rows])
        alone = texts[self.labels.own[rows]]
        target = self.labels(rows)
        candidates = torch.cat([self.labels.bank, alone[place < 0]])
        with torch.no_grad():
            soft = F.softmax(target @ candidates.T / recipe.label_temperature, 1)
            soft, target = (_mixed(x, share, other) for x in (soft, target))
        logits = z @ candidates.T / recipe.temperature
        loss = -(soft * F.log_softmax(logits, 1)).sum(1).mean()
        drawn = torch.from_numpy(self.labels.is_drawing[rows])
        if drawn.any():
            logits = said[drawn] @ candidates.T / recipe.tuned_temperature
            loss = loss - recipe.tuned_weight * (soft[drawn] * F.log_softmax(logits, 1)).sum(1).mean()
        loss = loss + recipe.cosine_weight * (1 - (z * unit(target - self.centre)).sum(1)).mean()
        if has_wrong.any():
            wrong, zw = wrong[has_wrong], z[has_wrong]
            against = (texts[wrong.clamp(min=0)] * zw[:, None]).sum(-1).masked_fill(wrong < 0, -1e4)
            right = (alone[has_wrong] * zw).sum(-1, keepdim=True)
            logits = torch.cat([right, against], 1) / recipe.wrong_temperature
            hard = F.cross_entropy(logits, torch.zeros(len(zw), dtype=torch.long), reduction="sum") / len(rows)
            loss = loss + recipe.wrong_weight * hard
        return loss

    def run(self, validation: Validation) -> ImageTower:
        recipe, tower = self.recipe, self.tower
        torch.manual_seed(recipe.seed)
        steps = recipe.epochs * (len(self.features) // BATCH)
        trained = nn.ModuleDict({"head": tower.head, "tuned": tower.tuned})
        groups = [
            {
                "params": [p for p in tower.head.parameters() if p.ndim >= 2],
                "top": recipe.rate,
                "weight_decay": recipe.decay,
            },
            {"params": [p for p in tower.head.parameters() if p.ndim < 2], "top": recipe.rate, "weight_decay": 0.0},
            {"params": list(tower.tuned.parameters()), "top": recipe.tuned_rate, "weight_decay": 0.0},
        ]
        optimizer = torch.optim.AdamW(groups, lr=recipe.rate, betas=(0.9, 0.98), fused=True)
        average = copy.deepcopy(trained)

        def use(modules: nn.ModuleDict) -> None:
            tower.head, tower.tuned = modules["head"], modules["tuned"]

        started, total = time.time(), 0.0
        trained.train()
        for step in range(steps):
            warmth = min(1.0, (step + 1) / 200) * (0.5 + 0.5 * math.cos(math.pi * step / steps)) + 1e-3
            for group in optimizer.param_groups:
                group["lr"] = group["top"] * warmth
            # With replacement: drawing 256 of many without would cost more than the step.
            rows = np.sort(self.random.choice(len(self.features), BATCH, p=self.labels.chances))
            loss = self.loss(rows)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(trained.parameters(), 1.0)
            optimizer.step()
            kept = min(recipe.average, (step + 1) / (step + 10))
            with torch.no_grad():
                for mean, value in zip(average.parameters(), trained.parameters()):
                    mean.lerp_(value, 1 - kept)
            total = loss.item() if step == 0 else 0.99 * total + 0.01 * loss.item()
            if (step + 1) % 50 == 0:
                left = (steps - step - 1) * (time.time() - started) / (step + 1) / 60
                print(f"  step {step + 1} of {steps}: loss {total:.3f}, {left:.0f} min left", flush=True)
            if (step + 1) % (steps // recipe.epochs) == 0:
                use(average.eval())
                print(f"  {validation.report(tower)}", flush=True)
                use(trained)
        use(average)
        return tower.eval()


def fit_regression(work: Work, tower: ImageTower, texts: Texts, recipe: Recipe, validation: Validation) -> None:
    """First without the validation concepts, whose figures are printed; then they are seen, too.

    Scenes and shapes, all in one hand, would make it worse at drawings; without plain colours it knows none.
    """
    x = torch.zeros(0, readout.SIZE)
    for names in (("train",), ("train", "extra")):
        features = FeatureSet(work, *names)
        labels = Labels(work, features, texts, recipe)
        rows = np.where([example.kind in ("drawing", "pattern") for example in features.examples])[0]
        x = torch.cat([x, readout.read_rows(tower, features, rows[len(x) :])])
        readout.fit(tower, x, labels(rows), torch.from_numpy(labels.chances[rows]).float())
        if names == ("train",):
            print(f"  {validation.report(tower)}", flush=True)


def run(work: Work, recipe: Recipe) -> None:
    """Prints the validation figures that choose a recipe."""
    if work.image_tower.exists():
        return
    texts = Texts(TextEncoder(work.text_tower))
    validation = Validation(work, texts)
    if work.image_head.exists():
        tower = image_tower.load(work.image_head)
        tower.blend = Blend()
    else:
        features = FeatureSet(work, "train", "composed")
        tower = Trainer(work, features, texts, recipe, Shape()).run(validation)
        torch.save(tower.saved(), work.image_head)
        del features
    fit_regression(work, tower, texts, recipe, validation)
    torch.save(tower.saved(), work.image_tower)
