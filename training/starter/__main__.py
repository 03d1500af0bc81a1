"""`training/run`: every step of the recipe, in order; a step whose output is there is not run again."""

import argparse
import os
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import torch

from . import card, corpus, evaluation_set, export, features, fetch, pictures, teacher, train_image, train_text
from .paths import REPOSITORY, Work

STEPS = "fetch pictures sentences teacher text features image export evaluation card".split()


@dataclass(frozen=True)
class Scale:
    """How much is done; the quick one goes through every step to see that it works, and makes nothing of use."""

    text_steps: int = 1800
    turns: int = 5
    generated: int = 30_000
    composed: int = 16_000
    validated: int = 2_000
    recipe: train_image.Recipe = field(default_factory=train_image.Recipe)


QUICK = Scale(text_steps=4, turns=1, generated=600, composed=100, validated=300, recipe=train_image.Recipe(epochs=1))


def _evaluate(work: Work, out: dict[Path, Path]) -> None:
    """Figures of models' folders, each to its file, measured with the product itself."""
    subprocess.run(["node", "scripts/setup.mjs"], cwd=REPOSITORY, check=True)
    for model, file in out.items():
        command = ["node", "dist/src/cli/main.js", "evaluate", str(work.evaluation), "--model", str(model)]
        subprocess.run([*command, "--out", str(file)], cwd=REPOSITORY, check=True)


def _measure_first_answer() -> None:
    measure = ["npm", "run", "--silent", "bench:first-answer", "--", "--out", str(card.FIRST_ANSWER)]
    subprocess.run(measure, cwd=REPOSITORY, check=True)


def _complete(folder: Path) -> None:
    """Makes an exported pair of towers a model's folder."""
    for name in ("clipgraph.json", "merges.txt", "vocab.json"):
        shutil.copy(card.MODEL / name, folder / name)


def _install(work: Work) -> None:
    for name in ("text_model.onnx", "vision_model.onnx"):
        shutil.copy(work.export / name, card.MODEL / name)


def main() -> None:
    parser = argparse.ArgumentParser(prog="training/run", description=__doc__)
    parser.add_argument(
        "--work",
        type=Path,
        help="where intermediate files lie (default: training/work, or a folder of their own for the other two)",
    )
    kinds = parser.add_mutually_exclusive_group()
    kinds.add_argument("--quick", action="store_true", help="every step on a sliver of the data; nothing is installed")
    kinds.add_argument(
        "--again",
        action="store_true",
        help="once more, to see how much figures differ; of it, only they are kept in training",
    )
    parser.add_argument("--only", nargs="+", choices=STEPS, help="just these steps")
    parser.add_argument(
        "--seed", type=int, default=0, help="of the image head, to see how much the figures depend on it"
    )
    options = parser.parse_args()
    for name in [name for name in os.environ if name.startswith("MALLOC_")]:
        del os.environ[
            name
        ]  # set for this process by training/run; what it starts and measures is to run as it always does
    training = REPOSITORY / "training"
    quick, again = options.quick, options.again
    own_folder = "work-quick" if quick else "work-again" if again else "work"
    work = Work((options.work or training / own_folder).resolve())
    work.root.mkdir(parents=True, exist_ok=True)
    scale, workers = QUICK if quick else Scale(), os.cpu_count() or 1
    scale.recipe.seed = options.seed
    torch.set_num_threads(workers)

    def read_features() -> None:
        features.make(work, "validation", features.validation_jobs(work, scale.validated, quick), workers)
        features.make(work, "train", features.training_jobs(work, scale.turns, scale.generated, quick), workers)
        features.make(work, "composed", features.composed_jobs(scale.composed), workers)
        features.make(work, "extra", features.extra_jobs(work, scale.turns, quick), workers)

    def evaluate() -> None:
        evaluation_set.run(work, quick)
        small, full = work.export, work.export / "float32"
        if quick:
            _evaluate(work, {small: work.root / "evaluation.json", full: work.root / "float32.json"})
        elif again:
            _evaluate(work, {small: card.ANOTHER_RUN, full: card.ANOTHER_FLOAT32})
        else:
            _evaluate(work, {card.MODEL: card.FIGURES})

    def write_towers() -> None:
        export.run(work)
        _complete(work.export)
        _complete(work.export / "float32")
        if not (quick or again):
            _install(work)

    def write_card() -> None:
        if quick:
            return
        if not again:
            _measure_first_answer()
        card.write()

    actions = {
        "fetch": lambda: fetch.run(work),
        "pictures": lambda: pictures.run(work),
        "sentences": lambda: corpus.run(work, quick),
        "teacher": lambda: teacher.run(work, workers),
        "text": lambda: train_text.run(work, scale.text_steps),
        "features": read_features,
        "image": lambda: train_image.run(work, scale.recipe),
        "export": write_towers,
        "evaluation": evaluate,
        "card": write_card,
    }
    began = time.time()
    for number, step in enumerate(STEPS, 1):
        if options.only and step not in options.only:
            continue
        print(f"{number}. {step}", flush=True)
        started = time.time()
        actions[step]()
        print(f"   {step}: {time.time() - started:.0f} s", flush=True)
    print(f"done in {(time.time() - began) / 60:.1f} min", flush=True)


if __name__ == "__main__":
    main()
