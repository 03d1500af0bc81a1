"""Sentences to ids: CLIP's byte-pair encoding for the student, WordPiece for the teacher."""

from pathlib import Path

import numpy as np
from tokenizers import Regex, Tokenizer, decoders, normalizers, pre_tokenizers
from tokenizers.models import BPE

from .paths import MERGES, VOCABULARY

START, END = 49406, 49407
VOCABULARY_SIZE = 49408
CONTEXT_LENGTH = 77

_WORD = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"


def clip_tokenizer() -> Tokenizer:
    """CLIP's tokenizer as Hugging Face's CLIPTokenizerFast has it, without start and end."""
    tokenizer = Tokenizer(
        BPE.from_file(str(VOCABULARY), str(MERGES), continuing_subword_prefix="", end_of_word_suffix="</w>")
    )
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_WORD), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def clip_ids(tokenizer: Tokenizer, sentences: list[str], length: int = CONTEXT_LENGTH) -> tuple[np.ndarray, np.ndarray]:
    """-> ids [N, length] int32, padded with the end marker, and the number of ids [N] of each, both markers included."""
    ids = np.full((len(sentences), length), END, np.int32)
    counts = np.zeros(len(sentences), np.int32)
    for row, encoding in enumerate(tokenizer.encode_batch(sentences)):
        kept = encoding.ids[: length - 2]
        ids[row, 0] = START
        ids[row, 1 : 1 + len(kept)] = kept
        counts[row] = len(kept) + 2
    return ids, counts


def token_strings(tokenizer: Tokenizer) -> list[str]:
    """What each id stands for, as text: a word, or the part of one."""
    decoder = decoders.ByteLevel()
    return [
        decoder.decode([(tokenizer.id_to_token(index) or "").removesuffix("</w>")]) if index < START else ""
        for index in range(VOCABULARY_SIZE)
    ]


def wordpiece_tokenizer(folder: Path, length: int = 64) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(max_length=length)
    tokenizer.no_padding()
    return tokenizer
