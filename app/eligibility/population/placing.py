"""The placement that a setting names."""

import re

from app.eligibility.population.placement import Placement, PlacementUnknown, Serial
from app.eligibility.population.processes import Processes
from app.eligibility.population.spark import OnSpark

_NAMED = re.compile(r"(serial)|processes:([1-9][0-9]{0,2})|spark:(\S+)")


def placed(setting: str) -> Placement:
    """Return where to work: `serial`, `processes:4`, `spark:spark://host:7077`; raises PlacementUnknown."""
    named = _NAMED.fullmatch(setting)
    if named is None:
        raise PlacementUnknown
    serial, number, master = named.groups()
    if serial:
        return Serial()
    return Processes(int(number)) if number else OnSpark.at(master)
