"""Step 3: the sentences from which the text tower learns, each with its source and split."""

import json
import random
import re
from collections import Counter, defaultdict

from . import pictures, splits, words
from .captions import article, plural, random_caption
from .paths import Work
from .tokens import clip_tokenizer, token_strings
from .wordnet import VISIBLE, WordNet

COMPOSED = 260_000
FULL_LEMMAS, FULL_GLOSSES = 60_000, 100_000


class Composer:
    """Captions and prompts at random, from the vocabulary and WordNet's visible nouns."""

    def __init__(self, nouns: dict[str, list[str]], seed: int):
        self.random = random.Random(seed)
        self.nouns = nouns

    def noun(self) -> str:
        if self.random.random() < 0.55:
            return self.random.choice(words.BASIC)
        kinds, weights = ["animal", "artifact", "food", "plant", "person", "object", "body"], [3, 5, 2, 1, 2, 1, 0.5]
        return self.random.choice(self.nouns[self.random.choices(kinds, weights)[0]])

    def phrase(self) -> str:
        """A noun with or without adjectives and article."""
        pick, noun, chance = self.random.choice, self.noun(), self.random.random()
        if chance < 0.2:
            noun = f"{pick(words.COLOURS)} {noun}"
        elif chance < 0.32:
            noun = f"{pick(words.ADJECTIVES)} {noun}"
        elif chance < 0.37:
            noun = f"{pick(words.ADJECTIVES)} {pick(words.COLOURS)} {noun}"
        forms = [article(noun), f"the {noun}", f"{pick(words.COUNTS)} {plural(noun)}", noun]
        return self.random.choices(forms, [8, 1, 1, 1.2])[0]

    def who(self) -> str:
        pick = self.random.choice
        who = pick(words.PEOPLE) if self.random.random() < 0.7 else article(pick(self.nouns["person"]))
        if self.random.random() < 0.25:
            who += " " + pick(words.CLOTHES).format(pick(words.COLOURS))
        return who

    def animal(self) -> str:
        pick = self.random.choice
        animal = pick(self.nouns["animal"]) if self.random.random() < 0.4 else pick(words.BASIC[:45])
        return article(f"{pick(words.COLOURS + words.ADJECTIVES)} {animal}" if self.random.random() < 0.3 else animal)

    def place(self, chance: float) -> str:
        return " " + self.random.choice(words.PLACES) if self.random.random() < chance else ""

    def sentence(self) -> str:
        """As people caption photographs: a subject in the present tense, with a full stop."""
        pick, chance = self.random.choice, self.random.random()
        if chance < 0.45:
            body = f"{self.who()} {pick(words.ACTIONS)[1]}{self.place(0.6)}"
        elif chance < 0.65:
            body = f"{self.animal()} {pick(words.ANIMAL_ACTIONS)[1]}{self.place(0.6)}"
        else:
            body = f"{self.phrase()} {pick(words.STATES)}{self.place(0.15)}"
        if self.random.random() < 0.2:
            body += f" {pick(['with', 'near', 'and', 'next to', 'in front of', 'behind'])} {self.phrase()}"
        return body[0].upper() + body[1:] + "." if self.random.random() < 0.75 else body

    def relation(self) -> tuple[str, str]:
        """Something somewhere, or somebody doing something to another; and the same the other way round."""
        pick, chance = self.random.choice, self.random.random()
        if chance < 0.4:
            a, b, between = self.phrase(), self.phrase(), pick(words.RELATIONS)
        elif chance < 0.7:
            a, b = self.animal(), pick([self.animal, self.who, self.phrase])()
            between = pick(words.TRANSITIVE)
        else:
            a, b = self.who(), pick([self.animal, self.who, self.phrase])()
            between = pick(words.TRANSITIVE)
        return f"{a} {between} {b}", "" if between in words.SYMMETRIC else f"{b} {between} {a}"

    def caption(self) -> str:
        pick, chance = self.random.choice, self.random.random()
        if chance < 0.22:
            return pick(words.FRAMES).format(self.phrase())
        if chance < 0.34:
            return f"{self.phrase()} and {self.phrase()}"
        if chance < 0.50:
            return f"{self.phrase()} {pick(words.PLACES)}"
        if chance < 0.68:
            return f"{self.who()} {pick(words.ACTIONS)[0]}{self.place(0.4)}"
        if chance < 0.80:
            return f"{self.animal()} {pick(words.ANIMAL_ACTIONS)[0]}{self.place(0.4)}"
        if chance < 0.92:
            return pick(words.FRAMES).format(article(pick(words.SCENES)))
        return self.phrase()

    def prompt(self) -> str:
        """As people write them for Stable Diffusion: a caption, and styles behind commas."""
        base = self.random.choice([self.caption, self.caption, lambda: article(self.random.choice(words.SCENES))])()
        return ", ".join([base, *self.random.sample(words.STYLES, self.random.randint(1, 5))])

    def __call__(self) -> tuple[str, str]:
        """A sentence, and its twin of the same words with another meaning, or ""."""
        kind = self.random.choices(["caption", "sentence", "prompt", "relation", "scene"], [30, 28, 18, 12, 12])[0]
        if kind == "relation":
            return self.relation()
        if kind == "scene":
            return random_caption(self.random)
        return {"caption": self.caption, "sentence": self.sentence, "prompt": self.prompt}[kind](), ""


