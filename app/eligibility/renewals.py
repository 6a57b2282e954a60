"""A benefit that has to be renewed (年审、资格认证): how often, since which date, told how long before."""

from collections.abc import Mapping
from typing import Any

from app.eligibility.types import Renewal
from app.residents import fact_catalogue
from app.rules.syntax import Leaf
from app.rules.types import Derivation, Fact, FactType, Operator

LONGEST_MONTHS, LONGEST_NOTICE = 120, 90
_KEYS = {"every_months", "notice_days", "since", "service_id"}


def faults(raw: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return what is wrong with a policy's `renewal`, by path; nothing where it has none."""
    given = raw.get("renewal")
    if given is None:
        return {}
    if not isinstance(given, dict) or set(given) - _KEYS:
        return {"renewal": ["只能有 every_months、notice_days、since、service_id"]}
    found: dict[str, list[str]] = {}
    for key, most in (("every_months", LONGEST_MONTHS), ("notice_days", LONGEST_NOTICE)):
        number = given.get(key)
        if type(number) is not int or not 1 <= number <= most:
            found[f"renewal.{key}"] = [f"填写1到{most}的整数"]
    fact = fact_catalogue.vocabulary().fact(str(raw.get("audience")), str(given.get("since")))
    if fact is None or fact.type is not FactType.DATE or fact.derived_from is not None:
        found["renewal.since"] = ["填写一个日期信息项，表示上一次办理或认证是哪一天"]
    service = given.get("service_id", raw.get("service_id"))
    if not isinstance(service, str) or not service:
        found["renewal.service_id"] = ["填写办理续期的事项编号"]
    return found


def read(raw: Mapping[str, Any]) -> Renewal | None:
    """Return the renewal of a policy without faults."""
    given = raw.get("renewal")
    if given is None:
        return None
    since = fact_catalogue.vocabulary().fact(str(raw["audience"]), str(given["since"]))
    if since is None:
        raise ValueError("a renewal is read after its faults were looked for")
    return Renewal(
        every_months=given["every_months"],
        notice_days=given["notice_days"],
        since=since.name,
        service_id=str(given.get("service_id") or raw["service_id"]),
        holds=_within(since, given["every_months"]),
    )


def _within(since: Fact, months: int) -> Leaf:
    """Ask whether fewer full months have passed since a date, counted by the language as an age is."""
    passed = Fact(
        name=f"{since.name}.months",
        label=f"{since.label}以来的月数",
        type=FactType.INT,
        subject=since.subject,
        unit="月",
        source=since.source,
        sensitive=since.sensitive,
        derived_from=since.name,
        derivation=Derivation.FULL_MONTHS,
    )
    return Leaf(passed.name, Operator.LT, months, passed)
