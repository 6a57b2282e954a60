"""Work, unemployment, insurance, skills, tax."""

import numpy as np

from sandbox.registries.population.basics import is_man, is_rural
from sandbox.registries.population.block import Block, chosen
from sandbox.registries.population.draws import Flags, Numbers, by_age
from sandbox.registries.population.schema import WORK

WORKING, MIDDLE, LAST = 16, 45, 75
RETIRES = {"man": 63.0, "woman": 58.0}
CERTIFICATE_DAYS = 3650
PENSION_YEAR = 12_000
FEN = 2


def draw_work(block: Block, ages: Numbers, studying: Flags) -> None:
    """Draw 人社's facts and what follows from work elsewhere."""
    work = _draw_status(block, ages, studying)
    _draw_unemployment(block, ages, work)
    _draw_insurance(block, ages, work)
    _draw_skills(block, ages)
    _draw_money(block, work)


def _draw_status(block: Block, ages: Numbers, studying: Flags) -> Numbers:
    """Draw the state of work of everybody from 16; who is at school is a student."""
    draws, people, rural = block.draws, block.shares.people, is_rural(block)
    place = {
        kind: draws.pick_by(people["employment"][kind], ages, WORK.values, "unemployed")
        for kind in ("urban", "rural")
    }
    work = np.where(rural, place["rural"], place["urban"])
    after = people["retirement"]
    old = ages >= np.where(is_man(block), after["age"]["1"], after["age"]["2"])
    for kind, of_kind in (("urban", ~rural), ("rural", rural)):
        codes = np.array([WORK.place(code) for code in after[kind]])
        work = np.where(old & of_kind, codes[draws.pick(after[kind])], work)
    work = np.where((ages >= LAST) & ~rural, WORK.place("retired"), work)
    work = np.where(studying, WORK.place("student"), work)
    return block.put("employment_status", work, (ages >= WORKING) | studying)


def _draw_unemployment(block: Block, ages: Numbers, work: Numbers) -> None:
    draws, shares = block.draws, block.shares.people["unemployed"]
    jobless = (work == WORK.place("unemployed")) & (ages >= WORKING)
    registered = block.put("unemployed_registered", jobless & draws.share(shares["registered"]))
    block.put("unemployed_registered_months", draws.waiting(shares["months"]), registered)
    block.put("seeking_work", jobless & draws.share(shares["seeking"]), ages >= WORKING)
    may = (ages >= WORKING) & ~block.is_code("employment_status", WORK, "employed", "student", "retired")
    unwilling = jobless & draws.share(shares["involuntary"])
    block.put("involuntary_unemployment", unwilling, may)
    insured = draws.share(chosen(block.shares.people["ui_insured"], WORK, work)) & (ages >= WORKING)
    months = np.floor(np.maximum(ages - WORKING, 0) * 12 * draws.unit())
    paid = block.put("ui_paid_months", np.where(insured, months, 0).astype(np.int64))
    receives = registered & unwilling & (paid >= 12) & draws.share(shares["receiving"])  # noqa: PLR2004 -- a year
    block.put("ui_benefit_receiving", receives)
    hard = block.shares.people["hard_to_employ"]
    chance = np.where(block.values["dibao"], hard["dibao"], 0)
    chance = np.where(block.values["disability_cert_valid"], hard["disabled"], chance)
    chance = np.where(jobless & (ages >= MIDDLE), hard["unemployed_45"], chance)
    out_of_work = block.is_code("employment_status", WORK, "unemployed", "flexible") & (ages >= WORKING)
    block.put("hard_to_employ", out_of_work & draws.share(chance))


def _draw_insurance(block: Block, ages: Numbers, work: Numbers) -> None:
    draws, people, province = block.draws, block.shares.people, block.province
    flexible = (work == WORK.place("flexible")) & (ages >= WORKING)
    registered = block.put("flexible_registered", flexible & draws.share(people["flexible_registered"]))
    low, high = people["insurance_month"][province.code]
    paid = np.where(registered, low + (high - low) * draws.unit(), 0)
    wage = draws.around(people["wage"][province.code], people["wage_spread"])
    employed = (work == WORK.place("employed")) & (ages >= WORKING)
    paid = np.where(employed, wage * 0.105, paid)  # 个人缴 8% 养老、2% 医疗、0.5% 失业
    block.put("social_insurance_paid_month", np.round(paid, FEN), ages >= WORKING)
    block.put("employer_avg_wage", np.round(wage, FEN), employed)
    used = draws.whole(1, people["subsidy_months"]["at_most"])
    none = draws.share(people["subsidy_months"]["none"])
    block.put("social_subsidy_used_months", np.where(none, 0, used), registered)
    until = np.where(is_man(block), RETIRES["man"], RETIRES["woman"]) - ages
    waits = (ages >= WORKING) & ~block.is_code("employment_status", WORK, "retired")
    block.put("years_to_retirement", np.round(np.maximum(until, 0), 1), waits)
    covered = draws.share(chosen(people["maternity_insured"], WORK, work)) & (ages >= WORKING)
    block.put("maternity_insured", covered)
    block.put("job_stable", draws.share(chosen(people["job_stable"], WORK, work)) & (ages >= WORKING))


def _draw_skills(block: Block, ages: Numbers) -> None:
    """Draw certificates; whoever has none has no level and no date that anybody could know."""
    draws, people = block.draws, block.shares.people
    certified = draws.share(by_age(people["skill_certificate"], ages))
    block.put("skill_cert_level", draws.pick_value(people["skill_level"]), certified)
    days = np.floor(draws.unit() * np.minimum(CERTIFICATE_DAYS, np.maximum(ages - WORKING, 0) * 365))
    block.put("skill_cert_date", block.as_of - days.astype(np.int64).astype("timedelta64[D]"), certified)
    block.put("skill_subsidy_used_same_cert", certified & draws.share(people["skill_subsidy_used"]))


def _draw_money(block: Block, work: Numbers) -> None:
    draws, people = block.draws, block.shares.people
    grown = block.applies["years_to_retirement"] | block.is_code("employment_status", WORK, "retired")
    taxed = draws.share(chosen(people["taxed"], WORK, work)) & grown
    block.put("iit_comprehensive_income", taxed)
    pension = people["personal_pension"]
    saves = taxed & draws.share(pension["share"])
    part = np.round(PENSION_YEAR * draws.unit(), FEN)
    paid = np.where(draws.share(pension["full"]), PENSION_YEAR, part)
    block.put("personal_pension_paid_year", np.where(saves, paid, 0.0))
