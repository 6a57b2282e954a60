"""Sensitive words (敏感词) and the verdict on a text."""

from dataclasses import dataclass
from enum import StrEnum

NORMAL_LABEL = 100
OTHER_LABEL = 21000


class Suggest(StrEnum):
    """What msgSecCheck advises."""

    PASS = "pass"  # noqa: S105 - WeChat's word for "let it through", not a password
    REVIEW = "review"
    RISKY = "risky"


@dataclass(frozen=True, slots=True)
class SensitiveWord:
    """A word, what its appearance suggests, and the label it is filed under."""

    word: str
    suggest: Suggest = Suggest.RISKY
    label: int = OTHER_LABEL


def worst(words: tuple[SensitiveWord, ...], text: str) -> SensitiveWord | None:
    """Return the gravest word found in a text."""
    found = [word for word in words if word.word in text]
    return next((word for word in found if word.suggest is Suggest.RISKY), found[0] if found else None)
