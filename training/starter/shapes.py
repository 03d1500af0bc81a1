"""Coloured shapes, drawn and captioned; and composed scenes of two or more things, with the captions that do not fit."""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from .backbone import SIDE
from .captions import RELATIONS, Thing, article, count, pair, relation

COLOURS = {
    "red": (215, 30, 35),
    "green": (40, 160, 60),
    "blue": (35, 80, 210),
    "yellow": (245, 215, 40),
    "orange": (245, 140, 30),
    "purple": (130, 50, 170),
    "pink": (245, 140, 185),
    "black": (18, 18, 20),
    "white": (248, 248, 248),
    "brown": (120, 75, 40),
    "gray": (128, 128, 128),
    "turquoise": (60, 200, 200),
    "gold": (212, 175, 55),
    "light blue": (150, 200, 245),
    "dark blue": (15, 25, 90),
    "dark green": (15, 75, 35),
    "beige": (232, 218, 190),
}
NAMES = list(COLOURS)
KINDS = "circle square triangle star rectangle hexagon heart ring cross diamond arrow dots line".split()
# The colours of composed scenes: those that nobody mistakes for one another.
PLAIN = "red green blue yellow orange purple pink black white brown gray".split()
SOLID = "circle square triangle star rectangle hexagon heart ring cross diamond arrow".split()


def jitter(generator: random.Random, colour, amount: float = 18) -> tuple[int, int, int]:
    red, green, blue = (int(min(255, max(0, value + generator.uniform(-amount, amount)))) for value in colour)
    return red, green, blue


def _regular(x, y, k, corners, phase=0.0):
    angles = [phase + 2 * math.pi * index / corners for index in range(corners)]
    return [(x + k * math.cos(angle), y + k * math.sin(angle)) for angle in angles]


def _star(x, y, k):
    radii = [(k if index % 2 == 0 else 0.42 * k, index * math.pi / 5) for index in range(10)]
    return [(x + radius * math.sin(angle), y - radius * math.cos(angle)) for radius, angle in radii]


def _heart(x, y, k):
    def height(t):
        return 13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t)

    return [(x + k / 17 * 16 * math.sin(t) ** 3, y - k / 17 * height(t)) for t in np.linspace(0, 6.28, 60)]


def _arrow(x, y, k):
    head, shaft = 0.6 * k, 0.2 * k
    return [
        (x - k, y - shaft),
        (x, y - shaft),
        (x, y - head),
        (x + k, y),
        (x, y + head),
        (x, y + shaft),
        (x - k, y + shaft),
    ]


def draw(canvas: ImageDraw.ImageDraw, kind: str, x: float, y: float, k: float, fill, generator: random.Random) -> None:
    """A shape of half-width k around (x, y)."""
    if kind == "circle":
        canvas.ellipse([x - k, y - k, x + k, y + k], fill=fill)
    elif kind == "square":
        canvas.rectangle([x - k, y - k, x + k, y + k], fill=fill)
    elif kind == "rectangle":
        canvas.rectangle([x - k, y - k * 0.5, x + k, y + k * 0.5], fill=fill)
    elif kind == "triangle":
        canvas.polygon(_regular(x, y, k, 3, -math.pi / 2), fill=fill)
    elif kind == "hexagon":
        canvas.polygon(_regular(x, y, k, 6), fill=fill)
    elif kind == "diamond":
        canvas.polygon(_regular(x, y, k, 4), fill=fill)
    elif kind == "ring":
        canvas.ellipse([x - k, y - k, x + k, y + k], outline=fill, width=int(k * 0.3))
    elif kind == "cross":
        canvas.rectangle([x - k, y - k * 0.25, x + k, y + k * 0.25], fill=fill)
        canvas.rectangle([x - k * 0.25, y - k, x + k * 0.25, y + k], fill=fill)
    elif kind == "star":
        canvas.polygon(_star(x, y, k), fill=fill)
    elif kind == "heart":
        canvas.polygon(_heart(x, y, k), fill=fill)
    elif kind == "arrow":
        canvas.polygon(_arrow(x, y, k), fill=fill)
    elif kind == "line":
        start, end = y - k * generator.uniform(-1, 1), y + k * generator.uniform(-1, 1)
        canvas.line([x - k, start, x + k, end], fill=fill, width=int(8 + k * 0.1))
    else:
        for _ in range(generator.randint(8, 40)):
            q = generator.uniform(6, 26)
            u, v = generator.uniform(0, 2 * SIDE), generator.uniform(0, 2 * SIDE)
            canvas.ellipse([u - q, v - q, u + q, v + q], fill=fill)


def shape(generator: random.Random) -> tuple[Image.Image, str]:
    """One shape on a plain ground. The order of its random numbers is fixed: version 0's test set is made by it."""
    colour = generator.choice(NAMES)
    ground = generator.choice(NAMES if generator.random() < 0.5 else ["white", "white", "black", "gray"])
    while ground == colour:
        ground = generator.choice(NAMES)
    image = Image.new("RGB", (SIDE * 2, SIDE * 2), jitter(generator, COLOURS[ground]))
    kind = generator.choice(KINDS)
    k = generator.uniform(0.25, 0.8) * SIDE
    x, y = SIDE + generator.uniform(-0.2, 0.2) * SIDE, SIDE + generator.uniform(-0.2, 0.2) * SIDE
    draw(ImageDraw.Draw(image), kind, x, y, k, jitter(generator, COLOURS[colour]), generator)
    name = f"{colour} dots" if kind == "dots" else article(f"{colour} {kind}")
    image = image.resize((SIDE, SIDE), Image.LANCZOS)
    return image, name if generator.random() < 0.5 else f"{name} on a {ground} background"


