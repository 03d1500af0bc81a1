"""What is trained on, what chooses hyper-parameters, what is looked at once. All splits are hashes of names."""

import hashlib
import re

TEST_CONCEPTS = 0.10
TEST_CLIP_ART = 0.08
TEST_SENTENCES = 0.02
VALIDATION_CONCEPTS = 0.05
VALIDATION_STAMPS = 0.25  # of Tux Paint's captions: they choose how drawings and photographs are blended, nothing else

# Never trained on: the vendor of the test, and the sources whose licences allow no more than looking.
TEST_VENDORS = ("twitter", "tuxpaint-png", "tuxpaint-svg")
VALIDATION_VENDORS = ("openmoji",)

_GENDER = re.compile(r"^(man|woman|person|men|women|people)\b:?\s*|\b(man|woman|person|men|women|people|boy|girl)\b")


def fraction(text: str, salt: str) -> float:
    """A hash of the text in [0, 1). The same in every run and on every machine."""
    return int(hashlib.md5((salt + text).encode()).hexdigest()[:8], 16) / 2**32


def family(label: str) -> str:
    """The concept behind a label: variants of gender are one, so that no twin of a held-out concept is trained on."""
    return re.sub(r"\s+", " ", _GENDER.sub("", label.lower())).strip() or label.lower()


def is_test_concept(label: str) -> bool:
    return fraction(family(label), "concept") < TEST_CONCEPTS


def is_validation_concept(label: str) -> bool:
    return not is_test_concept(label) and fraction(family(label), "validation") < VALIDATION_CONCEPTS


def is_validation_stamp(label: str) -> bool:
    return fraction(label, "stamp") < VALIDATION_STAMPS
