"""Who there is: age, sex, where somebody lives and is registered."""

import numpy as np

from sandbox.registries.population.block import DAYS_A_YEAR, Block, regions_of
from sandbox.registries.population.draws import Flags, Numbers, by_age
from sandbox.registries.population.schema import HUKOU_TYPE, NATIONALITY, SEX
from sandbox.registries.population.shares import Province, Shares

GROUP_YEARS = 5
LIVED_HERE = (60, 600)
STREETS, COMMUNITIES = (1, 12), (1, 20)
"""Made-up streets of a 区县 and communities of a street: the codes look right, the places are nobody's."""


def age_weights(shares: Shares, province: Province) -> dict[int, float]:
    """Return the share of each five-year group: the nation's shape inside the bands of the province."""
    starts = sorted(province.bands)
    weights: dict[int, float] = {}
    for low, high in zip(starts, [*starts[1:], 200], strict=True):
        inside = {start: share for start, (share, _) in shares.ages.items() if low <= start < high}
        total = sum(inside.values())
        weights |= {start: province.bands[low] * share / total for start, share in inside.items()}
    return weights


def male_shares(shares: Shares, province: Province) -> dict[int, float]:
    """Return the percentage of men in each group, moved so that the province has its own."""
    weights = age_weights(shares, province)
    total = sum(weights.values())
    mean = sum(weights[start] * male for start, (_, male) in shares.ages.items()) / total
    return {start: male + province.male - mean for start, (_, male) in shares.ages.items()}


def draw_basics(block: Block) -> Numbers:
    """Draw 公安's facts; returns ages in years with their fraction."""
    draws, province, people = block.draws, block.province, block.shares.people
    weights = age_weights(block.shares, province)
    start = draws.pick_value(weights)
    days = np.floor((start + draws.unit() * GROUP_YEARS) * DAYS_A_YEAR).astype(np.int64)
    block.put("birth_date", block.as_of - days.astype("timedelta64[D]"))
    men = draws.share(by_age(male_shares(block.shares, province), start))
    block.put("gender", np.where(men, SEX.place("1"), SEX.place("2")))
    other = draws.share(people["nationality_other"])
    block.put("nationality", np.where(other, NATIONALITY.place("other"), NATIONALITY.place("CHN")))
    _draw_places(block, days / DAYS_A_YEAR)
    return np.asarray(days / DAYS_A_YEAR)


def _draw_places(block: Block, ages: Numbers) -> None:
    draws, province, people = block.draws, block.province, block.shares.people
    districts = regions_of(province.districts)
    lives = block.put("residence_region", districts[draws.pick(province.districts)])
    origin = draws.pick(province.hukou)
    outside = origin == list(province.hukou).index("elsewhere")
    nearby = districts[draws.pick(province.districts)]
    afar = regions_of(block.shares.elsewhere)[draws.pick(block.shares.elsewhere)]
    at_home = origin == list(province.hukou).index("district")
    block.put("hukou_region", np.where(at_home, lives, np.where(outside, afar, nearby)))
    rural = draws.share(province.rural_hukou)
    block.put("hukou_type", np.where(rural, HUKOU_TYPE.place("rural"), HUKOU_TYPE.place("urban")))
    months = np.where(at_home, draws.whole(*LIVED_HERE), draws.waiting(people["residence_months_elsewhere"]))
    block.put("residence_months", np.minimum(months, np.floor(ages * 12)).astype(np.int64))
    block.put("residence_permit", outside & draws.share(people["residence_permit"]))
    block.put("new_settler", draws.share(by_age(people["new_settler"], ages)))
    block.put("residence_community", lives * 10**6 + draws.whole(*STREETS) * 1000 + draws.whole(*COMMUNITIES))


def is_rural(block: Block) -> Flags:
    """Say who is registered as 农业户口."""
    return block.is_code("hukou_type", HUKOU_TYPE, "rural")


def is_man(block: Block) -> Flags:
    """Say who is a man."""
    return block.is_code("gender", SEX, "1")
