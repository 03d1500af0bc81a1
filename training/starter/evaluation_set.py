"""Step 9: the evaluation set, as `clipgraph evaluate` reads it: tasks.json and the pictures it names.

The first tasks are version 0's own, with the same splits, so that versions can be compared.
"""

import json
import random
from pathlib import Path

import numpy as np
from PIL import Image

from . import augment, pictures, shapes, splits
from .captions import Thing, article
from .handmade import CAPTIONS, PAIRS
from .minilm import Teacher
from .paths import Work
from .pictures import Picture

COMPOSED = 400
SENTENCES = 1500
CALIBRATION_CANDIDATES = 20
CAPTIONS_OF_A_STAMP = 10


class Writer:
    def __init__(self, folder: Path):
        self.folder = folder
        self.tasks: list[dict] = []

    def save(self, name: str, image: Image.Image) -> str:
        file = self.folder / "pictures" / f"{name}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            image.save(file)
        return f"pictures/{name}.png"

    def add(self, name: str, kind: str, **rest) -> None:
        self.tasks.append({"name": name, "kind": kind, **rest})


def run(work: Work, quick: bool = False) -> None:
    tasks = work.evaluation / "tasks.json"
    if tasks.exists():
        return
    writer = Writer(work.evaluation)
    listed = list(enumerate(pictures.load(work)))
    if quick:
        listed = listed[::40]
    _drawings(work, writer, listed)
    _shapes(writer)
    _composed(work, writer, listed, 20 if quick else COMPOSED)
    _texts(work, writer, 100 if quick else SENTENCES)
    _calibration(work, writer, listed)
    tasks.write_text(json.dumps({"name": "the starter model's evaluation", "tasks": writer.tasks}, indent=1))
    files = sum(1 for _ in (work.evaluation / "pictures").iterdir())
    print(f"  {len(writer.tasks)} tasks, {files} pictures", flush=True)


def emoji_names(listed: list[tuple[int, Picture]]) -> list[str]:
    return sorted({p.label for _, p in listed if p.vendor in ("google", "twitter", "openmoji") and not p.flag})


def _among(generator: random.Random, right: str, captions: list[str], count: int) -> list[str]:
    """The right caption and others at random, as many as count in all."""
    others = [caption for caption in generator.sample(captions, min(count, len(captions))) if caption != right]
    return [right, *others[: count - 1]]


def _drawings(work: Work, writer: Writer, listed: list[tuple[int, Picture]]) -> None:
    names = emoji_names(listed)

    def clean(index: int, picture: Picture) -> str:
        return writer.save(str(index), augment.clean(pictures.open_drawing(work, picture)))

    def ground(index: int, picture: Picture) -> str:
        image = augment.augmented(random.Random(f"test-{index}"), pictures.open_drawing(work, picture), can_flip=False)
        return writer.save(f"{index}-ground", image)

    def classify(title: str, chosen, labels: list[str] | None = None, draw=clean) -> list[dict]:
        chosen = list(chosen)
        labels = labels or sorted({picture.label for _, picture in chosen})
        rows = [{"file": draw(index, picture), "label": labels.index(picture.label)} for index, picture in chosen]
        if rows:
            writer.add(title, "classification", labels=labels, pictures=rows)
        return rows

    def vendor(name: str, test: bool):
        return ((i, p) for i, p in listed if p.vendor == name and p.test == test and not p.flag)

    emoji = classify("emoji of a vendor never trained on", vendor("twitter", False), names)
    classify("the same, on other grounds and in other styles", vendor("twitter", False), names, ground)
    held = [(i, p) for i, p in listed if p.is_emoji and p.test and not p.added and p.label in set(names)]
    classify("concepts never trained on, all vendors, among all names", held, names)
    classify("concepts never trained on, all vendors, among themselves", held)
    for title, source in (("photographs", "tuxpaint-png"), ("drawings", "tuxpaint-svg")):
        stamps = list(vendor(source, True))
        captions = sorted({picture.label for _, picture in stamps})
        classify(f"Tux Paint's {title}", stamps, captions)
        untouched = [(i, p) for i, p in stamps if not splits.is_validation_stamp(p.label)]
        classify(f"Tux Paint's {title}, the three quarters that chose nothing", untouched, captions)
        generator = random.Random(source)
        few = [
            {"file": clean(i, p), "captions": _among(generator, p.label, captions, CAPTIONS_OF_A_STAMP)}
            for i, p in untouched
        ]
        writer.add(f"Tux Paint's {title}, each among {CAPTIONS_OF_A_STAMP} captions", "choice", pictures=few)
    classify("clip art never trained on", ((i, p) for i, p in listed if p.vendor == "openclipart" and p.test))
    captions = [{"file": row["file"], "caption": names[row["label"]]} for row in emoji]
    writer.add("emoji of a vendor never trained on, both ways", "retrieval", pictures=captions)


