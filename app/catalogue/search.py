"""Finds services by Chinese words: whole phrase first, then pairs of characters; name before conditions."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.catalogue import regions
from app.catalogue.types import Listing
from app.foundation.regions import covers

NOT_WORDS = re.compile(r"[\W_]+")
NAME, CONDITIONS, MATERIALS = 100.0, 20.0, 5.0
ABBREVIATED = 0.9
SHORTEST_ABBREVIATION, WIDEST = 2, 3
"""An abbreviation has at least two characters and spreads over at most three times its length."""


def normalised(text: str) -> str:
    """Return text as it is compared: full-width folded, lower case, nothing but letters and digits."""
    return NOT_WORDS.sub("", unicodedata.normalize("NFKC", text).lower())


def pairs(text: str) -> frozenset[str]:
    """Return every two neighbouring characters; a single character stands for itself."""
    return frozenset(text[n : n + 2] for n in range(len(text) - 1)) or frozenset({text} - {""})


@dataclass(frozen=True, slots=True)
class Entry:
    """One service, ready to be searched: (weight, text, pairs) of name, conditions and materials."""

    listing: Listing
    texts: tuple[tuple[float, str, frozenset[str]], ...]

    @classmethod
    def of(cls, listing: Listing) -> "Entry":
        """Prepare a listing."""
        content = listing.item.content
        said = (
            (NAME, content.name),
            (CONDITIONS, "".join([*content.conditions, *(theme.name for theme in listing.themes)])),
            (MATERIALS, "".join(material.name for material in content.materials)),
        )
        return cls(
            listing, tuple((weight, normalised(text), pairs(normalised(text))) for weight, text in said)
        )

    def score(self, wanted: str, rarity: Mapping[str, float]) -> float:
        """Return how well it fits, adding up name, conditions and materials by their weight."""
        return sum(weight * _fit(wanted, rarity, text, own) for weight, text, own in self.texts)


def _fit(wanted: str, rarity: Mapping[str, float], text: str, own: frozenset[str]) -> float:
    """Return 1 for the phrase itself, less for its abbreviation, else half the share of its pairs."""
    if wanted in text:
        return 1.0
    if abbreviates(wanted, text):
        return ABBREVIATED
    return sum(rarity[pair] for pair in rarity.keys() & own) / sum(rarity.values()) / 2


def abbreviates(wanted: str, text: str) -> bool:
    """Say whether text reads the same with characters left out: 低保 is 最低生活保障, 公租房 公共租赁住房."""
    if len(wanted) < SHORTEST_ABBREVIATION:
        return False
    start = text.find(wanted[0])
    while start >= 0:
        end = start
        for character in wanted:
            end = text.find(character, end) + 1
            if not end:
                return False
        if end - start <= WIDEST * len(wanted):
            return True
        start = text.find(wanted[0], start + 1)
    return False


def _rarity(entries: Sequence[Entry], wanted: str) -> dict[str, float]:
    """Return what each pair of the query tells: less, the more services it stands in."""
    return {
        pair: 1 / (1 + sum(any(pair in own for _, _, own in entry.texts) for entry in entries))
        for pair in pairs(wanted)
    }


def offered_in(listing: Listing, region: str) -> bool:
    """Say whether a service is offered in all of the region or somewhere inside it."""
    return any(covers(one, region) or covers(region, one) for one in listing.item.regions)


def find(
    entries: Sequence[Entry], *, q: str = "", theme: str = "", region: str = "", audience: str = ""
) -> list[Listing]:
    """Return what fits, best first; without `q` in the order of the themes of life."""
    chosen = [
        entry
        for entry in entries
        if (not theme or any(one.id == theme for one in entry.listing.themes))
        and (not audience or audience in entry.listing.audiences)
        and (not region or (regions.known(region) and offered_in(entry.listing, region)))
    ]
    wanted = normalised(q)
    if not q:
        return [entry.listing for entry in chosen]
    if not wanted:
        return []
    rarity = _rarity(entries, wanted)
    scored = [(entry.score(wanted, rarity), entry) for entry in chosen]
    best = sorted((one for one in scored if one[0] > 0), key=lambda one: (-one[0], one[1].listing.item.id))
    return [entry.listing for _, entry in best]
