"""Fills in forms as a resident would: a valid answer for any field, and the whole of a form step by step."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from hypothesis import strategies as st
from stdnum import luhn
from stdnum.cn import ric, uscc

from app.forms import answers as answering
from app.forms.definition import load_form
from app.forms.fields.lists import item_limits
from app.forms.merging import merge
from app.forms.prefill import PrefilledValue
from app.forms.types import Field, FieldType, FormDefinition
from app.forms.visibility import walk
from config import files

WORDS = files.read("vocabularies")
REGIONS = tuple(region["code"] for region in files.read("regions")["regions"])
SERVICES = {service["id"]: service for service in files.read_all("services")}
AS_OF = date(2026, 11, 20)


def load(raw_steps: object, *, form_id: str = "svc-test") -> FormDefinition:
    return load_form(
        raw_steps,
        form_id=form_id,
        version=1,
        patterns=WORDS["patterns"],
        codesets={name: codeset["codes"] for name, codeset in WORDS["codesets"].items()},
        known_region=frozenset(REGIONS).__contains__,
    )


FORMS = {name: load(service["form_steps"], form_id=name) for name, service in SERVICES.items()}


def with_id_check(first17: str) -> str:
    return first17 + ric.calc_check_digit(first17 + "0")


def with_uscc_check(first17: str) -> str:
    return first17 + uscc.calc_check_digit(first17)


def with_luhn(digits: str) -> str:
    return digits + luhn.calc_check_digit(digits)


SIGNATURES = st.sampled_from(
    [
        {"kind": "typed", "text": "王秀英"},
        {"kind": "drawn", "attachment_id": "0190a1b2-0000-7000-8000-000000000001"},
    ]
)
CARDS = st.integers(10**14, 10**18 - 1).map(str).map(with_luhn).filter(lambda card: 16 <= len(card) <= 19)
BIRTHDAYS = st.dates(date(1930, 1, 1), date(2025, 12, 31))
IDS = st.builds(
    lambda region, born, serial: with_id_check(f"{region}{born:%Y%m%d}{serial:03}"),
    st.sampled_from([code for code in REGIONS if not code.endswith("00")]),
    BIRTHDAYS,
    st.integers(0, 999),
)
TEXTS = st.text(st.sampled_from("王李张重庆渝中区大坪街道１楼a1·𠮷"), min_size=1, max_size=20).filter(
    str.strip
)


def valid(field: Field) -> st.SearchStrategy[Any]:
    """Answers this field takes."""
    made: Mapping[FieldType, Callable[[], st.SearchStrategy[Any]]] = {
        FieldType.IDCARD: lambda: IDS,
        FieldType.PHONE: lambda: st.integers(13 * 10**9, 2 * 10**10 - 1).map(str),
        FieldType.BANKCARD: lambda: CARDS,
        FieldType.USCC: lambda: st.integers(0, 10**8 - 1).map(lambda n: with_uscc_check(f"91500103{n:08}A")),
        FieldType.REGION: lambda: st.sampled_from(REGIONS),
        FieldType.DATE: lambda: BIRTHDAYS.map(date.isoformat),
        FieldType.NUMBER: lambda: _numbers(field),
        FieldType.MONEY: lambda: _numbers(field).map(str),
        FieldType.SELECT: lambda: st.sampled_from([option.value for option in field.options]),
        FieldType.MULTISELECT: lambda: st.lists(
            st.sampled_from([option.value for option in field.options]), min_size=1, max_size=4
        ),
        FieldType.BOOL: st.booleans,
        FieldType.DECLARATION: lambda: st.sampled_from([True]),
        FieldType.SIGNATURE: lambda: SIGNATURES,
        FieldType.FILE: lambda: st.uuids().map(str),
        FieldType.LIST: lambda: _items(field),
    }
    return made.get(field.type, lambda: TEXTS.map(lambda text: text[: field.maxlen]))()


def _numbers(field: Field) -> st.SearchStrategy[int]:
    low = int(field.minimum) + 1 if field.minimum is not None else 0
    high = int(field.maximum) if field.maximum is not None else 1_000
    return st.integers(min(low, high), high)


def _items(field: Field) -> st.SearchStrategy[list[Any]]:
    fewest, most = item_limits(field)
    item = st.fixed_dictionaries({inner.key: valid(inner) for inner in field.item_fields})
    return st.lists(item, min_size=fewest, max_size=min(most, fewest + 2))


def fill_in(
    form: FormDefinition, prefilled: Mapping[str, PrefilledValue], choose: Callable[[Field], Any]
) -> dict[str, object]:
    """Go through the form as a resident does: open a step, answer what shows, save, follow `next_step`."""
    stored: dict[str, object] = {}
    number: int | None = walk(form, stored, prefilled, as_of=AS_OF).steps[0].number
    while number is not None:
        for _ in range(len(form.fields)):
            state = walk(form, stored, prefilled, as_of=AS_OF).step(number)
            new = {
                one.field.key: choose(one.field)
                for one in state.fields
                if not one.locked and one.field.key not in stored
            }
            if not new:
                break
            merged = merge(form, stored, new, prefilled, step=number)
            assert merged.errors == {}
            stored = merged.answers
        result = answering.validate_step(form, number, stored, prefilled, final=True, as_of=AS_OF)
        assert result.errors == {}, (form.id, number)
        stored |= result.cleaned
        number = result.next_step
    return stored