def _shapes(writer: Writer) -> None:
    generator = random.Random("fresh")
    drawn: list[tuple[Image.Image, str]] = []
    while len(drawn) < 160:
        image, caption = shapes.shape(generator)
        if " on a " not in caption and "dots" not in caption:
            drawn.append((image, caption))
    kinds = [kind for kind in shapes.KINDS if kind != "dots"]
    labels = sorted(article(f"{colour} {kind}") for colour in shapes.NAMES for kind in kinds)
    rows = [
        {"file": writer.save(f"shape-{number}", image), "label": labels.index(caption)}
        for number, (image, caption) in enumerate(drawn)
    ]
    writer.add("coloured shapes, colour and shape both right", "classification", labels=labels, pictures=rows)
    plain = [Image.new("RGB", (shapes.SIDE, shapes.SIDE), colour) for colour in shapes.COLOURS.values()]
    rows = [{"file": writer.save(f"plain-{n}", image), "label": n} for n, image in enumerate(plain)]
    labels = [f"a plain {name} background" for name in shapes.NAMES]
    writer.add("plain colours", "classification", labels=labels, pictures=rows)


def _composed(work: Work, writer: Writer, listed: list[tuple[int, Picture]], count: int) -> None:
    """Scenes of fresh shapes, and of drawings by the vendor that was never trained on: the right caption of two."""
    drawings = [
        p
        for _, p in listed
        if p.vendor == "twitter" and not p.flag and p.group in (3, 4, 5, 6, 7) and len(p.label.split()) <= 2
    ]

    def of_shapes(generator: random.Random, kind: str) -> shapes.Scene:
        nouns, colours = generator.sample(shapes.SOLID, 2), generator.sample(shapes.PLAIN, 2)
        things = [Thing(noun, colour) for noun, colour in zip(nouns, colours)]
        return shapes.composed(generator, things, shapes.shape_sprite(generator), kind)

    def of_drawings(generator: random.Random, kind: str) -> shapes.Scene:
        chosen = generator.sample(drawings, 2)
        opened = {picture.label: pictures.open_drawing(work, picture) for picture in chosen}
        colours = generator.sample(shapes.PLAIN, 2) if kind == "pair" else ["", ""]
        things = [Thing(picture.label, colour) for picture, colour in zip(chosen, colours)]

        def sprite(thing: Thing, side: int) -> Image.Image:
            drawing = opened[thing.noun]
            return shapes.tinted(drawing, thing.colour, generator) if thing.colour else drawing

        return shapes.composed(generator, things, sprite, kind)

    titles = {
        "pair": "attribute binding: whose is the colour",
        "relation": "relation: who is where",
        "count": "count: how many",
    }
    for source, make in (("shapes", of_shapes), ("drawings", of_drawings)):
        for kind, title in titles.items():
            rows = []
            for number in range(count):
                scene = make(random.Random(f"test-{source}-{kind}-{number}"), kind)
                file = writer.save(f"{source}-{kind}-{number}", scene.image)
                rows.append({"file": file, "captions": [scene.caption, scene.wrong[0]]})
            writer.add(f"{title} ({source})", "choice", pictures=rows)


def _texts(work: Work, writer: Writer, count: int) -> None:
    teacher = Teacher(work.teacher)

    def pairs(rows: list[tuple]) -> list[dict]:
        texts = list(dict.fromkeys(text for a, b, *_ in rows for text in (a, b)))
        place = {text: index for index, text in enumerate(texts)}
        vectors = teacher(texts).astype(np.float64)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        found = []
        for a, b, *related in rows:
            entry = {"a": a, "b": b, "reference": round(float(vectors[place[a]] @ vectors[place[b]]), 5)}
            if related and related[0] is not None:
                entry["isRelated"] = related[0]
            found.append(entry)
        return found

    captions = [(a, b) for i, a in enumerate(CAPTIONS) for b in CAPTIONS[i + 1 :]]
    writer.add("48 hand-written captions, all pairs, against the teacher", "similarity", pairs=pairs(captions))
    writer.add("32 hand-written pairs, against the teacher", "similarity", pairs=pairs(PAIRS))
    strangers = [(a, b, False) for a, b in zip(CAPTIONS, [*CAPTIONS[1:], CAPTIONS[0]])]
    related = [pair for pair in PAIRS if pair[2] is not None]
    writer.add("texts that mean the same, and texts that do not", "similarity", pairs=pairs(related + strangers))
    rows = json.loads(work.sentences.read_text())
    for source in sorted({row["source"] for row in rows}):
        held = sorted(row["text"] for row in rows if row["test"] and row["source"] == source)
        random.Random(source).shuffle(held)
        held = held[: 2 * count]
        title = f"held-out sentences ({source}), pairs at random, against the teacher"
        if len(held) > 8:
            writer.add(title, "similarity", pairs=pairs(list(zip(held[::2], held[1::2]))))


def _calibration(work: Work, writer: Writer, listed: list[tuple[int, Picture]]) -> None:
    """The validation vendor's drawings, each with its name and names at random: the logit scale is fitted here."""
    generator = random.Random("calibration")
    names = emoji_names(listed)
    rows = []
    for index, picture in listed:
        if picture.vendor in splits.VALIDATION_VENDORS and not picture.test and not picture.flag:
            file = writer.save(str(index), augment.clean(pictures.open_drawing(work, picture)))
            rows.append({"file": file, "captions": _among(generator, picture.label, names, CALIBRATION_CANDIDATES)})
    title = f"the validation vendor's emoji, each among {CALIBRATION_CANDIDATES} names"
    writer.add(title, "choice", split="validation", isCalibration=True, pictures=rows)
