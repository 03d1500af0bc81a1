"""Step 10: the model card and the figures in the manifest, from what the evaluation measured."""

import json
from pathlib import Path

from .fetch import ingredients
from .paths import REPOSITORY

MODEL = REPOSITORY / "models/starter"
FIGURES = MODEL / "evaluation.json"
ANOTHER_RUN = REPOSITORY / "training/another-run.json"
ANOTHER_FLOAT32 = REPOSITORY / "training/another-run-float32.json"
VERSION_0 = REPOSITORY / "training/version-0.json"
FIRST_ANSWER = REPOSITORY / "training/first-answer.json"

VENDOR = "emoji of a vendor never trained on"
PARAPHRASES = "texts that mean the same, and texts that do not"


def _load(file: Path) -> dict:
    return json.loads(file.read_text())


def _tasks(figures: dict) -> dict[str, dict]:
    return {task["name"]: task for task in figures["tasks"]}


def _percent(share: float) -> str:
    return f"{share * 100:.1f} %"


def _cells(task: dict) -> tuple[str, str]:
    """What is measured, and the figure."""
    match task["kind"]:
        case "classification":
            return (
                f"first; in the first five of {task['candidates']:,}",
                f"{_percent(task['top1'])}; {_percent(task['top5'])}",
            )
        case "choice":
            return f"the right caption (by chance {_percent(task['chance'])})", _percent(task["accuracy"])
        case "retrieval":
            both = [
                [_percent(task[way][key]) for key in ("top1", "top5", "top10")]
                for way in ("textToImage", "imageToText")
            ]
            return "recall at 1, 5, 10: text to image; image to text", "; ".join(", ".join(way) for way in both)
        case "similarity":
            return "rank correlation", f"{task['spearman']:.3f}"
    raise ValueError(task["kind"])


def _table(figures: dict, others: list[dict[str, dict]], split: str) -> list[str]:
    lines = ["| test | measured | this version | another run | version 0 |", "| --- | --- | --- | --- | --- |"]
    for task in figures["tasks"]:
        if task["split"] != split:
            continue
        measured, value = _cells(task)
        values = [value, *(_cells(other[task["name"]])[1] for other in others)]
        lines.append(f"| {task['name']}, {task['n']:,} | {measured} | {' | '.join(values)} |")
    return lines


def _spread(scores: dict) -> str:
    matching, other = scores["matching"], scores["other"]
    return (
        f"{matching['mean']:.2f} ± {matching['deviation']:.2f} where they match, "
        f"{other['mean']:.2f} ± {other['deviation']:.2f} where they do not"
    )


CARD = """\
# Model card: starter, version {revision}

A small dual encoder in CLIP's shape, made so that Clipgraph answers sensibly the moment it is installed. It is not a
CLIP and no replacement for one. This card is written by `training/evaluate` from what it measures.

| | |
| --- | --- |
| input | CLIP's byte-pair ids, up to 77; CLIP-normalised pixels, 224 × 224, `hf` preparation |
| output | 384 numbers, of unit length |
| files | text {text_megabytes:.1f} MB, image {image_megabytes:.1f} MB: int8, float16 and, for the tables of tokens and classes, four bits; computed in float32 on every runtime |
| logit scale | {logit_scale:.1f}, fitted on the validation split |
| a picture and a text | cosine {image_text} |
| two texts | cosine {text_text} |
| first answer | {seconds:.1f} s after `clipgraph serve` is called, {megabytes:.0f} MB in memory for all processes ({machine}) |

## Made of

The text tower has the six layers of all-MiniLM-L6-v2, with CLIP's tokens in place of its own, distilled from it on
sentences from WordNet, names of emoji and captions composed by rule. The image tower has EfficientNet-lite0
twice: as it was, and with its last blocks tuned to drawings. A ridge regression from its maps, a head of two transformer
layers over their 49 cells, and what the backbone's classifier says, in words, are blended: more of the words the more
a picture looks like a photograph. Trained on drawings (Noto and Fluent emoji, Open Clip Art) and on pictures drawn by rule
(shapes, scenes, several things together). No photograph was used but those that the backbone had been trained on.

Trained on: {trained}. To measure only: {evaluated}. Nothing share-alike or GPL is in the training data; NOTICE lists
every ingredient. The recipe is `training/run`; the weights may be used under the MIT License and, for what comes from
MiniLM and EfficientNet, the Apache License 2.0.

## Measured

By `clipgraph evaluate`, on the files that are shipped, with the {runtime} runtime. What is tested was never trained
on, and chose nothing but for a quarter of Tux Paint's stamps, which chose the blend; the rows without them say so. Names
of what is held out are among the sentences, and so are words and short phrases of the hand-written captions and pairs.
Version 0's column is its own files on the same set. By chance alone a share p of n pictures is off by √(p (1 − p) / n):
at one half, 1.3 points of 1,490 and 4.6 of 118. Another run is `training/run` once more, from nothing and by the same
recipe; the two have {another}.

{test}

The other run's weights, beside the same in float32, have {storage}.

What hyper-parameters and the logit scale were chosen by:

{validation}

## Not good at

{weak}

Pictures of things that are neither in ImageNet's classes nor drawn as emoji or clip art: people and what they do, faces,
moods, maps, charts, works of art, reading what is written in a picture. Photographs are understood through 1,000
classes, and no photograph has been used to measure it but Tux Paint's, which are cut out on white. A score says little
alone; compare scores with each other.
"""

