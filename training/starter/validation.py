"""What hyper-parameters are chosen by: figures on the validation split alone."""

import numpy as np
import torch

from . import pictures, splits
from .backbone import Features
from .features import FeatureSet
from .image_tower import ImageTower
from .paths import Work


class Validation:
    def __init__(self, work: Work, texts):
        self.features = FeatureSet(work, "validation")
        listed = pictures.load(work)
        names = sorted({p.label for p in listed if p.vendor in ("google", "twitter", "openmoji") and not p.flag})
        self.names = texts(names)
        place = {name: index for index, name in enumerate(names)}
        examples = self.features.examples
        drawn = [
            (row, place[e.caption], splits.is_validation_concept(e.caption), listed[e.picture].vendor)
            for row, e in enumerate(examples)
            if e.kind == "drawing" and e.caption in place
        ]
        self.vendor = [(row, name) for row, name, held, vendor in drawn if not held and vendor == "openmoji"]
        self.concepts = [(row, name) for row, name, held, _ in drawn if held]
        self.stamps = {}
        for title, vendor in (("photographs", "tuxpaint-png"), ("stamps", "tuxpaint-svg")):
            stamps = [
                (row, e.caption)
                for row, e in enumerate(examples)
                if e.picture >= 0 and listed[e.picture].vendor == vendor
            ]
            captions = sorted({picture.label for picture in listed if picture.vendor == vendor})
            self.stamps[title] = ([(row, captions.index(caption)) for row, caption in stamps], texts(captions))
        self.wrong = {}
        for kind in ("shape", "pattern", "pair", "relation", "count"):
            rows = [row for row, e in enumerate(examples) if e.kind == kind and e.wrong]
            right = texts([examples[row].caption for row in rows])
            first = texts([examples[row].wrong[0] for row in rows])
            self.wrong[kind] = (rows, right, first)

    @torch.inference_mode()
    def parts(self, tower: ImageTower) -> tuple[torch.Tensor, ...]:
        """-> words, the tuned blocks' words, head, regression and gate of every picture."""
        batches = []
        for at in range(0, len(self.features), 256):
            rows = np.arange(at, min(at + 256, len(self.features)))
            tokens, means, head = self.features.batch(rows)
            batches.append(tower.parts(Features(tokens.float(), means, head)))
        return tuple(torch.cat(columns) for columns in zip(*batches))

    def figures(self, z: torch.Tensor) -> dict[str, float]:
        found = {}
        for title, pairs, candidates in (
            ("vendor", self.vendor, self.names),
            ("concepts", self.concepts, self.names),
            *((title, pairs, captions) for title, (pairs, captions) in self.stamps.items()),
        ):
            rows, names = (torch.tensor(column) for column in zip(*pairs))
            scores = z[rows] @ candidates.T
            rank = (scores > scores.gather(1, names[:, None])).sum(1)
            for k in (1, 5):
                found[f"{title} top-{k}"] = (rank < k).float().mean().item()
        for kind, (rows, right, first) in self.wrong.items():
            found[kind] = ((z[rows] * right).sum(1) > (z[rows] * first).sum(1)).float().mean().item()
        return found

    def report(self, tower: ImageTower) -> str:
        parts = self.parts(tower)
        lines = []
        titles = ("blended", "words", "tuned", "head", "regression")
        for title, z in zip(titles, (tower.combine(*parts), *parts)):
            if not z.any():
                continue  # the regression, until it is solved for
            figures = ", ".join(f"{name} {value:.3f}" for name, value in self.figures(z).items())
            lines.append(f"{title}: {figures}")
        return "\n  ".join(lines)
