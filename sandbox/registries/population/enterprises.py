"""One block of enterprises and 个体户, and whom they hired."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from sandbox.registries.population.block import Block, chosen, regions_of
from sandbox.registries.population.draws import Flags, Numbers
from sandbox.registries.population.schema import (
    CERT_KIND,
    ENT_KIND,
    ENT_SIZE,
    HIRE_GROUP,
    INDUSTRY,
    SRDI,
    VAT_KIND,
    Codes,
)

INSURED_MONTHS = 120
MONTHS_OF_CONTRACTS = (12, 24, 36, 60)
SPREAD = 0.7


def draw_enterprises(block: Block) -> Block:
    """Draw enterprises into an empty block; returns it."""
    draws, province = block.draws, block.province
    block.put("ent_region", regions_of(province.districts)[draws.pick(province.districts)])
    staff = _draw_size(block)
    _draw_tax(block, staff)
    _draw_titles(block)
    _draw_insurance(block, staff)
    _draw_disabled(block, staff)
    _draw_hires(block, staff)
    return block


def _places(weights: Mapping[str, Any], codes: Codes, block: Block) -> Numbers:
    """Draw codes by the weights of a mapping."""
    return np.array([codes.place(code) for code in weights])[block.draws.pick(weights)]


def _draw_size(block: Block) -> Numbers:
    """Draw kind, 划型 and staff; returns the staff."""
    draws, shares = block.draws, block.shares.enterprises
    block.put("ent_kind", _places(shares["kind"], ENT_KIND, block))
    company = block.is_code("ent_kind", ENT_KIND, "enterprise")
    size = np.where(company, _places(shares["size"], ENT_SIZE, block), ENT_SIZE.place("micro"))
    block.put("ent_size", size)
    ends = np.array([shares["employees"][code] for code in ENT_SIZE.values], dtype=float)[size]
    ends[block.is_code("ent_kind", ENT_KIND, "individual_business")] = shares["individual_employees"]
    low, high = np.log(ends[:, 0]), np.log(ends[:, 1] + 1)
    staff = np.floor(np.exp(low + (high - low) * draws.unit())).astype(np.int64)
    block.put("ent_dishonest", draws.share(shares["dishonest"]))
    return block.put("ent_employees", staff)


def _draw_tax(block: Block, staff: Numbers) -> None:
    draws, shares = block.draws, block.shares.enterprises
    size, company = block.values["ent_size"], block.is_code("ent_kind", ENT_KIND, "enterprise")
    money = {
        name: staff * draws.around(shares[f"{name}_per_employee"], SPREAD) for name in ("assets", "income")
    }
    block.put("ent_assets", np.round(money["assets"], 2))
    block.put("ent_taxable_income", np.round(np.where(draws.share(shares["loss"]), 0, money["income"]), 2))
    block.put("ent_restricted_industry", draws.share(shares["restricted_industry"]))
    audit = shares["audit_collection"]
    audited = draws.share(np.where(company, audit["enterprise"], audit["others"]))
    block.put("ent_audit_collection", audited, company)
    small = draws.share(chosen(shares["vat_small"], ENT_SIZE, size))
    block.put("ent_vat_kind", np.where(small, VAT_KIND.place("small"), VAT_KIND.place("general")))
    sales = staff * draws.around(shares["sales_month_per_employee"], SPREAD)
    block.put("ent_sales_month", np.round(np.where(draws.share(4), 0, sales), 2))
    block.put("ent_vat_rate", np.where(draws.share(shares["vat_rate_five"]), 0.05, 0.03), small)
    spends = audited & draws.share(chosen(shares["rd"], ENT_SIZE, size))
    spent = np.round(staff * draws.around(shares["rd_per_employee"], SPREAD), 2)
    block.put("ent_rd_expense", np.where(spends, spent, 0.0), company)
    block.put("ent_rd_excluded_industry", draws.share(shares["rd_excluded_industry"]))


def _draw_titles(block: Block) -> None:
    """Draw 高企, 专精特新 and the key industries; who bears a title is not a restaurant."""
    draws, shares = block.draws, block.shares.enterprises
    size, company = block.values["ent_size"], block.is_code("ent_kind", ENT_KIND, "enterprise")
    hightech = company & draws.share(chosen(shares["hightech"], ENT_SIZE, size))
    block.put("ent_hightech_valid", hightech)
    table = {number: shares["hightech_cert"] if number else {} for number in (0, 1)}
    drawn = draws.pick_by(table, hightech.astype(int), CERT_KIND.values, "none")
    block.put("ent_hightech_cert_kind", drawn)
    titles = {place: shares["srdi"][code] for place, code in enumerate(ENT_SIZE.values)}
    titled = draws.pick_by(titles, size, SRDI.values, "none")
    block.put("ent_srdi_new", np.where(company, titled, SRDI.place("none")))
    industry = _places(shares["industry_tags"], INDUSTRY, block)
    bears = hightech | ~block.is_code("ent_srdi_new", SRDI, "none")
    makes = np.where(draws.share(8), INDUSTRY.place("pv_storage"), INDUSTRY.place("manufacturing"))
    block.put("ent_industry_tags", np.where(bears, makes, industry))


def _draw_insurance(block: Block, staff: Numbers) -> None:
    draws, shares = block.draws, block.shares.enterprises
    insured = draws.share(chosen(shares["ui_insured"], ENT_KIND, block.values["ent_kind"]))
    block.put("ent_ui_paid_months", np.where(insured, draws.whole(1, INSURED_MONTHS), 0))
    paid = np.round(staff * draws.around(shares["ui_paid_per_employee"], 0.2), 2)
    block.put("ent_ui_paid_last_year", np.where(insured, paid, 0.0))
    rate = np.round(np.minimum(draws.rng.exponential(shares["layoff_rate"], draws.count), 100), 2)
    block.put("ent_layoff_rate", np.where(draws.share(shares["layoff_none"]), 0.0, rate), insured)


def _draw_disabled(block: Block, staff: Numbers) -> None:
    """Draw the ratio, and from it how many above the quota."""
    draws, shares = block.draws, block.shares.enterprises
    none = draws.share(shares["disabled_ratio"]["none"])
    wanted = draws.rng.exponential(shares["disabled_ratio"]["mean"], draws.count) / 100
    heads = np.where(none, 0, np.maximum(np.round(staff * wanted), 1))
    block.put("ent_disabled_ratio", np.round(np.minimum(heads / staff, 1) * 100, 2))
    quota = np.ceil(staff * shares["disabled_quota"] / 100)
    block.put("ent_disabled_over_quota", np.maximum(heads - quota, 0).astype(np.int64))


def _draw_hires(block: Block, staff: Numbers) -> None:
    """Draw this year's new staff."""
    shares = block.shares.enterprises
    hired = np.maximum(np.round(staff * shares["hires"]["share_of_employees"] / 100), 1)
    counts = np.where(block.draws.share(shares["hires"]["none"]), 0, hired)
    limited: Numbers = np.minimum(counts, shares["hires"]["at_most"]).astype(np.int64)
    items = block.list_of("hires", limited)
    draws, of_hire = items.draws, shares["hire"]
    items.put("hire_group", _places(shares["hire_group"], HIRE_GROUP, items))
    contract: Flags = items.put("hire_contract", draws.share(of_hire["contract"]))
    months = np.array(MONTHS_OF_CONTRACTS)[draws.pick(dict(enumerate(of_hire["contract_years"])))]
    items.put("hire_contract_months", months, contract)
    insured = np.minimum(draws.waiting(of_hire["insured_months"]), 11)
    items.put("hire_insured_months", insured)
    items.put("hire_claimed", draws.share(of_hire["claimed"]))