WEAK = 0.75  # of right choices between two: below that it should not be relied upon


def _weaknesses(figures: dict) -> str:
    """In words, from the figures: the choices that are near chance, and names that are rarely found."""
    lines = []
    for task in figures["tasks"]:
        if task["split"] != "test":
            continue
        if task["kind"] == "choice" and task["accuracy"] < WEAK:
            lines.append(
                f"- {task['name']}: right in {_percent(task['accuracy'])}, where guessing gives {_percent(task['chance'])}."
            )
        if task["kind"] == "classification" and task["top5"] < 0.5:
            lines.append(f"- {task['name']}: the right one is among the first five in only {_percent(task['top5'])}.")
    return "\n".join(lines)


def _shares(figures: dict) -> dict[tuple[str, str, str], float]:
    """Every share of the tasks."""
    found = {}
    for task in figures["tasks"]:
        for way, part in (("", task), *((way, task.get(way, {})) for way in ("textToImage", "imageToText"))):
            for key in ("top1", "top5", "top10", "accuracy"):
                if key in part:
                    found[task["name"], way, key] = part[key]
    return found


def _difference(a: dict, b: dict) -> str:
    """How far the shares of one are from those of the other, in words."""
    ours, theirs = _shares(a), _shares(b)
    points = {key: (ours[key] - theirs[key]) * 100 for key in ours}
    mean = sum(points.values()) / len(points)
    mean_size = sum(abs(value) for value in points.values()) / len(points)
    largest = max(points, key=lambda key: abs(points[key]))
    return (
        f"shares that differ by {mean_size:.2f} percentage points in the mean ({mean:+.2f} with their signs) and by "
        f"{abs(points[largest]):.2f} at most ({largest[0]}, {_tasks(a)[largest[0]]['n']:,})"
    )


def write() -> None:
    figures, again, first = _load(FIGURES), _load(ANOTHER_RUN), _load(FIRST_ANSWER)
    others = [_tasks(again), _tasks(_load(VERSION_0))]
    tasks = _tasks(figures)
    manifest_file = MODEL / "clipgraph.json"
    manifest = _load(manifest_file)
    (calibration,) = [task for task in figures["tasks"] if "logitScale" in task]
    manifest["logitScale"] = round(calibration["logitScale"], 1)
    for kind, name in (("textText", PARAPHRASES), ("imageText", VENDOR)):
        scores = tasks[name]["scores"]
        manifest["scoreRanges"][kind] = {
            "unrelated": round(scores["other"]["mean"], 2),
            "related": round(scores["matching"]["mean"], 2),
        }
    manifest_file.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")

    def named(use: str) -> str:
        return ", ".join(
            f"{entry['name']} ({entry['licence']})" for entry in ingredients() if entry["use"].startswith(use)
        )

    card = CARD.format(
        revision=manifest["revision"],
        text_megabytes=(MODEL / "text_model.onnx").stat().st_size / 1e6,
        image_megabytes=(MODEL / "vision_model.onnx").stat().st_size / 1e6,
        logit_scale=manifest["logitScale"],
        image_text=_spread(tasks[VENDOR]["scores"]),
        text_text=_spread(tasks[PARAPHRASES]["scores"]),
        seconds=first["seconds"],
        megabytes=first["megabytes"],
        machine=first["machine"],
        trained=f"{named('weights')}, {named('training')}",
        evaluated=named("evaluation"),
        runtime=figures["runtime"],
        another=_difference(figures, again),
        storage=_difference(again, _load(ANOTHER_FLOAT32)),
        test="\n".join(_table(figures, others, "test")),
        validation="\n".join(_table(figures, others, "validation")),
        weak=_weaknesses(figures),
    )
    (MODEL / "README.md").write_text(card)
