"""Skies, seas, walls, pages, patterns: pictures that can be drawn by rule, with their captions."""

import math
import random

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from .backbone import SIDE
from .captions import article
from .shapes import COLOURS, NAMES, fitted, jitter

Drawn = tuple[Image.Image, str]


def _numpy(generator: random.Random) -> np.random.RandomState:
    return np.random.RandomState(generator.randrange(1 << 30))


def _noise(generator: random.Random, cells: int, amplitude: float) -> np.ndarray:
    """[SIDE, SIDE]: normal noise on a grid of cells, smoothed between them."""
    values = _numpy(generator).normal(0, amplitude, (cells, cells)).astype(np.float32)
    return np.asarray(Image.fromarray(values).resize((SIDE, SIDE), Image.BICUBIC))


def _fractal(generator: random.Random, cells: int, octaves: int) -> np.ndarray:
    noises = [_noise(generator, min(SIDE, cells * 2**index), 0.5**index) for index in range(octaves)]
    return np.add.reduce(noises)


def uneven(generator: random.Random, size: tuple[int, int]) -> np.ndarray:
    """[height, width]: how much lighter or darker a rough surface is, lit from one side."""
    rough = _fractal(generator, generator.choice([4, 8, 16]), 5) * generator.uniform(0.05, 0.18)
    angle, strength = generator.uniform(0, 2 * math.pi), generator.uniform(0, 0.4)
    light = (math.cos(angle) * (XX / SIDE - 0.5) + math.sin(angle) * (YY / SIDE - 0.5)) * strength
    return np.asarray(Image.fromarray((rough + light).astype(np.float32)).resize(size, Image.BILINEAR))


def _gradient(top, bottom) -> np.ndarray:
    t = np.linspace(0, 1, SIDE)[:, None, None]
    return (np.array(top) * (1 - t) + np.array(bottom) * t) * np.ones((1, SIDE, 1))


def _image(values: np.ndarray) -> Image.Image:
    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))


YY, XX = np.mgrid[:SIDE, :SIDE]
_WARM = [
    ((250, 160, 70), (120, 40, 90)),
    ((60, 40, 110), (250, 130, 60)),
    ((120, 130, 200), (250, 180, 150)),
    ((230, 90, 50), (250, 210, 110)),
]
_DAY = [((120, 170, 230), (210, 225, 240)), ((90, 110, 140), (190, 195, 205))]


def _stars(r: random.Random) -> Drawn:
    glow = np.array(r.choice([(20, 10, 40), (10, 20, 45), (5, 5, 10), (50, 20, 30)]))
    image = _image(np.clip(_fractal(r, 3, 4), 0, 3)[..., None] * glow + np.array([4, 4, 12]))
    canvas = ImageDraw.Draw(image)
    for _ in range(r.randint(60, 400)):
        x, y, q, light = r.uniform(0, SIDE), r.uniform(0, SIDE), abs(r.gauss(0, 0.9)), r.randint(120, 255)
        canvas.ellipse([x - q, y - q, x + q, y + q], fill=(light, light, int(light * r.uniform(0.7, 1))))
    names = ["stars in the night sky", "a galaxy in space", "stars and galaxies in outer space", "the universe"]
    return image, r.choice(names)


