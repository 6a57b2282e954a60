"""Disability, social assistance, the household, care of the old."""

import numpy as np

from sandbox.registries.population.basics import is_rural
from sandbox.registries.population.block import Block
from sandbox.registries.population.draws import Numbers, by_age, scaled
from sandbox.registries.population.schema import DISABILITY

OLD, WORKING, ALLOWANCE = 60, 16, 80
SPREAD, A_YEAR = 37, 365
DIBAO_INCOME = 700.0


def draw_welfare(block: Block, ages: Numbers) -> None:
    """Draw 残联's and 民政's facts."""
    draws, people, province = block.draws, block.shares.people, block.province
    disabled = block.put("disability_cert_valid", draws.share(by_age(people["disability"], ages)))
    block.put("disability_level", draws.pick_value(people["disability_level"]), disabled)
    kinds = people["disability_category"]
    places = np.array([DISABILITY.place(kind) for kind in kinds])
    block.put("disability_category", places[draws.pick(kinds)], disabled)
    block.put("work_injury_nursing", (ages >= WORKING) & draws.share(people["work_injury_nursing"]))
    tekun = draws.share(scaled(_weights(block, ages, "tekun_weights"), people["tekun"][province.code]))
    weights = _weights(block, ages, "dibao_weights")
    dibao = draws.share(scaled(weights, people["dibao"][province.code])) & ~tekun
    edge = draws.share(scaled(weights, people["dibao_edge"][province.code])) & ~tekun & ~dibao
    block.put("tekun", tekun)
    block.put("dibao", dibao)
    block.put("dibao_edge", edge)
    _date_renewals(block, ages)
    _draw_household(block)
    _draw_care(block, ages)


def _date_renewals(block: Block, ages: Numbers) -> None:
    """Spread the last yearly reviews over the year by the day of birth (an estimate), without a draw."""
    days = block.values["birth_date"].astype("datetime64[D]").astype(np.int64) * SPREAD % A_YEAR
    reviewed = block.as_of - days.astype("timedelta64[D]")
    block.put("dibao_reviewed_on", reviewed, block.values["dibao"])
    block.put("elder_allowance_verified_on", reviewed, ages >= ALLOWANCE)


def _weights(block: Block, ages: Numbers, name: str) -> Numbers:
    """Return how much likelier each person is to be helped."""
    weights = block.shares.people[name]
    factors = (
        (block.values["disability_cert_valid"], weights["disabled"]),
        (ages >= OLD, weights["old"]),
        (is_rural(block), weights["rural"]),
    )
    return np.asarray(np.prod([np.where(flag, weight, 1.0) for flag, weight in factors], axis=0))


def _draw_household(block: Block) -> None:
    draws, people, province = block.draws, block.shares.people, block.province
    helped = block.values["dibao"] | block.values["tekun"]
    block.put("household_size", draws.pick_value(people["household_size"]))
    income = draws.around(people["household_income"][province.code], people["household_income_spread"])
    income = np.where(helped, draws.unit() * DIBAO_INCOME, income)
    block.put("household_income_pc", np.round(income, 2))
    block.put("household_property_ok", helped | draws.share(people["household_property_ok"]))


def _draw_care(block: Block, ages: Numbers) -> None:
    draws, people = block.draws, block.shares.people
    assessed = draws.share(by_age(people["care_assessed"], ages))
    level = np.zeros(draws.count, dtype=np.int64)
    for start, weights in people["care_level"].items():
        level = np.where(ages >= start, draws.pick_value(weights), level)
    block.put("care_level", level, assessed & (ages >= OLD))
    kept = block.values["tekun"] & (ages >= OLD) & draws.share(people["in_care_institution_tekun"])
    block.put("in_care_institution", kept)
