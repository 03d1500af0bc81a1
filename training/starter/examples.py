"""What the image tower is trained on: every example a picture, its caption, and captions that are wrong about it."""

import random
import re
from dataclasses import dataclass, field

from PIL import Image

from . import augment, pictures, scenery, shapes, splits, words
from .captions import Thing
from .paths import Work
from .pictures import Picture

SYMBOLS = 8  # emojibase's group; arrows and letters are not mirrored


@dataclass
class Example:
    caption: str
    wrong: list[str] = field(default_factory=list)
    kind: str = "drawing"
    picture: int = -1  # in the list of pictures, where it is one of them


class Drawings:
    """Makes examples; the seed of each is its number and the name of the set that it is for."""

    def __init__(self, work: Work, seed_salt: str):
        self.work = work
        self.pictures = pictures.load(work)
        self.salt = seed_salt
        short = [
            index
            for index, picture in enumerate(self.pictures)
            if picture.trainable and not picture.flag and picture.group != SYMBOLS and len(picture.label.split()) <= 3
        ]
        self.objects = [index for index in short if not splits.is_validation_concept(self.pictures[index].label)]
        self.vocabulary = sorted({word for word in words.BASIC if word.isalpha()})

    def object(self, generator: random.Random) -> tuple[str, Image.Image]:
        picture = self.pictures[generator.choice(self.objects)]
        drawing = pictures.open_drawing(self.work, picture)
        if max(drawing.size) > 2 * shapes.SIDE:
            drawing = shapes.fitted(drawing, 2 * shapes.SIDE)
        return picture.label if picture.label.isupper() else picture.label.lower(), drawing

    def drawing(self, index: int, turn: int) -> tuple[Image.Image, Example]:
        """A drawing as it is (turn 0) or augmented."""
        picture: Picture = self.pictures[index]
        generator = random.Random(f"{self.salt}-{index}-{turn}")
        drawing = pictures.open_drawing(self.work, picture)
        can_flip = picture.group != SYMBOLS
        image = augment.augmented(generator, drawing, can_flip) if turn else augment.clean(drawing)
        return image, Example(picture.label, picture=index)

    def generated(self, number: int) -> tuple[Image.Image, Example]:
        """A picture made by rule."""
        generator = random.Random(f"{self.salt}-generated-{number}")
        chance = generator.random()
        if chance < 0.20:
            image, caption = shapes.shape(generator)
            return self._finished(generator, image), Example(caption, _other_shapes(generator, caption), "shape")
        if chance < 0.30:
            image, caption = scenery.pattern(generator)
            return image, Example(caption, _other_colours(generator, caption), "pattern")
        if chance < 0.45:
            image, caption = scenery.scene(generator)
            return image, Example(caption, kind="scene")
        if chance < 0.48:
            image, caption = scenery.page(generator, self.vocabulary)
            return image, Example(caption, kind="page")
        if chance < 0.58:
            label, drawing = self.object(generator)
            place = scenery.on_colour if generator.random() < 0.5 else scenery.in_scene
            image, caption = place(generator, drawing, label)
            return image, Example(caption, kind="placed")
        return self._several(generator, [18, 16, 8], shapes_share=0.5)

    def composed(self, number: int) -> tuple[Image.Image, Example]:
        """A scene of several things: the right caption and the wrong ones differ in who has what, or who is where."""
        return self._several(random.Random(f"{self.salt}-composed-{number}"), [8, 7, 1], shapes_share=0.6)

    def _several(self, generator: random.Random, weights: list, shapes_share: float) -> tuple[Image.Image, Example]:
        kind = generator.choices(["pair", "relation", "count"], weights)[0]
        with_shapes = generator.random() < shapes_share
        scene = self.shapes_together(generator, kind) if with_shapes else self.objects_together(generator, kind)
        return self._finished(generator, scene.image), Example(scene.caption, scene.wrong, kind)

    def _finished(self, generator: random.Random, image: Image.Image) -> Image.Image:
        return augment.photographed(generator, image) if generator.random() < 0.15 else image

    def shapes_together(self, generator: random.Random, kind: str) -> shapes.Scene:
        nouns = generator.sample(shapes.SOLID, 2)
        colours = generator.sample(shapes.PLAIN, 2)
        things = [Thing(noun, colour) for noun, colour in zip(nouns, colours)]
        return shapes.composed(generator, things, shapes.shape_sprite(generator), kind)

    def objects_together(self, generator: random.Random, kind: str) -> shapes.Scene:
        """Two drawings: tinted where colours matter, as they are where only places or numbers do."""
        found: dict[str, Image.Image] = {}
        while len(found) < 2:
            label, drawing = self.object(generator)
            found[label] = drawing
        is_tinted = kind == "pair" or generator.random() < 0.3
        colours = generator.sample(shapes.PLAIN, 2) if is_tinted else ["", ""]
        things = [Thing(label, colour) for label, colour in zip(found, colours)]

        def sprite(thing: Thing, side: int) -> Image.Image:
            drawing = found[thing.noun]
            return shapes.tinted(drawing, thing.colour, generator) if thing.colour else drawing

        return shapes.composed(generator, things, sprite, kind)


_COLOUR = re.compile(r"\b(" + "|".join(sorted(shapes.NAMES, key=len, reverse=True)) + r")\b")


def _other_colours(generator: random.Random, caption: str) -> list[str]:
    """The same with one of its colours another, four times."""
    found = list(_COLOUR.finditer(caption))
    others = generator.sample([name for name in shapes.NAMES if name not in {match[0] for match in found}], 4)
    places = [generator.choice(found) for _ in others]
    return [caption[: match.start()] + other + caption[match.end() :] for match, other in zip(places, others)]


def _other_shapes(generator: random.Random, caption: str) -> list[str]:
    """The same shape in two other colours, and two other shapes in the same colour."""
    name, _, ground = caption.partition(" on a ")
    rest = f" on a {ground}" if ground else ""
    name = name.removeprefix("a ").removeprefix("an ")
    colour = max((known for known in shapes.NAMES if name.startswith(known + " ")), key=len)
    kind = name.removeprefix(colour + " ")

    def named(colour: str, kind: str) -> str:
        return (f"{colour} dots" if kind == "dots" else Thing(kind, colour).phrase) + rest

    colours = generator.sample([other for other in shapes.NAMES if other != colour], 2)
    kinds = generator.sample([other for other in shapes.KINDS if other != kind], 2)
    return [named(other, kind) for other in colours] + [named(colour, other) for other in kinds]