def _waterside(r: random.Random, kind: str) -> Drawn:
    """A horizon with water, land or fog below it."""
    horizon = int(SIDE * r.uniform(0.4, 0.7))
    top, bottom = r.choice(_WARM) if kind == "sunset" else r.choice(_DAY)
    if kind == "fog":
        top = bottom = jitter(r, (150, 155, 165), 40)
    image = _image(_gradient(top, bottom))
    if kind == "sunset":
        x, q = r.uniform(0.2, 0.8) * SIDE, r.uniform(8, 26)
        box = [x - q, horizon - q * 1.2, x + q, horizon + q * 0.8]
        ImageDraw.Draw(image).ellipse(box, fill=(255, 235, 170))
    values = np.asarray(image, np.float32).copy()
    if kind != "water" and r.random() < 0.6:
        ridge = horizon - np.clip(14 * _fractal(r, 3, 5)[3], 0, 60)
        values[ridge[None, :] < YY] *= 0.45
    if kind == "lake":
        below = np.roll(np.flip(values, 0), 2 * horizon - SIDE, 0)
    elif kind == "sunset":
        below = np.flip(values, 0) * 0.6
    else:
        below = np.ones_like(values) * np.array(jitter(r, (40, 90, 140), 30))
    is_below = horizon <= YY
    values[is_below] = (below * 0.85 + 5 * _noise(r, 40, 1)[..., None])[is_below]
    if kind == "beach":
        is_sand = horizon + (SIDE - horizon) * 0.45 + 8 * _fractal(r, 4, 3) < YY
        values[is_sand] = (np.array(jitter(r, (225, 195, 145))) + 8 * _noise(r, 112, 1)[..., None])[is_sand]
    if kind == "fog":
        values[:] = values * 0.4 + np.array(jitter(r, (170, 175, 180), 40)) * 0.6
    names = {
        "sunset": ["a sunset over the ocean", "a sunset over a lake", "the sun going down"],
        "lake": ["a calm lake landscape", "a lake with reflections"],
        "beach": ["a sandy beach and the sea", "a beach by the ocean"],
        "fog": ["a foggy landscape", "fog over a lake"],
        "water": ["the open sea", "water and sky"],
    }
    return _image(values + _numpy(r).normal(0, 3, values.shape)), r.choice(names[kind])


def _sky(r: random.Random) -> Drawn:
    clouds = np.clip(_fractal(r, 3, 6) - r.uniform(-0.3, 0.5), 0, 1)[..., None]
    values = _gradient((50, 110, 210), (150, 195, 240)) * (1 - clouds) + 250 * clouds
    return _image(values), r.choice(["clouds in a blue sky", "a cloudy sky", "a blue sky with white clouds"])


def _land(r: random.Random, kind: str) -> Drawn:
    horizon = int(SIDE * r.uniform(0.4, 0.7))
    base = {"field": (70, 140, 50), "desert": (215, 165, 100), "snow": (235, 240, 248), "mountains": (90, 100, 110)}
    values = _gradient((80, 140, 225), (200, 220, 240))
    for level in range(r.randint(1, 4)):
        high = kind == "mountains"
        ridge = horizon + level * 18 - (55 if high else 12) * _fractal(r, 3, 6 if high else 2)[5]
        colour = np.array(jitter(r, base[kind])) * (1 - 0.12 * level) + 10 * _noise(r, 90, 1)[..., None]
        if high and r.random() < 0.7:
            is_snow = (ridge[None, :] + 25 + 8 * _fractal(r, 9, 3) > YY)[..., None]
            colour = np.where(is_snow, 245.0, colour)
        values = np.where((ridge[None, :] < YY)[..., None], colour, values)
    names = {
        "field": ["a green field under a blue sky", "a meadow landscape"],
        "desert": ["a desert with sand dunes", "a sandy desert"],
        "snow": ["a snowy landscape", "snow covered hills"],
        "mountains": ["snowy mountains", "a mountain landscape"],
    }
    return _image(values), r.choice(names[kind])


def _skyline(r: random.Random) -> Drawn:
    night = r.random() < 0.6
    image = _image(_gradient(*(((10, 10, 35), (60, 50, 90)) if night else ((110, 160, 220), (220, 225, 235)))))
    canvas, x = ImageDraw.Draw(image), 0
    while x < SIDE:
        width, height = r.randint(12, 36), r.randint(30, 170)
        wall = jitter(r, (30, 30, 45) if night else (120, 125, 140), 15)
        canvas.rectangle([x, SIDE - height, x + width, SIDE], fill=wall)
        for u in range(x + 3, x + width - 3, 6):
            for v in range(SIDE - height + 4, SIDE, 8):
                if r.random() < 0.5:
                    canvas.rectangle([u, v, u + 2, v + 3], fill=(250, 220, 120) if night else (190, 210, 230))
        x += width + r.randint(0, 4)
    return image, "a city skyline at night" if night else r.choice(["a city skyline", "skyscrapers in a city"])


