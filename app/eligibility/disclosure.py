"""What of a tally an officer may see: its tables without small cells, and of whom the examples may be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.eligibility import cells
from app.eligibility.cells import Shown
from app.eligibility.tallies import Tally, Traits
from app.eligibility.types import Outcome


@dataclass(frozen=True, slots=True)
class Disclosure:
    """The tables as they are shown, which are `withheld`, and whether the comparison by region is shown."""

    tables: Mapping[str, Shown]
    withheld: Sequence[str]
    comparison: bool
    smallest: int

    def covers(self, outcome: Outcome, traits: Traits) -> bool:
        """Say whether an example may be of somebody: each of the cells they are counted in is shown."""
        counted = {"by_region": traits.region, "by_age": traits.age_band, "by_sex": traits.sex}
        return all(
            group is None or self.tables[name].get(group, {}).get(outcome) is not None
            for name, group in counted.items()
        )


def of(tally: Tally) -> Disclosure:
    """Return what of a tally may be seen.

    Who gains and loses by region is shown only where no number of it, nor of the table by region, is hidden:
    beside each other they would bound what is hidden.
    """
    smallest = cells.least()
    tables: dict[str, Shown] = {}
    withheld: list[str] = []
    for name in ("by_region", "by_age", "by_sex"):
        found = cells.publishable(getattr(tally, name), smallest=smallest)
        tables[name] = found or {}
        if found is None:
            withheld.append(name)
    whole = "by_region" not in withheld and tables["by_region"] == tally.by_region
    small = not all(cells.all_large(counts, smallest=smallest) for counts in (tally.gained, tally.lost))
    compared = bool(tally.gained or tally.lost)
    if compared and (small or not whole):
        withheld.append("comparison")
    return Disclosure(tables, withheld, "comparison" not in withheld, smallest)
