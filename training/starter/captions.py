"""What composed scenes are called: who has which colour, who stands where, and how many there are."""

import random
from dataclasses import dataclass

from . import words

NUMBERS = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}

# A relation, its inverse, and how each is said: "A above B" is "B below A".
RELATIONS = {
    "above": ("below", ["above", "on top of", "over"]),
    "below": ("above", ["below", "under", "underneath"]),
    "left": ("right", ["to the left of", "left of", "on the left side of"]),
    "right": ("left", ["to the right of", "right of", "on the right side of"]),
}

_PAIRS = ["{} and {}", "{} and {}", "{} next to {}", "{} with {}", "{} beside {}"]


def article(noun: str) -> str:
    return ("an " if noun[:1].lower() in "aeiou" else "a ") + noun


def plural(noun: str) -> str:
    if noun.endswith("man") and noun != "human":
        return noun[:-3] + "men"
    if noun.endswith(("s", "x", "ch", "sh")):
        return noun + "es"
    return noun[:-1] + "ies" if noun.endswith("y") and noun[-2:-1] not in "aeiou" else noun + "s"


@dataclass(frozen=True)
class Thing:
    noun: str
    colour: str = ""
    size: str = ""

    @property
    def name(self) -> str:
        return " ".join(part for part in (self.size, self.colour, self.noun) if part)

    @property
    def phrase(self) -> str:
        return article(self.name)


def pair(generator: random.Random, a: Thing, b: Thing) -> tuple[str, list[str]]:
    """-> a caption of both, in either order; and the same sentence with the colours swapped, in both orders."""
    if generator.random() < 0.5:
        a, b = b, a
    form = generator.choice(_PAIRS)
    c, d = swapped_colours(a, b)
    return form.format(a.phrase, b.phrase), [form.format(c.phrase, d.phrase), form.format(d.phrase, c.phrase)]


def relation(generator: random.Random, a: Thing, kind: str, b: Thing) -> tuple[str, list[str]]:
    """-> where a is to b, said from either side; and the same with the things swapped, and with the opposite."""
    if generator.random() < 0.5:
        a, b, kind = b, a, RELATIONS[kind][0]
    said = generator.choice(RELATIONS[kind][1])
    opposite = generator.choice(RELATIONS[RELATIONS[kind][0]][1])
    right = f"{a.phrase} {said} {b.phrase}"
    return right, [f"{b.phrase} {said} {a.phrase}", f"{a.phrase} {opposite} {b.phrase}"]


def count(thing: Thing, number: int) -> str:
    return thing.phrase if number == 1 else f"{NUMBERS[number]} {plural(thing.name)}"


def swapped_colours(a: Thing, b: Thing) -> tuple[Thing, Thing]:
    return Thing(a.noun, b.colour, b.size), Thing(b.noun, a.colour, a.size)


def random_caption(generator: random.Random) -> tuple[str, str]:
    """A caption of a scene that nobody has drawn, for the text tower; and its twin, of the same words, or ""."""

    def thing() -> Thing:
        noun = generator.choice(words.SHAPES if generator.random() < 0.6 else words.BASIC)
        colour = generator.choice(words.COLOURS) if generator.random() < 0.75 else ""
        return Thing(noun, colour, generator.choice(["big", "small"]) if generator.random() < 0.15 else "")

    a, b, chance = thing(), thing(), generator.random()
    if chance < 0.4:
        form = generator.choice(_PAIRS)
        c, d = swapped_colours(a, b)
        return form.format(a.phrase, b.phrase), form.format(
            c.phrase, d.phrase
        ) if a.colour and b.colour and a.noun != b.noun else ""
    if chance < 0.75:
        said = generator.choice(RELATIONS[generator.choice(list(RELATIONS))][1])
        return f"{a.phrase} {said} {b.phrase}", f"{b.phrase} {said} {a.phrase}"
    if chance < 0.9:
        return count(a, generator.randint(2, 6)), ""
    return f"{a.phrase} on a {generator.choice(words.COLOURS)} background", ""
