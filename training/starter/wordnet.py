"""WordNet 3.0's database files (wndb(5WN))."""

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

# Lexicographer files (lexnames(5WN)) of nouns that can be seen.
VISIBLE = {
    5: "animal",
    6: "artifact",
    8: "body",
    13: "food",
    17: "object",
    18: "person",
    19: "phenomenon",
    20: "plant",
}


@dataclass(frozen=True)
class Synset:
    part: str
    offset: str
    file: int
    lemmas: tuple[str, ...]
    gloss: str
    examples: tuple[str, ...]
    hypernyms: tuple[str, ...]


class WordNet:
    def __init__(self, folder: Path):
        self.synsets: dict[tuple[str, str], Synset] = {}
        for name, part in (("noun", "n"), ("verb", "v"), ("adj", "a"), ("adv", "r")):
            for line in (folder / f"data.{name}").read_text("latin-1").splitlines():
                if not line.startswith("  "):
                    synset = _synset(part, line)
                    self.synsets[part, synset.offset] = synset
        # How often each noun's sense was tagged: picks the common sense of a word.
        self.counts: dict[str, int] = defaultdict(int)
        senses = folder / "index.sense"
        if senses.exists():
            for line in senses.read_text("latin-1").splitlines():
                key, offset, _, count = line.split()
                if "%1:" in key:
                    self.counts[offset] += int(count)
        self.words = {lemma.lower() for synset in self.synsets.values() for lemma in synset.lemmas}
        self.nouns = {lemma.lower() for (part, _), s in self.synsets.items() if part == "n" for lemma in s.lemmas}

    def hypernyms(self, offset: str) -> list[str]:
        """The offsets of every noun above one, nearest first."""
        found, waiting = [], [offset]
        while waiting:
            for above in self.synsets["n", waiting.pop(0)].hypernyms:
                if above not in found:
                    found.append(above)
                    waiting.append(above)
        return found


def _synset(part: str, line: str) -> Synset:
    left, gloss = line.split("|", 1)
    fields = left.split()
    words = int(fields[3], 16)
    lemmas = tuple(re.sub(r"\(.*\)", "", fields[4 + 2 * index]).replace("_", " ") for index in range(words))
    at = 4 + 2 * words
    pointers = [(fields[at + 1 + 4 * index], fields[at + 2 + 4 * index]) for index in range(int(fields[at]))]
    return Synset(
        part=part,
        offset=fields[0],
        file=int(fields[1]),
        lemmas=lemmas,
        gloss=re.sub(r';?\s*"[^"]*"', "", gloss).strip(" ;\n"),
        examples=tuple(re.findall(r'"([^"]+)"', gloss)),
        hypernyms=tuple(target for symbol, target in pointers if symbol in ("@", "@i")),
    )
