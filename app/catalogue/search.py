"""Finds services by Chinese words: whole phrase first, then pairs of characters; name before conditions."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from app.catalogue import regions
from app.catalogue.types import Listing
from app.foundation.regions import covers

NOT_WORDS = re.compile(r"[\W_]+")
NAME, CONDITIONS, MATERIALS = 100.0, 20.0, 5.0


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

    def score(self, wanted: str, wanted_pairs: frozenset[str]) -> float:
        """Return how well it fits: the full weight for the phrase, half for the share of its pairs."""
        return sum(
            weight if wanted in text else weight / 2 * len(wanted_pairs & own) / len(wanted_pairs)
            for weight, text, own in self.texts
        )


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
    scored = [(entry.score(wanted, pairs(wanted)), entry) for entry in chosen]
    best = sorted((one for one in scored if one[0] > 0), key=lambda one: (-one[0], one[1].listing.item.id))
    return [entry.listing for _, entry in best]
