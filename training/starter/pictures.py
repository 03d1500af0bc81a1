"""Step 2: the list of drawings, each with its caption, source and split."""

import collections
import json
import os
import re
import subprocess
from dataclasses import asdict, dataclass, field
from pathlib import Path

from PIL import Image

from . import splits
from .clip_art_names import translated
from .paths import REPOSITORY, Work
from .wordnet import WordNet

RENDERED_SIDE = 192
FLAGS, COMPONENTS = 9, 2  # emojibase's groups

_SKIN_TONE = re.compile("1F3F[B-F]")
_COLOURS = set("red green blue yellow orange purple pink black white brown gray golden silver".split())


@dataclass
class Picture:
    path: str  # below the work folder
    vendor: str
    label: str
    tags: list[str] = field(default_factory=list)
    group: int = -1
    flag: bool = False
    test: bool = False  # a concept (or stamp) that is never trained on
    added: bool = False  # since version 0, whose test sets stay as they are

    @property
    def trainable(self) -> bool:
        return not self.test and self.vendor not in splits.TEST_VENDORS + splits.VALIDATION_VENDORS

    @property
    def is_emoji(self) -> bool:
        return self.group >= 0


def load(work: Work) -> list[Picture]:
    return [Picture(**entry) for entry in json.loads(work.pictures.read_text())]


def open_drawing(work: Work, picture: Picture) -> Image.Image:
    """The drawing, RGBA, cropped to what is not transparent."""
    image = Image.open(work.root / picture.path).convert("RGBA")
    box = image.getchannel("A").getbbox()
    return image.crop(box) if box else image


def run(work: Work) -> None:
    if work.pictures.exists():
        return
    command = [
        "node",
        str(Path(__file__).with_name("render.mjs")),
        str(work.cache),
        str(work.rendered),
        str(RENDERED_SIDE),
    ]
    subprocess.run(command, cwd=REPOSITORY, check=True)
    emoji = _emoji(work)
    held = {picture.label for picture in emoji if picture.test}
    pictures = emoji + _clip_art(work, held) + _stamps(work)
    work.pictures.write_text(json.dumps([asdict(picture) for picture in pictures]))
    counts = collections.Counter((picture.vendor, "test" if picture.test else "train") for picture in pictures)
    for (vendor, split), count in sorted(counts.items()):
        print(f"  {vendor} {split}: {count}", flush=True)