@dataclass
class Scene:
    """A picture, its caption, and captions that are wrong about it though they hold the same words or nearly."""

    image: Image.Image
    caption: str
    wrong: list[str]


# A sprite: RGBA, cropped. Takes the thing's noun for granted; a colour is painted over it.
Sprite = Callable[[Thing, int], Image.Image]


def shape_sprite(generator: random.Random) -> Sprite:
    def sprite(thing: Thing, side: int) -> Image.Image:
        image = Image.new("RGBA", (side * 2, side * 2), (0, 0, 0, 0))
        fill = jitter(generator, COLOURS[thing.colour])
        draw(ImageDraw.Draw(image), thing.noun, side, side, side * 0.98, fill, generator)
        return image.resize((side, side), Image.LANCZOS)

    return sprite


def tinted(image: Image.Image, colour: str, generator: random.Random) -> Image.Image:
    """A drawing in shades of one colour."""
    light = np.asarray(image.convert("RGB").convert("L"), np.float32) / 255
    low, high = np.percentile(light, 5), np.percentile(light, 95)
    light = np.clip((light - low) / max(0.15, high - low), 0, 1)[..., None]
    base = np.array(jitter(generator, COLOURS[colour]), np.float32)
    shades = base * (0.45 + 0.55 * light) + 60 * np.clip(light - 0.85, 0, 1) / 0.15 * 0.5
    rgb = Image.fromarray(np.clip(shades, 0, 255).astype(np.uint8))
    return Image.merge("RGBA", (*rgb.split(), image.getchannel("A")))


def fitted(image: Image.Image, side: float) -> Image.Image:
    scale = side / max(image.size)
    size = (max(2, round(image.width * scale)), max(2, round(image.height * scale)))
    return image.resize(size, Image.LANCZOS if scale < 1 else Image.BICUBIC)


def _paste(ground: Image.Image, sprite: Image.Image, x: float, y: float) -> None:
    ground.paste(sprite, (round(x - sprite.width / 2), round(y - sprite.height / 2)), sprite)


def ground_for(generator: random.Random, used: set[str]) -> Image.Image:
    free = [name for name in ("white", "white", "white", "gray", "black", "beige", "light blue") if name not in used]
    return Image.new("RGB", (SIDE, SIDE), jitter(generator, COLOURS[generator.choice(free)], 10))


def composed(generator: random.Random, things: list[Thing], sprite: Sprite, kind: str) -> Scene:
    """A scene of one kind: "pair" (who has which colour), "relation" (who is where) or "count" (how many).

    `things` are two of different names; "count" draws the first of them.
    """
    a, b = things
    image = ground_for(generator, {a.colour, b.colour})
    if kind == "count":
        return _counted(generator, image, a, b, sprite)
    where = (
        generator.choice(list(RELATIONS))
        if kind == "relation"
        else generator.choice(["left", "right", "above", "below"])
    )
    side = SIDE * generator.uniform(0.32, 0.46)
    shift = lambda: generator.uniform(-0.05, 0.05) * SIDE  # noqa: E731
    near, far, middle = 0.27 * SIDE, 0.73 * SIDE, 0.5 * SIDE
    first, second = {
        "left": ((near, middle), (far, middle)),
        "right": ((far, middle), (near, middle)),
        "above": ((middle, near), (middle, far)),
        "below": ((middle, far), (middle, near)),
    }[where]
    for thing, (x, y) in ((a, first), (b, second)):
        size = side * {"big": 1.1, "small": 0.55}.get(thing.size, 1)
        _paste(image, fitted(sprite(thing, max(8, round(size))), size), x + shift(), y + shift())
    caption, wrong = relation(generator, a, where, b) if kind == "relation" else pair(generator, a, b)
    return Scene(image, caption, wrong)


def _counted(generator: random.Random, image: Image.Image, a: Thing, b: Thing, sprite: Sprite) -> Scene:
    number = generator.randint(1, 6)
    columns = 1 if number == 1 else 2 if number <= 4 else 3
    rows = math.ceil(number / columns)
    cells = [(column, row) for row in range(rows) for column in range(columns)]
    if generator.random() < 0.5:
        generator.shuffle(cells)
    width, height = SIDE / columns, SIDE / rows
    side = min(width, height) * generator.uniform(0.55, 0.9)
    drawn = fitted(sprite(a, max(8, round(side))), side)
    for column, row in cells[:number]:
        spare = 0.5 * (1 - side / max(width, height))
        x = (column + 0.5 + generator.uniform(-spare, spare) * 0.5) * width
        y = (row + 0.5 + generator.uniform(-spare, spare) * 0.5) * height
        _paste(image, drawn, x, y)
    others = generator.sample([other for other in range(1, 7) if other != number], 3)
    return Scene(image, count(a, number), [count(a, other) for other in others])
