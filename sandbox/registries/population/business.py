"""What one owns or has done: a home, a business, service in the forces, credit."""

import numpy as np

from sandbox.registries.population.basics import is_man, is_rural
from sandbox.registries.population.block import Block, chosen
from sandbox.registries.population.draws import Flags, Numbers, by_age
from sandbox.registries.population.schema import BUSINESS_KIND, DEGREE, STARTUP_GROUP, VETERAN_TYPE, WORK

ADULT, LAST = 18, 65
FRESH_YEARS = 5
AREA_SPREAD = 0.45


def draw_business(block: Block, ages: Numbers) -> None:
    """Draw 市监's, 退役军人's, 自然资源's, 住建's and 人民银行's facts."""
    draws, people = block.draws, block.shares.people
    grown = ages >= ADULT
    service = people["veteran"]
    chance = np.where(is_man(block), service["1"], service["2"])
    veteran = block.put("veteran", grown & draws.share(chance))
    kinds = people["veteran_type"]
    places = np.array([VETERAN_TYPE.place(kind) for kind in kinds])
    block.put("veteran_type", places[draws.pick(kinds)], veteran)
    _draw_business(block, ages)
    _draw_startup_group(block, ages)
    _draw_home(block, ages)
    block.put("credit_good", draws.share(people["credit_good"]), grown)


def _draw_business(block: Block, ages: Numbers) -> None:
    draws, people = block.draws, block.shares.people
    chances = dict.fromkeys(WORK.values, people["business"]["others"])
    chances |= {"self_employed": people["business"]["self_employed"], "student": 0.1}
    chance = chosen(chances, WORK, block.values["employment_status"])
    owns = block.put("business_registered", (ages >= ADULT) & draws.share(chance))
    kinds = people["business_kind"]
    places = np.array([BUSINESS_KIND.place(kind) for kind in kinds])
    block.put("business_kind", places[draws.pick(kinds)], owns)
    months = np.minimum(draws.waiting(people["business_months"]), np.floor((ages - ADULT + 1) * 12))
    block.put("business_months", np.maximum(months, 0).astype(np.int64), owns)
    block.put("business_region", block.values["residence_region"], owns)
    block.put("first_startup", draws.share(people["first_startup"]), owns)


def _draw_startup_group(block: Block, ages: Numbers) -> None:
    """Draw 重点群体: the first that fits, those that other facts decide before those that are drawn."""
    draws, shares, rural = block.draws, block.shares.people["startup_group"], is_rural(block)
    graduate = (block.values["degree"] != DEGREE.place("none")) & (
        block.values["years_since_graduation"] <= FRESH_YEARS
    )
    candidates: dict[str, Flags] = {
        "hard_to_employ": block.values["hard_to_employ"],
        "registered_unemployed": block.values["unemployed_registered"],
        "veteran": block.values["veteran"],
        "graduate": graduate,
        "poverty_relieved": rural & draws.share(shares["poverty_relieved_rural"]),
        "returning_migrant": rural & draws.share(shares["returning_migrant"]),
        "rural_self_employed": rural & draws.share(shares["rural_self_employed"]),
        "online_merchant": draws.share(shares["online_merchant"]),
        "released_prisoner": draws.share(shares["released_prisoner"]),
        "overcapacity_worker": draws.share(shares["overcapacity_worker"]),
    }
    places = [STARTUP_GROUP.place(group) for group in candidates]
    group = np.select(list(candidates.values()), places, STARTUP_GROUP.place("none"))
    block.put("startup_group", group, (ages >= ADULT) & (ages < LAST))


def _draw_home(block: Block, ages: Numbers) -> None:
    draws, people = block.draws, block.shares.people
    usual = by_age(people["owns_home"], ages)
    local = block.values["hukou_region"] == block.values["residence_region"]
    chance = np.where(local, usual, np.minimum(usual, people["owns_home_elsewhere_hukou"]))
    block.put("owns_local_home", draws.share(chance))
    block.put("housing_area_pc", np.round(draws.around(people["housing_area"], AREA_SPREAD), 2))