def _slug(label: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", re.sub("[’']", "", label.lower())).strip("-")


def _emoji(work: Work) -> list[Picture]:
    data = json.loads(work.package("emojibase-data", "package/en/data.json").read_text())
    by_code = {entry["hexcode"].replace("-FE0F", "").upper(): entry for entry in data}
    by_slug = {_slug(entry["label"]): code for code, entry in by_code.items()}

    def picture(file: Path, vendor: str, code: str | None, added: bool = False) -> Picture | None:
        entry = by_code.get(code or "")
        if entry is None or entry.get("group") in (None, COMPONENTS):
            return None
        flag = entry["group"] == FLAGS
        return Picture(
            path=os.path.relpath(file, work.root),
            vendor=vendor,
            label=entry["label"],
            tags=entry.get("tags", []),
            group=entry["group"],
            flag=flag,
            test=not flag and splits.is_test_concept(entry["label"]),
            added=added,
        )

    found = []
    for vendor in ("google", "twitter"):
        folder = work.package(f"emoji-datasource-{vendor}", f"package/img/{vendor}/64")
        for file in sorted(folder.glob("*.png")):
            code = file.stem.upper().replace("-FE0F", "")
            if not _SKIN_TONE.search(code):
                found.append(picture(file, vendor, code))
    for file in sorted((work.rendered / "openmoji").glob("*.png")):
        found.append(picture(file, "openmoji", file.stem.upper().replace("-FE0F", "")))
    for style in ("fluent-modern", "fluent-flat", "fluent-contrast"):
        for file in sorted((work.rendered / style).glob("*.png")):
            name = file.stem.removesuffix("-default")  # of people, who have other skin tones too
            found.append(picture(file, style, by_slug.get(name), added=name != file.stem or style == "fluent-contrast"))
    return [entry for entry in found if entry]


def _clip_art(work: Work, held: set[str]) -> list[Picture]:
    """Open Clip Art has no captions: the leading English words of a file's name are one, and its author follows."""
    wordnet = WordNet(work.package("wordnet-base", "usr/share/wordnet"))
    root = work.package("openclipart-png", "usr/share/openclipart/png")
    held_families = {splits.family(label) for label in held}
    files = sorted(root.glob("**/*.png"))
    words = {file: _words(file) for file in files}
    authors = _authors(words.values())
    counts: collections.Counter[str] = collections.Counter()
    found, foreign = [], []

    def picture(file: Path, caption: str, added: bool = False) -> Picture:
        relative = file.relative_to(root)
        folder = relative.parent.name.replace("_", " ")
        smaller = work.rendered / "openclipart" / relative
        return Picture(
            path=os.path.relpath(smaller if smaller.exists() else file, work.root),
            vendor="openclipart",
            label=caption,
            tags=[]
            if folder in ("special", "signs and symbols", "unsorted")
            else [folder if folder.endswith("ss") else folder.rstrip("s")],
            flag="flag" in str(relative),
            test=splits.fraction(caption, "oca") < splits.TEST_CLIP_ART,
            added=added,
        )

    for file in files:
        folders = str(file.parent.relative_to(root)).replace("_", " ").split("/")
        is_other = bool({"icons", "unsorted", "buttons", "flat-theme", "logos", "jigsaw"} & set(folders))
        caption = translated(words[file])
        if caption or words[file][:1] == ["aiga"]:
            foreign.append((file, caption or re.sub(r"\d+$", "", " ".join(words[file][1:]))))
        if is_other or "architetto" in file.name:
            continue
        caption = _caption(words[file], authors, wordnet)
        if not caption:
            continue
        counts[caption] += 1
        if counts[caption] > (3 if folders[-1] == "stars" else 8):
            continue
        if splits.family(caption) in held_families or caption in held:
            continue
        found.append(picture(file, caption))
    taken, names = {entry.path for entry in found}, set()
    for file, caption in foreign:
        entry = picture(file, caption, added=True)
        is_held = entry.test or splits.family(caption) in held_families or caption in held
        if is_held or entry.path in taken or file.name in names:  # some lie in two folders
            continue
        names.add(file.name)
        found.append(entry)
    return found


def _words(file: Path) -> list[str]:
    split = re.split(r"[_\-. ]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", file.stem).lower())
    return [word for word in split if word and not word.isdigit()]


def _authors(names) -> set[str]:
    """Words that stand behind many others and before always the same: the names of contributors."""
    after: dict[str, collections.Counter] = collections.defaultdict(collections.Counter)
    before: dict[str, set] = collections.defaultdict(set)
    for words in names:
        for left, word, right in zip(words, words[1:], [*words[2:], ""]):
            after[word][right[:3]] += 1
            before[word].add(left)
    authors = set()
    for word, following in after.items():
        next_word, count = following.most_common(1)[0]
        if next_word and len(before[word]) >= 5 and count / following.total() > 0.6:
            authors.add(word)
    return authors - _COLOURS


_LINKS = ("and", "of", "the")
_NOISE = {"architetto", "r", "bw", "ganson", "v", "s", "g", "x", "svg", "png"}


def _caption(words: list[str], authors: set[str], wordnet: WordNet) -> str:
    kept: list[str] = []
    for word in words:
        if (word in authors and kept) or word in _NOISE:
            break
        word = re.sub(r"\d+$", "", word)
        known = word in wordnet.words or word.rstrip("s") in wordnet.words or word in _LINKS
        if not known or (len(word) < 3 and word != "of"):
            break
        kept.append(word)
    while kept and kept[-1] in _LINKS:
        kept.pop()
    has_noun = any(word in wordnet.nouns or word.rstrip("s") in wordnet.nouns for word in kept)
    return " ".join(kept[:5]) if has_noun else ""


def _stamps(work: Work) -> list[Picture]:
    """Tux Paint's stamps: photographs (PNG) and drawings (SVG), for evaluation only."""
    root = work.package("tuxpaint-stamps-default", "usr/share/tuxpaint/stamps")
    found = []
    for file in sorted(root.glob("**/*.txt")):
        relative = file.relative_to(root).with_suffix("")
        if relative.parts[0] == "symbols" and relative.parts[1] in ("alphabets", "math"):
            continue
        photograph = file.with_suffix(".png")
        drawing = work.rendered / "tuxpaint" / f"{relative}.png"
        is_photograph = photograph.exists()
        if not is_photograph and not drawing.exists():
            continue  # two of its SVG files that librsvg does not read
        found.append(
            Picture(
                path=os.path.relpath(photograph if is_photograph else drawing, work.root),
                vendor="tuxpaint-png" if is_photograph else "tuxpaint-svg",
                label=file.read_text("utf-8", "ignore").split("\n")[0].strip().rstrip("."),
                tags=[relative.parts[0]],
                group=-2,
                test=True,
            )
        )
    return found