def _courses(r: random.Random, kind: str) -> Drawn:
    """Bricks or planks."""
    is_brick = kind == "brick"
    bricks, woods = [(150, 70, 50), (130, 120, 115), (170, 110, 80)], [(140, 95, 55), (180, 140, 95), (90, 60, 40)]
    base = r.choice(bricks if is_brick else woods)
    image = Image.new("RGB", (SIDE, SIDE), jitter(r, (190, 185, 175) if is_brick else (50, 35, 20)))
    canvas, height = ImageDraw.Draw(image), r.randint(9, 26)
    width = height * r.uniform(2, 3.2) if is_brick else SIDE * r.uniform(0.6, 2)
    gap = max(1, height // 9)
    for row, y in enumerate(range(0, SIDE, height)):
        x = -(width / 2 if row % 2 else 0) - (0 if is_brick else r.uniform(0, width))
        while x < SIDE:
            canvas.rectangle([x, y, x + width - gap, y + height - gap], fill=jitter(r, base, 16))
            x += width
    if is_brick:
        grain = 9 * _noise(r, 112, 1)
    else:
        grain = 12 * np.asarray(Image.fromarray(_noise(r, 100, 1)[:, :12].copy()).resize((SIDE, SIDE)))
    image = _image(np.asarray(image, np.float32) + grain[..., None])
    if r.random() < 0.4:
        image = image.convert("L").convert("RGB")
    if r.random() < 0.3:
        image = image.rotate(90)
    return image, "a brick wall" if is_brick else r.choice(["wooden planks", "a wooden floor", "a wood texture"])


def _grass(r: random.Random) -> Drawn:
    image = Image.new("RGB", (SIDE, SIDE), (35, 60, 20))
    canvas = ImageDraw.Draw(image)
    for _ in range(2600):
        x, y, length, angle = r.uniform(0, SIDE), r.uniform(0, SIDE), r.uniform(5, 22), r.gauss(-1.57, 0.7)
        end = [x + length * math.cos(angle), y + length * math.sin(angle)]
        canvas.line([x, y, *end], fill=jitter(r, (80, 135, 45), 45), width=r.choice([1, 1, 2]))
    if r.random() < 0.35:
        image = image.convert("L").convert("RGB")
    return image, r.choice(["green grass", "grass on the ground", "a lawn of grass"])


def _gravel(r: random.Random) -> Drawn:
    image = Image.new("RGB", (SIDE, SIDE), (45, 43, 40))
    canvas, q = ImageDraw.Draw(image), r.uniform(3, 11)
    for _ in range(int(60000 / q / q)):
        x, y, light = r.uniform(0, SIDE), r.uniform(0, SIDE), r.gauss(135, 35)
        w, h = q * r.uniform(0.6, 1.4), q * r.uniform(0.5, 1.1)
        fill = jitter(r, (light, light * 0.97, light * 0.92), 8)
        canvas.ellipse([x - w, y - h, x + w, y + h], fill=fill, outline=(60, 58, 55))
    names = ["gravel and small stones", "pebbles on the ground", "a pile of stones"]
    return image.filter(ImageFilter.GaussianBlur(0.6)), r.choice(names)


def _rain(r: random.Random) -> Drawn:
    image = _image(_gradient((90, 100, 115), (130, 135, 145)) + 12 * _fractal(r, 3, 4)[..., None])
    canvas = ImageDraw.Draw(image)
    for _ in range(r.randint(100, 400)):
        x, y, length = r.uniform(0, SIDE), r.uniform(0, SIDE), r.uniform(6, 18)
        canvas.line([x, y, x - length * 0.3, y + length], fill=(190, 200, 215))
    return image, r.choice(["heavy rain", "a rainy day"])


def _moon(r: random.Random) -> Drawn:
    image = _image(np.array((120, 118, 115)) + 14 * _fractal(r, 4, 6)[..., None])
    canvas = ImageDraw.Draw(image)
    for _ in range(r.randint(5, 40)):
        x, y, q = r.uniform(0, SIDE), r.uniform(0, SIDE), abs(r.gauss(0, 12)) + 2
        box = [x - q, y - q, x + q, y + q]
        canvas.ellipse(box, fill=jitter(r, (105, 103, 100), 12), outline=(160, 158, 150))
    image = image.filter(ImageFilter.GaussianBlur(1))
    if r.random() < 0.4:
        return image, "the surface of the moon"
    mask, q, middle = Image.new("L", (SIDE, SIDE), 0), r.uniform(25, 95), SIDE / 2
    ImageDraw.Draw(mask).ellipse([middle - q, middle - q, middle + q, middle + q], fill=255)
    night = Image.new("RGB", (SIDE, SIDE), (6, 6, 16))
    return Image.composite(image, night, mask), r.choice(["the full moon in the night sky", "the moon"])


def _fire(r: random.Random) -> Drawn:
    heat = np.clip((YY / SIDE) * 1.3 + 0.35 * _fractal(r, 5, 5) - 0.35, 0, 1)[..., None]
    values = np.concatenate(
        [255 * np.clip(heat * 1.8, 0, 1), 220 * np.clip(heat * 1.5 - 0.35, 0, 1), 90 * np.clip(heat * 2 - 1.3, 0, 1)], 2
    )
    return _image(values), r.choice(["fire and flames", "a burning fire", "flames in the dark"])


def _leaves(r: random.Random) -> Drawn:
    autumn = r.random() < 0.5
    palette = [(200, 90, 30), (220, 150, 40), (150, 60, 25)] if autumn else [(50, 120, 40), (80, 150, 60), (30, 90, 35)]
    image = Image.new("RGB", (SIDE, SIDE), (60, 40, 25) if autumn else (20, 50, 20))
    canvas = ImageDraw.Draw(image)
    size = r.uniform(8, 24)
    for _ in range(int(90000 / size / size)):
        x, y, k, angle = r.uniform(0, SIDE), r.uniform(0, SIDE), size * r.uniform(0.6, 1.3), r.uniform(0, 6.28)
        c, s = math.cos(angle), math.sin(angle)
        outline = [(-1, 0), (-0.3, 0.45), (0.5, 0.35), (1, 0), (0.5, -0.35), (-0.3, -0.45)]
        canvas.polygon(
            [(x + k * (c * u - s * v), y + k * (s * u + c * v)) for u, v in outline],
            fill=jitter(r, r.choice(palette), 25),
        )
    names = ["autumn leaves on the ground", "fallen leaves"] if autumn else ["green leaves", "leaves of a plant"]
    return image.filter(ImageFilter.GaussianBlur(0.5)), r.choice(names)


def _forest(r: random.Random) -> Drawn:
    fog = jitter(r, (150, 165, 150), 50)
    image = _image(_gradient(fog, jitter(r, (60, 80, 50))) + 12 * _fractal(r, 4, 5)[..., None])
    canvas = ImageDraw.Draw(image)
    for depth in range(3):
        for _ in range(r.randint(4, 9)):
            x, w = r.uniform(0, SIDE), r.uniform(2, 5) * (depth + 1)
            shade = 1 - 0.3 * depth
            fill = jitter(r, tuple(shade * f * 0.5 + (1 - shade) * 30 for f in fog), 12)
            canvas.polygon([(x - w, SIDE), (x - w * 0.6, 0), (x + w * 0.6, 0), (x + w, SIDE)], fill=fill)
    return image.filter(ImageFilter.GaussianBlur(0.7)), r.choice(
        ["a dark forest", "trees in a forest", "a path through the woods"]
    )


_SCENERY = {
    "stars": _stars, "space": _stars, "sky": _sky, "skyline": _skyline, "grass": _grass, "gravel": _gravel,
    "rain": _rain, "moon": _moon, "fire": _fire, "leaves": _leaves, "forest": _forest,
}  # fmt: skip
_WATERSIDE = ("sunset", "lake", "beach", "fog", "water")
_LAND = ("field", "desert", "snow", "mountains")
_COURSES = ("brick", "wood")


def scene(generator: random.Random) -> Drawn:
    kind = generator.choice([*_SCENERY, *_WATERSIDE, *_LAND, *_COURSES])
    if kind in _WATERSIDE:
        return _waterside(generator, kind)
    if kind in _LAND:
        return _land(generator, kind)
    if kind in _COURSES:
        return _courses(generator, kind)
    return _SCENERY[kind](generator)


def pattern(generator: random.Random) -> Drawn:
    """One colour, or two in a regular pattern."""
    first, second = generator.sample(NAMES, 2)
    a, b = np.array(jitter(generator, COLOURS[first])), np.array(jitter(generator, COLOURS[second]))
    n, chance = generator.choice([8, 14, 20, 28, 40, 56]), generator.random()
    if chance < 0.34:
        grain = _numpy(generator).normal(0, generator.choice([0.1, 3, 8]), (SIDE, SIDE, 1))
        names = [f"a plain {first} background", f"the color {first}", first, f"a solid {first} image"]
        return _image(a + grain), generator.choice(names)
    if chance < 0.5:
        mask, caption = (XX // n + YY // n) % 2, f"a {first} and {second} checkerboard pattern"
    elif chance < 0.68:
        across, down = generator.choice([(1, 0), (0, 1), (0.7, 0.7)])
        mask, caption = ((XX * across + YY * down) // n).astype(int) % 2, f"{first} and {second} stripes"
    elif chance < 0.84:
        ramp = np.linspace(0, 1, SIDE)[:, None] * np.ones((1, SIDE))
        mask, caption = ramp if generator.random() < 0.5 else ramp.T, f"a gradient from {first} to {second}"
    else:
        inside = (XX % n - n / 2) ** 2 + (YY % n - n / 2) ** 2 < (n * 0.3) ** 2
        mask, caption = inside.astype(float), f"{second} polka dots on {first}"
    return _image(a * (1 - mask[..., None]) + b * mask[..., None]), caption


def page(generator: random.Random, vocabulary: list[str]) -> Drawn:
    """Lines of words."""
    r, dark = generator, generator.random() < 0.25
    ground = jitter(r, (30, 30, 35)) if dark else jitter(r, (246, 244, 238), 8)
    ink = (230, 230, 230) if dark else jitter(r, (25, 25, 30), 20)
    image = Image.new("RGB", (SIDE, SIDE), ground)
    canvas, size, y = ImageDraw.Draw(image), r.choice([9, 11, 13, 16, 20]), r.randint(4, 20)
    if r.random() < 0.4:
        title = " ".join(r.sample(vocabulary, 2)).title()
        canvas.text((10, y), title, fill=ink, font=ImageFont.load_default(int(size * 1.6)))
        y += int(size * 2.4)
    font = ImageFont.load_default(size)
    while y < SIDE - size:
        canvas.text((10, y), " ".join(r.choices(vocabulary, k=r.randint(3, 14))), fill=ink, font=font)
        y += int(size * 1.35) + (size if r.random() < 0.1 else 0)
    if r.random() < 0.3:
        image = image.rotate(r.uniform(-20, 20), fillcolor=ground, resample=Image.BICUBIC)
    if r.random() < 0.3:
        image = image.filter(ImageFilter.GaussianBlur(0.7))
    last = "a computer screen with text" if dark else "a newspaper article"
    names = [
        "a page of text",
        "a page of text",
        "a text document",
        "printed text in a book",
        "a screenshot of text",
        last,
    ]
    return image, r.choice(names)


def ground(generator: random.Random, kind: str) -> Image.Image:
    """What a drawing is pasted on: "white", "solid", "gradient", "noise" or "scene"."""
    if kind == "white":
        return Image.new("RGB", (SIDE, SIDE), (255, 255, 255))
    if kind == "scene":
        return scene(generator)[0]

    def colour():
        low = 190 if generator.random() < 0.5 else 0
        return tuple(generator.randrange(low, 256) for _ in range(3))

    if kind == "solid":
        return Image.new("RGB", (SIDE, SIDE), colour())
    if kind == "gradient":
        mask = Image.linear_gradient("L").resize((SIDE, SIDE)).rotate(generator.choice([0, 90, 180, 270]))
        a, b = Image.new("RGB", (SIDE, SIDE), colour()), Image.new("RGB", (SIDE, SIDE), colour())
        return Image.composite(a, b, mask)
    cells = generator.choice([4, 8, 16, 40])
    values = _numpy(generator).randint(0, 256, (cells, cells, 3)).astype(np.uint8)
    return Image.fromarray(values).resize((SIDE, SIDE), Image.BICUBIC)


def on_colour(generator: random.Random, drawing: Image.Image, label: str) -> Drawn:
    name = generator.choice(NAMES)
    image = Image.new("RGB", (SIDE, SIDE), jitter(generator, COLOURS[name]))
    sprite = fitted(drawing, generator.uniform(0.5, 0.95) * SIDE)
    image.paste(sprite, ((SIDE - sprite.width) // 2, (SIDE - sprite.height) // 2), sprite)
    return image, f"{article(label)} on a {name} background"


def in_scene(generator: random.Random, drawing: Image.Image, label: str) -> Drawn:
    image, name = scene(generator)
    sprite = fitted(drawing, generator.uniform(0.4, 0.75) * SIDE)
    x = generator.randint(0, SIDE - sprite.width)
    y = generator.randint((SIDE - sprite.height) // 2, SIDE - sprite.height)
    image.paste(sprite, (x, y), sprite)
    return image, f"{article(label)} and {name}"
