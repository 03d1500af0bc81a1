"""Writes the tables of characters that the tokenizers need, as the libraries of the reference have them: their Unicode is older
than a runtime's, each library's another, and a runtime's changes with its version.

python training/tokenizer_tables.py     (Python 3.11, with tokenizers==0.23.3 and regex==2026.11.19 installed)
"""

import struct
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path

import regex
from tokenizers import normalizers, pre_tokenizers

OUT = Path(__file__).resolve().parent.parent / "src" / "core" / "text" / "unicode" / "tables.ts"
CODE_POINTS = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def base36(number: int) -> str:
    digits = ""
    while number or not digits:
        number, digit = divmod(number, 36)
        digits = DIGITS[digit] + digits
    return digits


def runs(values: dict[int, int]) -> list[tuple[int, int, int]]:
    """First and last code point of each run of neighbours with the same value."""
    out: list[tuple[int, int, int]] = []
    for code, value in sorted(values.items()):
        follows = out and (out[-1][1] == code - 1 or (out[-1][1], code) == (0xD7FF, 0xE000))
        if follows and out[-1][2] == value:
            out[-1] = (out[-1][0], code, value)
        else:
            out.append((code, code, value))
    return out


def table(name: str, comment: str, values: dict[int, int], *, valued: bool = False) -> str:
    numbers, end = [], 0
    for first, last, value in runs(values):
        numbers += [first - end, last - first, *([value] if valued else [])]
        end = last
    text = " ".join(map(base36, numbers))
    lines = [text[i : i + 96] for i in range(0, len(text), 96)]
    return f"/** {comment} */\nexport const {name} =\n  " + " +\n  ".join(f"'{line}'" for line in lines) + ";\n"


def those(test: Callable[[str], bool]) -> dict[int, int]:
    return {c: 0 for c in CODE_POINTS if test(chr(c))}


