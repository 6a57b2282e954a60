"""Worked cases (样例): what a policy must answer about people one can picture, held against it to load.

A file of `config/worked_cases/` per policy: `as_of` and `usual` facts, then cases that say only what is
different in them. They are written from the policy's text, so that they can find a fault of the rule.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from app.eligibility.assessment import assess, region_of, region_params
from app.eligibility.definition import as_date
from app.eligibility.types import Assessment, Audience, Outcome, Policy
from app.foundation.errors import InvalidInput
from app.residents import fact_catalogue
from app.residents.types import SubjectKind
from app.rules.amounts import PENDING
from app.rules.explanation import explain
from app.rules.values import read_date, read_number

Faults = dict[str, list[str]]

LABELS: Final = {Outcome.ELIGIBLE: "符合", Outcome.INELIGIBLE: "不符合", Outcome.UNDETERMINED: "还差信息"}
_FILE_KEYS = {"id", "as_of", "usual", "cases"}
_CASE_KEYS = {"name", "as_of", "facts", "expect", "amount", "says", "missing"}


@dataclass(frozen=True, slots=True)
class WorkedCase:
    """One subject on one day, and what the policy must answer.

    `amount` is in the unit of the benefit, "待定" where the text leaves it open, None where nothing is said
    of it; `says` is the amount as a resident reads it; `missing` names facts, lists and regional parameters.
    """

    name: str
    as_of: date
    facts: Mapping[str, object]
    outcome: Outcome
    amount: Decimal | str | None
    says: str | None
    missing: frozenset[str]


def check_policy(policy: Policy, record: Mapping[str, Any] | None) -> Faults:
    """Return what keeps a policy from being loaded, by place; nothing if its worked cases all come out.

    `record` is the policy's file, None if it has none. Asked for are one case of each outcome at least.
    """
    if record is None:
        return {"worked_cases": ["缺少样例：请在 config/worked_cases/ 下写符合、不符合、还差信息各至少一例"]}
    cases, faults = read_cases(record, policy.audience)
    if faults:
        return faults
    for number, case in enumerate(cases):
        if wrong := disagreement(policy, case):
            faults[f"worked_cases.{number}"] = [f"{case.name}：{wrong}"]
    lacking = [label for outcome, label in LABELS.items() if outcome not in {case.outcome for case in cases}]
    if lacking:
        faults["worked_cases"] = [f"样例里缺少结论为“{'”“'.join(lacking)}”的一例"]
    return faults


def read_cases(record: Mapping[str, Any], audience: Audience) -> tuple[tuple[WorkedCase, ...], Faults]:
    """Return the cases of a policy's file, and the faults of its form: keys, unknown facts, types."""
    reading = _Reading(record, SubjectKind(audience), {})
    return tuple(reading.cases()), reading.faults


def disagreement(policy: Policy, case: WorkedCase) -> str | None:
    """Say in Chinese where the policy's answer is not the one the case states; None where they agree."""
    found = assess(policy, case.facts, {}, as_of=case.as_of)
    if found.outcome is not case.outcome:
        return f"应为“{LABELS[case.outcome]}”，规则算出“{LABELS[found.outcome]}”"
    if found.outcome is Outcome.UNDETERMINED and (missing := _missing(policy, case)) != case.missing:
        return f"应缺少{_listed(case.missing)}，规则算出缺少{_listed(missing)}"
    return _amount_disagreement(case, found)


def _missing(policy: Policy, case: WorkedCase) -> frozenset[str]:
    params = region_params(region_of(case.facts), case.as_of)
    explained = explain(policy.conditions, case.facts, as_of=case.as_of, params=params)
    return frozenset((*explained.missing, *explained.missing_params))


def _amount_disagreement(case: WorkedCase, found: Assessment) -> str | None:
    amount = found.amount
    if case.outcome is Outcome.ELIGIBLE and (amount is None) is not (case.amount is None):
        return "待遇有金额，样例要写 amount" if amount else "待遇没有金额，样例不能写 amount"
    if amount is None:
        return None
    value = PENDING if amount.value is None else amount.value
    if case.amount is not None and value != case.amount:
        return f"应为{case.amount}，规则算出{value}（{amount.text}）"
    if case.says is not None and amount.text != case.says:
        return f"应说“{case.says}”，规则说“{amount.text}”"
    return None


def _listed(names: Iterable[str]) -> str:
    return "、".join(sorted(names)) or "（无）"


@dataclass(frozen=True, slots=True)
class _Reading:
    """One reading of one file; what is wrong is noted and left out."""

    record: Mapping[str, Any]
    kind: SubjectKind
    faults: Faults

    def cases(self) -> Iterable[WorkedCase]:
        rows, usual = self.record.get("cases"), self.record.get("usual", {})
        if set(self.record) - _FILE_KEYS or not isinstance(rows, list) or not isinstance(usual, dict):
            self.faults["worked_cases"] = ["样例文件只写 id、as_of、usual（信息的对象）和 cases（列表）"]
            return
        for number, row in enumerate(rows):
            here = f"worked_cases.{number}"
            if fault := _shape_fault(row) or _day_fault(row.get("as_of", self.record.get("as_of"))):
                self.faults[here] = [fault]
                continue
            facts = self._facts({**usual, **row.get("facts", {})}, here)
            yield _case(row, facts, as_date(row.get("as_of", self.record.get("as_of"))))

    def _facts(self, stated: Mapping[str, Any], here: str) -> dict[str, object]:
        """Read facts as a resident's own statement is read; null takes back what is usual."""
        read: dict[str, object] = {}
        for name, raw in stated.items():
            if raw is None:
                continue
            try:
                read[name] = fact_catalogue.read_statement(self.kind, name, raw)
            except InvalidInput as refused:
                self.faults[f"{here}.facts.{name}"] = [
                    text for texts in refused.errors.values() for text in texts
                ]
        return read


def _shape_fault(row: object) -> str | None:
    if not isinstance(row, dict) or set(row) - _CASE_KEYS or not isinstance(row.get("facts", {}), dict):
        return f"样例只写 {'、'.join(sorted(_CASE_KEYS))}"
    outcome = row.get("expect")
    if not isinstance(row.get("name"), str) or outcome not in set(Outcome):
        return "样例要有中文名称 name，expect 只能是 eligible、ineligible 或 undetermined"
    if (outcome == Outcome.UNDETERMINED) is not isinstance(row.get("missing"), list):
        return "还差信息的样例要用 missing 列出缺少什么，其他样例不写"
    if outcome == Outcome.INELIGIBLE and {"amount", "says"} & set(row):
        return "不符合的样例没有金额"
    amount = row.get("amount")
    if amount not in (None, PENDING) and (isinstance(amount, str) or read_number(amount) is None):
        return f"amount 应是数或“{PENDING}”"
    return None


def _day_fault(raw: object) -> str | None:
    return None if read_date(raw) else "写明 as_of（按哪一天判断），如 2026-01-31"


def _case(row: Mapping[str, Any], facts: Mapping[str, object], as_of: date) -> WorkedCase:
    amount = row.get("amount")
    number = None if amount == PENDING else read_number(amount)
    return WorkedCase(
        name=row["name"],
        as_of=as_of,
        facts=facts,
        outcome=Outcome(row["expect"]),
        amount=amount if number is None else Decimal(number),
        says=row.get("says"),
        missing=frozenset(row.get("missing", ())),
    )
