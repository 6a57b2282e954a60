"""Children, births, parents."""

import numpy as np

from sandbox.registries.population.basics import is_man, is_rural
from sandbox.registries.population.block import DAYS_A_YEAR, Block
from sandbox.registries.population.draws import Flags, Numbers, by_age
from sandbox.registries.population.schema import NATIONALITY

ADULT, YOUNGEST_PARENT, OLDEST_PARENT = 18, 20, 45
BEARING = (15, 60)
KINDERGARTEN_MONTHS, SCHOOL_MONTHS = (48, 95), (60, 215)
FINAL_YEAR, SCHOOL_YEARS = (5.2, 6.3), (6, 15)
ONE_CHILD_POLICY_BEGAN = 1979
FP_AGE = 45
OLDER_ARE_MORE = 0.8  # births have fallen: fewer small children than big ones


def draw_family(block: Block, ages: Numbers) -> None:
    """Draw children and what 卫健 knows of births."""
    draws, people = block.draws, block.shares.people
    table = people["minor_children"]
    ends = np.cumsum(list(table.values()), axis=1)[:, :-1]
    row = np.searchsorted(list(table), ages, side="right") - 1
    counts = (draws.unit()[:, None] * 100 >= ends[row]).sum(axis=1)
    child_ages = _draw_children(block, ages, counts)
    block.put("is_guardian", counts > 0)
    _draw_births(block, ages, counts, child_ages)
    block.put("parent_over60", draws.share(by_age(people["parent_over60"], ages)))
    only = people["only_child"]
    born = block.values["birth_date"].astype("datetime64[Y]").astype(int) + 1970
    usual = np.where(is_rural(block), only["rural"], only["urban"])
    late = born >= ONE_CHILD_POLICY_BEGAN
    block.put("is_only_child", draws.share(np.where(late, usual, only["before_1979"])))
    block.put("rural_fp_eligible", (ages >= FP_AGE) & draws.share(people["rural_fp"]), is_rural(block))


def _draw_children(block: Block, ages: Numbers, counts: Numbers) -> Numbers:
    """Draw the children of everybody: born when the parent was 20 to 45, now under 18; returns their ages."""
    items = block.list_of("children", counts)
    draws, shares, owner = items.draws, block.shares.people["child"], items.values["owner"]
    parent = ages[owner]
    youngest, oldest = np.maximum(parent - OLDEST_PARENT, 0), np.minimum(parent - YOUNGEST_PARENT, ADULT)
    days = np.floor((youngest + (oldest - youngest) * draws.unit() ** OLDER_ARE_MORE) * DAYS_A_YEAR)
    items.put("child_birth_date", block.as_of - days.astype(np.int64).astype("timedelta64[D]"))
    child_ages = np.asarray(days / DAYS_A_YEAR)
    with_parent = draws.share(shares["same_hukou"])
    items.put(
        "child_hukou_region",
        np.where(with_parent, block.values["hukou_region"][owner], block.values["residence_region"][owner]),
    )
    items.put("child_lawful", draws.share(shares["lawful"]))
    other = draws.share(shares["other_nationality"])
    items.put("child_nationality", np.where(other, NATIONALITY.place("other"), NATIONALITY.place("CHN")))
    months = np.floor(child_ages * 12)
    final = _within(child_ages, FINAL_YEAR) & draws.share(shares["final_year_at_five"])
    items.put("child_kindergarten_final_year", final, _within(months, KINDERGARTEN_MONTHS))
    items.put("child_school_age", _within(child_ages, SCHOOL_YEARS), _within(months, SCHOOL_MONTHS))
    return child_ages


def _within(numbers: Numbers, ends: tuple[float, float]) -> Flags:
    return np.asarray((numbers >= ends[0]) & (numbers <= ends[1]))


def _draw_births(block: Block, ages: Numbers, counts: Numbers, child_ages: Numbers) -> None:
    """Draw a mother's last birth: that of her youngest child."""
    draws, shares, items = block.draws, block.shares.people["birth"], block.items["children"]
    mother = (counts > 0) & ~is_man(block) & _within(ages, BEARING)
    youngest = np.full(draws.count, np.inf)
    np.minimum.at(youngest, items.values["owner"], child_ages)
    days = np.round(np.where(mother, youngest, 0) * DAYS_A_YEAR).astype(np.int64)
    block.put("childbirth_date", block.as_of - days.astype("timedelta64[D]"), mother)
    block.put("childbirth_lawful", draws.share(block.shares.people["child"]["lawful"]), mother)
    block.put("difficult_birth", draws.share(shares["difficult"]), mother)
    block.put("births_count", 1 + draws.share(shares["twins"]).astype(np.int64), mother)
