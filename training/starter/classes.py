"""What the backbone's classifier says, in words: a text embedding for each of ImageNet's 1,000 classes."""

from pathlib import Path

import torch
import torch.nn.functional as F

from .captions import article
from .wordnet import WordNet

CLASSES = Path(__file__).with_name("imagenet-classes.tsv")

# Everyday words: the nearest of them above a class stands for it beside its own name.
EVERYDAY = set(
    """
    dog;cat;bird;fish;snake;lizard;frog;turtle;spider;insect;beetle;butterfly;crab;monkey;ape;bear;wolf;fox;shark;whale;
    duck;owl;sheep;cow;horse;pig;rabbit;deer;antelope;rodent;dinosaur;reptile;mammal;elephant;squirrel;car;truck;bus;boat;
    ship;airplane;train;bicycle;motorcycle;vehicle;aircraft;spacecraft;rocket;gun;knife;tool;machine;computer;clock;
    camera;telephone;building;house;church;temple;bridge;tower;fence;wall;furniture;chair;table;bed;lamp;box;bag;bottle;
    cup;bowl;plate;dish;musical instrument;guitar;ball;hat;shirt;dress;shoe;clothing;coat;mask;helmet;fruit;vegetable;
    food;bread;cake;drink;wine;coffee;mushroom;flower;tree;plant;mountain;shore;person;toy;weapon;appliance;
    kitchen utensil;sweater;skirt
    """.replace("\n", "")
    .replace("  ", "")
    .split(";")
)


def class_texts(encode, wordnet: WordNet) -> torch.Tensor:
    """[1000, 384]. The mean over the classes is taken out: an undecided classifier then says nothing instead of "dog"."""
    lines = [line for line in CLASSES.read_text().splitlines() if not line.startswith("#")]
    names, aliases, everyday, hints = [], [], [], []
    for line in lines:
        identifier, hint = line.split("\t")
        offset = identifier[1:]
        lemmas = wordnet.synsets["n", offset].lemmas
        names.append(lemmas[0])
        aliases.append(list(lemmas[1:3]))
        hints.append(hint)
        everyday.append(_everyday(wordnet, offset, lemmas[0]))
    vectors = 0.6 * encode(names) + 0.6 * encode([f"a photo of {article(name)}" for name in names])
    general = encode([f"a photo of {article(name or 'thing')}" for name in everyday])
    hinted = encode([hint or "a photo" for hint in hints])
    others = encode([alias for group in aliases for alias in group])
    at = 0
    for index, group in enumerate(aliases):
        if group:
            vectors[index] += 0.15 * others[at : at + len(group)].mean(0)
        at += len(group)
        if everyday[index]:
            vectors[index] += 0.55 * general[index]
        if hints[index]:
            vectors[index] += 0.7 * hinted[index]
    vectors = F.normalize(vectors, dim=-1)
    return vectors - vectors.mean(0)


def _everyday(wordnet: WordNet, offset: str, name: str) -> str:
    for place in [offset, *wordnet.hypernyms(offset)]:
        for lemma in wordnet.synsets["n", place].lemmas:
            is_own = place == offset and lemma.lower() == name.lower()
            if lemma.lower() in EVERYDAY and not is_own:
                return lemma.lower()
    return ""