def visible_nouns(wordnet: WordNet, tokenizer) -> dict[str, list[str]]:
    """Names of what can be seen, by kind: those whose every word is one id of CLIP's, so common on the web."""
    found: dict[str, list[str]] = defaultdict(list)
    seen = set()
    for (part, _), synset in wordnet.synsets.items():
        if part != "n" or synset.file not in VISIBLE:
            continue
        for lemma in synset.lemmas[:3]:
            word = lemma.lower()
            is_name = lemma != word and VISIBLE[synset.file] != "person"
            if word in seen or is_name or not re.fullmatch(r"[a-z][a-z' -]{1,24}", word):
                continue
            pieces = word.split()
            if len(pieces) <= 2 and all(len(tokenizer.encode(piece).ids) == 1 for piece in pieces):
                seen.add(word)
                found[VISIBLE[synset.file]].append(word)
    return found


def run(work: Work, quick: bool) -> None:
    if work.sentences.exists():
        return
    scale = 0.01 if quick else 1
    generator = random.Random(7)
    wordnet = WordNet(work.package("wordnet-base", "usr/share/wordnet"))
    tokenizer = clip_tokenizer()
    nouns = visible_nouns(wordnet, tokenizer)
    sources: dict[str, str] = {}

    def put(sentence: str, source: str) -> None:
        sentence = re.sub(r"\s+", " ", sentence).strip()
        if 1 < len(sentence) < 220:
            sources.setdefault(sentence, source)

    for picture in pictures.load(work)[:: 20 if quick else 1]:
        if picture.vendor.startswith("tuxpaint"):
            continue  # GPL: its captions are not trained on either
        for text in (picture.label, *picture.tags):
            put(text, "emoji")
        if not picture.flag:
            for frame in generator.sample(words.FRAMES, 3):
                put(frame.format(picture.label), "emoji")
    for text in token_strings(tokenizer)[: int(48_000 * scale) if quick else None]:
        if re.fullmatch(r"[a-z]{3,}", text):
            put(text, "token")
    synsets = sorted(wordnet.synsets.values(), key=lambda synset: (synset.part, synset.offset))
    generator.shuffle(synsets)
    lemmas = [lemma for synset in synsets for lemma in synset.lemmas]
    generator.shuffle(lemmas)
    for lemma in lemmas[: int(FULL_LEMMAS * scale)]:
        put(lemma, "lemma")
    for kind in nouns.values():
        for word in kind[:: 50 if quick else 1]:
            put(word, "lemma")
            put(article(word), "noun")
    for word in words.BASIC[:: 10 if quick else 1]:
        for frame in words.FRAMES:
            put(frame.format(article(word)), "noun")
        for colour in words.COLOURS:
            put(f"a {colour} {word}", "noun")
    synsets.sort(key=lambda synset: synset.part != "n" or synset.file not in VISIBLE)
    for synset in synsets[: int(FULL_GLOSSES * scale)]:
        put(synset.gloss, "gloss")
    for synset in synsets[:: 50 if quick else 1]:
        for example in synset.examples:
            put(example, "example")
    compose = Composer(nouns, seed=11)
    twins: dict[str, str] = {}
    wanted = len(sources) + int(COMPOSED * scale)
    while len(sources) < wanted:
        text, twin = compose()
        put(text, "composed")
        if twin and twin != text:
            put(twin, "composed")
            twins[text], twins[twin] = twin, text
    texts = list(sources)
    generator.shuffle(texts)
    places = {text: index for index, text in enumerate(texts)}
    rows = [
        {
            "text": text,
            "source": sources[text],
            "test": splits.fraction(min(text, twins.get(text, text)), "text") < splits.TEST_SENTENCES,
            "twin": places.get(twins.get(text, ""), -1),
        }
        for text in texts
    ]
    work.sentences.write_text(json.dumps(rows))
    counts = Counter(row["source"] for row in rows)
    print(
        f"  {len(rows)} sentences, {sum(bool(row['test']) for row in rows)} of them held out: {dict(counts)}",
        flush=True,
    )
