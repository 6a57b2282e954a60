"""The region tree of config/regions.yaml (GB/T 2260), read once per process."""

from dataclasses import dataclass
from functools import cache

from app.foundation.regions import COUNTY, NATIONAL, ancestors, significant
from config import files


@dataclass(frozen=True, slots=True)
class Region:
    """One administrative division."""

    code: str
    name: str
    parent: str | None


@cache
def tree() -> dict[str, Region]:
    """Return every division by its code, parents before children."""
    return {
        one["code"]: Region(one["code"], one["name"], one["parent"])
        for one in files.read("regions")["regions"]
    }


def known(code: str) -> bool:
    """Say whether a six-digit code is a division that exists."""
    return code in tree()


def name(code: str) -> str:
    """Return the name with those of the areas around it: `重庆市渝中区`; a code nobody knows stays a code.

    A short code as rules write it (`50`) is completed; streets and communities are not in the tree and stand
    behind their 区县 as the code they are.
    """
    full = code.ljust(len(NATIONAL), "0")
    around = [tree()[one].name for one in reversed(ancestors(full)) if one != NATIONAL and known(one)]
    if not around:
        return tree()[full].name if known(full) else code
    below = len(significant(full)) > COUNTY
    return "".join(around) + (f"（街道社区代码{full}）" if below else "")
