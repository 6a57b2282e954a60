"""An explanation as an officer may see it before publication: of nobody in particular, values coarsened."""

from collections.abc import Mapping
from typing import Any

from app.catalogue import regions
from app.eligibility.assessment import HIDDEN
from app.eligibility.types import Assessment, ReasonView
from app.foundation import masking
from app.residents import fact_catalogue
from app.rules.types import FactType

PLAIN = (FactType.BOOL, FactType.INT, FactType.DECIMAL, FactType.ENUM)
PREFECTURE = 4


def masked(assessment: Assessment) -> Mapping[str, Any]:
    """Return an explanation without id, source or date: of dates the year, of regions the city.

    Sensitive values say only that they were seen (PIPL 28); how a condition came out stays readable.
    """
    return {
        "outcome": assessment.outcome.value,
        "amount": assessment.amount.text if assessment.amount else None,
        "reasons": [_masked(reason) for reason in assessment.reasons],
        "missing": [item.label for item in assessment.missing],
    }


def _masked(reason: ReasonView) -> dict[str, Any]:
    return {
        "text": reason.text,
        "outcome": reason.outcome,
        "value": _coarse(reason),
        "children": [_masked(child) for child in reason.children],
    }


def _coarse(reason: ReasonView) -> str | None:
    if reason.value is None or reason.value == HIDDEN or reason.fact is None:
        return reason.value
    match _type_of(reason.fact):
        case FactType.DATE:
            return f"{reason.value[:4]}年"
        case FactType.REGION:
            return regions.name(reason.value[:PREFECTURE])
        case kind if kind in PLAIN:
            return reason.value
        case _:
            return masking.text(reason.value)


def _type_of(name: str) -> FactType | None:
    """Return the type of a fact of whatever scope; of a list, only its length was ever shown."""
    vocabulary = fact_catalogue.vocabulary()
    if name in vocabulary.lists:
        return FactType.INT
    found = vocabulary.fact(vocabulary.scope_of(name) or "", name)
    return found.type if found else None
