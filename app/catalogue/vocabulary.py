"""The words services are written in (config/vocabularies.yaml), read once per process."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from config import files


@dataclass(frozen=True, slots=True)
class Words:
    """Code → Chinese of everything a service may name, and the patterns and code sets of forms."""

    departments: Mapping[str, str]
    item_types: Mapping[str, str]
    exercise_levels: Mapping[str, str]
    license_types: Mapping[str, str]
    good_tags: Mapping[str, str]
    bad_tags: Mapping[str, str]
    handle_modes: tuple[str, ...]
    doc_types: tuple[str, ...]
    verifications: Mapping[str, str]
    patterns: Mapping[str, str]
    codesets: Mapping[str, Mapping[str, str]]

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> "Words":
        """Read the file's content."""
        return cls(
            raw["departments"],
            raw["item_types"],
            raw["exercise_levels"],
            raw["license_types"],
            raw["rating_tags"]["good"],
            raw["rating_tags"]["bad"],
            tuple(raw["handle_modes"]),
            tuple(raw["doc_types"]),
            raw["verifications"],
            raw["patterns"],
            {name: codeset["codes"] for name, codeset in raw["codesets"].items()},
        )


@cache
def words() -> Words:
    """Return the words of this release."""
    return Words.read(files.read("vocabularies"))