def lower(pairs: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Distances to the lower case, made whole numbers from 1: 2·d up, 2·d - 1 down."""
    return {c: 2 * (to - c) if to > c else 2 * (c - to) - 1 for c, to in pairs}


def replaces(key: str) -> Callable[[str], str]:
    """What the reference's map of characters does that has this one key, which it replaces by X: a compiled trie of its bytes."""
    units = [0] * 256 * (len(key.encode()) + 3)
    at, base = 0, 256
    units[0] = base << 10
    for byte in key.encode():
        at, base = base ^ byte, base + 256
        units[at] = byte | (at ^ base) << 10
    units[at] |= 1 << 8
    units[base] = 1 << 31
    trie = struct.pack(f"<{len(units)}I", *units)
    return normalizers.Precompiled(struct.pack("<I", len(trie)) + trie + b"X\0").normalize_str


def grapheme_classes() -> dict[int, int]:
    """By the regex module's newer Unicode, less what the reference does not join or part so: it joins what it replaces as one."""
    joins = replaces("a")
    joined = {c for c in CODE_POINTS if joins(f"a{chr(c)}") == "X"}
    link = replaces("\u0915")
    tests: list[tuple[str, Callable[[str], bool]]] = [
        ("GCB=Control", lambda c: replaces(c)(f"{c}\u0301") == "X\u0301"),
        ("GCB=CR", lambda c: True),
        ("GCB=LF", lambda c: True),
        ("GCB=Extend", lambda c: ord(c) in joined),
        ("GCB=Prepend", lambda c: replaces(c)(f"{c}a") == "X"),
        ("GCB=SpacingMark", lambda c: ord(c) in joined),
        ("GCB=V", lambda c: True),
        ("Extended_Pictographic", lambda c: True),
        # A character of four bytes and a mark are never replaced as one.
        ("InCB=Consonant", lambda c: ord(c) > 0xFFFF or replaces(c)(f"\u0915\u094d{c}\u0301") != "\u0915\u094dX"),
        ("InCB=Linker", lambda c: link(f"\u0915{c}\u0915\u0301") == f"X{c}X\u0301"),
    ]
    numbers = [1, 1, 1, 2, 3, 4, 5, 6, 7, 8]
    out: dict[int, int] = {}
    for number, (name, test) in zip(numbers, tests, strict=True):
        pattern = regex.compile(rf"\p{{{name}}}")
        for c in CODE_POINTS:
            # A zero in a text ends every key.
            if (c not in out or number == 8) and pattern.match(chr(c)) and (c == 0 or test(chr(c))):
                out[c] = number
    left = joined - {c for c, number in out.items() if number in (2, 4, 8)} - {0x200D}
    assert not left, left
    return out


def main() -> None:
    clean = normalizers.BertNormalizer(
        clean_text=True, handle_chinese_chars=False, strip_accents=False, lowercase=False
    )
    strip = normalizers.BertNormalizer(
        clean_text=False, handle_chinese_chars=False, strip_accents=True, lowercase=False
    )
    split, lowercase, nfd = pre_tokenizers.BertPreTokenizer(), normalizers.Lowercase(), normalizers.NFD()
    nfkd, accents, words = normalizers.NFKD(), normalizers.StripAccents(), pre_tokenizers.Whitespace()
    digits, byte_level = pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)
    rust_lower = {c: lowercase.normalize_str(chr(c)) for c in CODE_POINTS}
    single = [(c, ord(to)) for c, to in rust_lower.items() if len(to) == 1 and ord(to) != c]
    assert [c for c, to in rust_lower.items() if len(to) > 1] == [0x130]
    python = {c for c in CODE_POINTS if chr(c).lower() != chr(c)}
    assert all(chr(c).lower() == rust_lower[c] for c in python)

    def reorders(text: str) -> bool:
        return nfd.normalize_str(text) != text

    decomposed = those(reorders)
    starts = {c for c in CODE_POINTS if c not in decomposed}
    moved = {c for c in starts if reorders(chr(c) + "\u0334") or reorders("\u0345" + chr(c))}
    orders = {c: unicodedata.combining(chr(c)) for c in moved}
    assert all(orders.values())
    assert all(nfd.normalize_str(chr(c)) == unicodedata.normalize("NFD", chr(c)) for c in decomposed)

    compatible = those(lambda c: nfkd.normalize_str(c) != nfd.normalize_str(c))
    assert all(nfkd.normalize_str(chr(c)) == unicodedata.normalize("NFKD", chr(c)) for c in compatible)

    parts = [
        table(
            "BERT_REMOVED", "What BERT's clean_text takes away.", those(lambda c: clean.normalize_str(f"a{c}b") == "ab")
        ),
        table(
            "BERT_SPACE", "What it makes a space.", those(lambda c: c == " " or clean.normalize_str(f"a{c}b") == "a b")
        ),
        table(
            "PUNCTUATION",
            "Punctuation: characters that BERT cuts off.",
            those(lambda c: len(split.pre_tokenize_str(f"a{c}b")) == 3),
        ),
        table("MARKS", "Marks that strip_accents takes away.", those(lambda c: strip.normalize_str(f"a{c}") == "a")),
        table("COMPATIBLE", "Characters of which NFKD makes something else than NFD.", compatible),
        table("DECOMPOSED", "Characters that NFD changes.", decomposed),
        table("COMBINING", "Canonical combining classes other than 0.", orders, valued=True),
        table("LOWER_CASE", "Distances to the lower case: 2·d up, 2·d - 1 down.", lower(single), valued=True),
        table(
            "LOWER_CASE_SINCE",
            "Of them those that Python 3.11 does not know.",
            {c: 0 for c, _ in single if c not in python},
        ),
        table(
            "CASE_IGNORABLE",
            "Python 3.11: what does not count in looking for a final sigma.",
            those(lambda c: f"aΣ{c}".lower()[1] == "ς" and f"aΣ{c}a".lower()[1] == "σ"),
        ),
        table("CASED", "Python 3.11: other characters that have cases.", those(lambda c: f"aΣ{c}".lower()[1] == "σ")),
        table(
            "GRAPHEME_CLASSES",
            "1 control, 2 extend, 3 prepend, 4 spacing mark, 5 vowel, 6 pictographic, 7 consonant, 8 linker.",
            grapheme_classes(),
            valued=True,
        ),
    ]
    of_words = [
        table(
            "ALL_MARKS",
            "Marks of every kind: what StripAccents takes away.",
            those(lambda c: accents.normalize_str(f"a{c}") == "a"),
        ),
        table(
            "WORD",
            "What Whitespace takes for a part of a word.",
            those(lambda c: words.pre_tokenize_str(f"a{c}")[0][1][1] == 2),
        ),
        table("DIGITS", "What Digits takes for a digit.", those(lambda c: len(digits.pre_tokenize_str(f"a{c}")) == 2)),
        table(
            "LETTERS",
            "What ByteLevel takes for a letter.",
            those(lambda c: len(byte_level.pre_tokenize_str(f"a{c}")) == 1),
        ),
        table(
            "NUMBERS",
            "What ByteLevel takes for a number.",
            those(lambda c: len(byte_level.pre_tokenize_str(f"1{c}")) == 1),
        ),
    ]
    head = (
        "// Made by training/tokenizer_tables.py: from tokenizers 0.23.3 where nothing else is said, Python 3.11 and regex 2026.11.19.\n"
        "// Runs of code points in base 36: how far the first is from the end of the run before, how many follow, and a value.\n"
    )
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(head + "\n".join(parts))
    OUT.with_name("word-tables.ts").write_text(head + "\n".join(of_words))


if __name__ == "__main__":
    main()
