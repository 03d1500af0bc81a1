"""Writes the tables that the cleaning of `openai` texts needs, from the Python packages that the reference uses.

python training/text_tables.py     (with ftfy==6.3.1 installed)
"""

import html
import html.entities
import json
from pathlib import Path

import ftfy.bad_codecs  # noqa: F401  (registers the sloppy codecs)
from ftfy import chardata
from ftfy.badness import MOJIBAKE_CATEGORIES

OUT = Path(__file__).resolve().parent.parent / "src" / "clip" / "text" / "cleaning"


def literal(text: str) -> str:
    """A JavaScript string in ASCII and in single quotes."""
    return "'" + json.dumps(text)[1:-1].replace('\\"', '"').replace("'", "\\'") + "'"


def lines(prefix: str, text: str, width: int = 88) -> str:
    """A string literal over several lines."""
    pieces = [text[i : i + width] for i in range(0, len(text), width)]
    return prefix + "[\n" + "".join(f"    {literal(piece)},\n" for piece in pieces) + "  ].join('')"


def encoding_table(encoding: str) -> str:
    return "".join(bytes([byte]).decode(encoding) for byte in range(0x80, 0x100))


def main() -> None:
    entities = " ".join(f"{name} {char}" for name, char in sorted(html.entities.html5.items()))
    (OUT / "html-entities-table.ts").write_text(
        "// Made by training/text_tables.py from Python's html.entities: the named character references of HTML 5.\n"
        "/** A name, with its semicolon where it must have one, and its characters, in turn. */\n"
        + lines("export const HTML_ENTITIES = ", entities).replace("  ].join('')", "].join('').split(' ');\n")
    )
    encodings = "".join(
        f"  {literal(name)}: {lines('', encoding_table(name), 64).strip()},\n" for name in chardata.CHARMAP_ENCODINGS
    )
    categories = "".join(f"  {name}: {literal(chars)},\n" for name, chars in MOJIBAKE_CATEGORIES.items())
    clues = "".join(f"  {name}: {lines('', chars, 64).strip()},\n" for name, chars in chardata.UTF8_CLUES.items())
    (OUT / "mojibake-tables.ts").write_text(
        "// Made by training/text_tables.py from ftfy 6.3.1 (Apache License 2.0, Robyn Speer): see NOTICE.\n"
        "/** What the bytes 0x80 to 0xFF stand for in each encoding, in the order in which they are tried. */\n"
        f"export const ENCODINGS = {{\n{encodings}}} as const;\n\n"
        "/** Characters by what they mean for mojibake, as the inside of a character class. */\n"
        f"export const CATEGORIES = {{\n{categories}}} as const;\n\n"
        "/** Characters that bytes of UTF-8 turn into, by the byte's place, as the inside of a character class. */\n"
        f"export const CLUES = {{\n{clues}}} as const;\n"
    )


if __name__ == "__main__":
    main()
