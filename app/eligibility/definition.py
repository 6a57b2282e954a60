"""A policy as data becomes a policy as object: every fault with its path, in words an author understands."""

import hashlib
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import orjson

from app.eligibility import renewals
from app.eligibility.errors import PolicyFaulty
from app.eligibility.types import Audience, Outreach, Policy, PolicyId, Tier
from app.residents import fact_catalogue
from app.rules.amounts import Benefit, parse_benefit
from app.rules.faults import RuleFaults
from app.rules.syntax import Node, parse
from app.rules.types import FactType

_ID = re.compile(r"[a-z0-9][a-z0-9-]{2,63}")
_REGION = re.compile(r"\d{6}")
_TEXTS = {"title": 60, "summary": 500, "department": 20, "mode": 20}
MODES = tuple(tier.value for tier in Tier)
RELATIONS = ("supersedes", "excludes", "requires")
MOST_RELATED = 50
LEAST_GROUND, MOST_GROUND = 6, 300


def read_policy(raw: Mapping[str, Any], *, version: int) -> Policy:
    """Check a policy and parse its condition and benefit.

    Raises PolicyFaulty with everything that is wrong.
    """
    faults = _shape_faults(raw)
    audience = Audience(raw["audience"]) if raw.get("audience") in set(Audience) else Audience.PERSON
    conditions = _parsed(faults, "conditions", raw, audience)
    benefit = _parsed(faults, "benefit", raw, audience)
    if faults or not isinstance(benefit, Benefit) or conditions is None:
        raise PolicyFaulty(faults)
    return Policy(
        id=PolicyId(raw["id"]),
        version=version,
        title=raw["title"],
        summary=raw["summary"],
        region_code=raw["region_code"],
        department=raw["department"],
        audience=audience,
        mode=raw["mode"],
        valid_from=as_date(raw["valid_from"]),
        valid_to=None if raw.get("valid_to") is None else as_date(raw["valid_to"]),
        conditions=conditions,  # type: ignore[arg-type] # a parsed condition is a Node
        benefit=benefit,
        service_id=raw.get("service_id"),
        implements=raw.get("implements"),
        supersedes=tuple(raw.get("supersedes") or ()),
        excludes=tuple(raw.get("excludes") or ()),
        requires=tuple(raw.get("requires") or ()),
        received_fact=raw.get("received_fact"),
        review_by=None if raw.get("review_by") is None else as_date(raw["review_by"]),
        checksum=checksum(raw),
        raw=raw,
        outreach=None if raw.get("outreach") is None else Outreach(raw["outreach"]["ground"]),
        renewal=renewals.read(raw),
    )


def checksum(body: Mapping[str, Any]) -> str:
    """Return the fingerprint of a policy's content; dates count as the text they are in JSON."""
    return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()


def as_date(value: object) -> date:
    """Read a date of YAML or JSON; raises ValueError."""
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def _shape_faults(raw: Mapping[str, Any]) -> dict[str, list[str]]:
    faults: dict[str, list[str]] = {}
    if not _ID.fullmatch(str(raw.get("id", ""))):
        faults["id"] = ["编号用小写字母、数字和短横线，3到64个字符"]
    for key, length in _TEXTS.items():
        text = raw.get(key)
        if not isinstance(text, str) or not text.strip() or len(text) > length:
            faults[key] = [f"必填，最多{length}个字"]
        elif not text.replace("\n", "").isprintable():
            faults[key] = ["含有无法显示的字符，请删除后重试"]
    if not _REGION.fullmatch(str(raw.get("region_code", ""))):
        faults["region_code"] = ["填写6位行政区划代码，全国为000000"]
    if raw.get("audience") not in set(Audience):
        faults["audience"] = ["只能是 person（个人）或 enterprise（企业）"]
    if raw.get("mode") not in MODES:
        faults["mode"] = [f"只能是{'、'.join(MODES)}"]
    faults.update(_validity_faults(raw))
    faults.update(_relation_faults(raw))
    faults.update(_outreach_faults(raw))
    faults.update(renewals.faults(raw))
    return faults


def _outreach_faults(raw: Mapping[str, Any]) -> dict[str, list[str]]:
    """Check that whoever sends somebody to a door says by which law (PIPL 13, 34); only people have doors."""
    outreach = raw.get("outreach")
    if outreach is None:
        return {}
    if not isinstance(outreach, dict) or outreach.get("by") != "visit":
        return {"outreach.by": ["上门告知写 by: visit，不上门就整个不写"]}
    ground = outreach.get("ground")
    if not isinstance(ground, str) or not LEAST_GROUND <= len(ground.strip()) <= MOST_GROUND:
        return {"outreach.ground": [f"写明上门的法定依据（文件和条款），{LEAST_GROUND}至{MOST_GROUND}个字"]}
    if not ground.isprintable():
        return {"outreach.ground": ["含有无法显示的字符，请删除后重试"]}
    return {} if raw.get("audience") == Audience.PERSON else {"outreach": ["只有个人政策可以上门告知"]}


def _relation_faults(raw: Mapping[str, Any]) -> dict[str, list[str]]:
    """Check that related policies are named by ids; whether they exist is for those who know (relations)."""
    faults: dict[str, list[str]] = {}
    for key in RELATIONS:
        named = raw.get(key) or []
        if not isinstance(named, list) or len(named) > MOST_RELATED:
            faults[key] = [f"填写政策编号的列表，最多{MOST_RELATED}个"]
            continue
        for number, name in enumerate(named):
            if not isinstance(name, str) or not _ID.fullmatch(name):
                faults[f"{key}[{number}]"] = ["政策编号用小写字母、数字和短横线"]
    received = raw.get("received_fact")
    if received is not None:
        fact = fact_catalogue.vocabulary().fact(str(raw.get("audience")), str(received))
        if fact is None or fact.type is not FactType.BOOL:
            faults["received_fact"] = ["填写一个“是或否”的信息项，表示已经在享受"]
    return faults


def _validity_faults(raw: Mapping[str, Any]) -> dict[str, list[str]]:
    try:
        begin = as_date(raw.get("valid_from"))
        end = None if raw.get("valid_to") is None else as_date(raw["valid_to"])
        _ = None if raw.get("review_by") is None else as_date(raw["review_by"])
    except ValueError:
        return {"valid_from": ["开始日期必填，各个日期写成 2026-01-01 的样子"]}
    return {"valid_to": ["结束日期不能早于开始日期"]} if end is not None and end < begin else {}


def _parsed(
    faults: dict[str, list[str]], part: str, raw: Mapping[str, Any], audience: Audience
) -> Node | Benefit | None:
    reader = parse_benefit if part == "benefit" else parse
    try:
        return reader(raw.get(part), fact_catalogue.vocabulary(), audience.value, path=part)
    except RuleFaults as refusal:
        for fault in refusal.faults:
            faults.setdefault(fault.path, []).append(fault.message)
        return None
