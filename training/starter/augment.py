"""A drawing as one might meet it: on any ground, turned, in other colours, in another hand."""

import io
import random

import numpy as np
from PIL import Image, ImageChops, ImageEnhance, ImageFilter, ImageOps

from . import scenery
from .backbone import SIDE
from .shapes import fitted

CLEAN_SCALE = 0.86


def clean(drawing: Image.Image) -> Image.Image:
    """In the middle of white."""
    sprite = fitted(drawing, CLEAN_SCALE * SIDE)
    image = Image.new("RGB", (SIDE, SIDE), (255, 255, 255))
    image.paste(sprite, ((SIDE - sprite.width) // 2, (SIDE - sprite.height) // 2), sprite)
    return image


def _recoloured(drawing: Image.Image, change) -> Image.Image:
    return Image.merge("RGBA", (*change(drawing.convert("RGB")).split(), drawing.getchannel("A")))


def _hue(image: Image.Image, shift: int) -> Image.Image:
    h, s, v = image.convert("HSV").split()
    return Image.merge("HSV", (h.point(lambda value: (value + shift) % 256), s, v)).convert("RGB")


def _outlined(drawing: Image.Image, width: int) -> Image.Image:
    """With a dark stroke around it and between its parts."""
    alpha = drawing.getchannel("A")
    light = ImageOps.autocontrast(drawing.convert("RGB").convert("L"))
    inner = light.filter(ImageFilter.FIND_EDGES).point(lambda value: 255 if value > 90 else 0)
    outer = ImageChops.subtract(alpha.filter(ImageFilter.MaxFilter(width)), alpha.filter(ImageFilter.MinFilter(width)))
    stroke = Image.new("RGBA", drawing.size, (20, 20, 20, 255))
    drawing = drawing.copy()
    drawing.paste(stroke, (0, 0), ImageChops.lighter(ImageChops.multiply(inner, alpha), outer))
    return drawing


def _sketch(drawing: Image.Image) -> Image.Image:
    """Lines only, as a pencil draws them."""
    flat = Image.new("RGB", drawing.size, (255, 255, 255))
    flat.paste(drawing, (0, 0), drawing)
    edges = ImageOps.autocontrast(
        flat.convert("L").filter(ImageFilter.GaussianBlur(0.8)).filter(ImageFilter.FIND_EDGES)
    )
    lines = ImageOps.invert(edges.point(lambda value: min(255, value * 2))).convert("RGB")
    return Image.merge("RGBA", (*lines.split(), Image.new("L", drawing.size, 255)))


def _textured(generator: random.Random, drawing: Image.Image) -> Image.Image:
    """Uneven in colour and light, as things are that nobody drew."""
    light = 1 + scenery.uneven(generator, drawing.size)[..., None]
    return _recoloured(
        drawing, lambda rgb: Image.fromarray(np.clip(np.asarray(rgb, np.float32) * light, 0, 255).astype(np.uint8))
    )


def styled(generator: random.Random, drawing: Image.Image) -> Image.Image:
    """Another hand: flat colours, outlines, greys, other hues, lines, rough surfaces."""
    chance = generator.random()
    if chance < 0.20:
        colours = generator.randint(3, 8)
        drawing = _recoloured(drawing, lambda rgb: rgb.quantize(colours).convert("RGB"))
    elif chance < 0.32:
        drawing = _outlined(drawing, generator.choice([3, 5]))
    elif chance < 0.40:
        drawing = _recoloured(drawing, lambda rgb: rgb.convert("L").convert("RGB"))
    elif chance < 0.50:
        drawing = _recoloured(drawing, lambda rgb: _hue(rgb, generator.choice([-24, -14, 14, 24])))
    elif chance < 0.55:
        drawing = _sketch(drawing)
    elif chance < 0.70:
        drawing = _textured(generator, drawing)
    if generator.random() < 0.3:
        factor = generator.uniform(0.3, 1.5)
        drawing = _recoloured(drawing, lambda rgb: ImageEnhance.Color(rgb).enhance(factor))
    if generator.random() < 0.25:
        factor = generator.uniform(0.7, 1.25)
        drawing = _recoloured(drawing, lambda rgb: ImageEnhance.Brightness(rgb).enhance(factor))
    return drawing


def _sheared(generator: random.Random, drawing: Image.Image) -> Image.Image:
    a, b = generator.uniform(-0.2, 0.2), generator.uniform(-0.15, 0.15)
    width, height = drawing.size
    matrix = (1, a, -a * height / 2, b, 1, -b * width / 2)
    return drawing.transform(drawing.size, Image.AFFINE, matrix, Image.BICUBIC)


def photographed(generator: random.Random, image: Image.Image) -> Image.Image:
    """What a camera and a file do to a picture: light, grain, blur, compression."""
    values = np.asarray(image, np.float32)
    if generator.random() < 0.4:
        direction = generator.choice([0, 1])
        ramp = np.linspace(generator.uniform(0.65, 1.0), generator.uniform(0.8, 1.15), SIDE, dtype=np.float32)
        values = values * (ramp[:, None, None] if direction else ramp[None, :, None])
    if generator.random() < 0.4:
        noise = np.random.RandomState(generator.randrange(1 << 30))
        values = values + noise.normal(0, generator.uniform(2, 14), (SIDE, SIDE, 1)).astype(np.float32)
    image = Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))
    if generator.random() < 0.3:
        image = image.filter(ImageFilter.GaussianBlur(generator.uniform(0.4, 1.5)))
    if generator.random() < 0.3:
        stream = io.BytesIO()
        image.save(stream, "JPEG", quality=generator.randint(25, 80))
        image = Image.open(stream).convert("RGB")
    return image


def augmented(generator: random.Random, drawing: Image.Image, can_flip: bool = True) -> Image.Image:
    if max(drawing.size) > 2 * SIDE:
        drawing = fitted(drawing, 2 * SIDE)
    drawing = styled(generator, drawing)
    if can_flip and generator.random() < 0.5:
        drawing = drawing.transpose(Image.FLIP_LEFT_RIGHT)
    if generator.random() < 0.25:
        drawing = _sheared(generator, drawing)
    if generator.random() < 0.35:
        drawing = drawing.rotate(generator.uniform(-20, 20), expand=True, resample=Image.BICUBIC)
    sprite = fitted(drawing, generator.uniform(0.45, 1.0) * SIDE)
    kind = generator.choices(["white", "solid", "gradient", "noise", "scene"], [38, 26, 16, 12, 8])[0]
    image = scenery.ground(generator, kind)
    x = (SIDE - sprite.width) * (0.5 + generator.uniform(-0.5, 0.5))
    y = (SIDE - sprite.height) * (0.5 + generator.uniform(-0.5, 0.5))
    image.paste(sprite, (round(x), round(y)), sprite)
    return photographed(generator, image) if generator.random() < 0.35 else image
