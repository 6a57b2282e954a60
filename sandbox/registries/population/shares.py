"""Reads the distributions beside this module; percentages stay percentages."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

FOLDER: Final = Path(__file__).resolve().parent
Table = Mapping[int, Any]
"""A step table: the value counts from its age up to the next one."""


@dataclass(frozen=True, slots=True)
class Province:
    """One province of the population, by its census."""

    code: str
    population: int
    male: float
    bands: Mapping[int, float]
    rural_hukou: float
    hukou: Mapping[str, float]
    districts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Shares:
    """Everything the generator draws from."""

    provinces: tuple[Province, ...]
    ages: Mapping[int, tuple[float, float]]
    elsewhere: Mapping[str, float]
    people: Mapping[str, Any]
    enterprises: Mapping[str, Any]


def read_shares() -> Shares:
    """Read `regions.yaml`, `people.yaml` and `enterprises.yaml`."""
    regions = _read("regions")
    return Shares(
        provinces=tuple(Province(**province) for province in regions["provinces"]),
        ages={start: (share, male) for start, (share, male) in regions["ages"]["groups"].items()},
        elsewhere=regions["elsewhere"],
        people=_read("people"),
        enterprises=_read("enterprises"),
    )


def _read(name: str) -> dict[str, Any]:
    text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    return dict(yaml.load(text, Loader=yaml.CSafeLoader))
