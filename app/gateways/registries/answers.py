"""Reading what a department answered; anything of another shape than agreed is `Unbelievable`."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from app.gateways.registries.declared import Declared
from app.gateways.registries.departments import Department
from app.gateways.registries.port import (
    Certificate,
    Fact,
    FactList,
    RegistryAnswer,
    SharedFields,
    Whereabouts,
)


class Unbelievable(Exception):
    """The answer does not keep to what was agreed; the text names the field, never its value."""


def facts_of(answer: Mapping[str, Any], department: Department, declared: Declared) -> RegistryAnswer:
    """Read the answer to a query."""
    _must_be(answer, "department", department.value)
    return RegistryAnswer(
        department=department,
        found=_bool(answer, "found"),
        record_no=_text(answer, "record_no"),
        facts=dict(_facts(answer, department, declared)),
        lists=dict(_lists(answer, department, declared)),
    )


def share_of(answer: Mapping[str, Any], department: Department, share: str) -> SharedFields:
    """Read the answer to a share query."""
    _must_be(answer, "department", department.value)
    _must_be(answer, "share", share)
    found = _bool(answer, "found")
    return SharedFields(
        department=department,
        share=share,
        found=found,
        record_no=_text(answer, "record_no"),
        as_of=_date(answer, "as_of") if found else None,
        fields=_mapping(answer, "fields"),
    )


def certificates_of(answer: Mapping[str, Any], kind: str) -> tuple[Certificate, ...]:
    """Read the answer of the certificate library."""
    _must_be(answer, "type", kind)
    return tuple(
        Certificate(
            type=_must_be(item, "type", kind),
            number=_text(item, "number"),
            fields=_mapping(item, "fields"),
            valid_to=None if item.get("valid_to") is None else _date(item, "valid_to"),
            status=_text(item, "status"),
        )
        for item in _mappings(answer, "items")
    )


def whereabouts_of(answer: Mapping[str, Any], department: Department) -> Whereabouts:
    """Read who a person is; who is found has a name."""
    _must_be(answer, "department", department.value)
    found = _bool(answer, "found")
    address = answer.get("address")
    return Whereabouts(
        found=found,
        record_no=_text(answer, "record_no"),
        name=_text(answer, "name") if found else None,
        address=None if address is None else _text(answer, "address"),
    )


def _facts(
    answer: Mapping[str, Any], department: Department, declared: Declared
) -> Iterator[tuple[str, Fact]]:
    stated = _mapping(answer, "facts")
    for name in stated:
        entry = _mapping(stated, name)
        value = entry.get("value")
        if value is None:
            continue  # on record, but left empty: unknown
        if not declared.believes_fact(department, name, value):
            raise Unbelievable(f"facts.{name}")
        yield name, Fact(value, _date(entry, "as_of"))


def _lists(
    answer: Mapping[str, Any], department: Department, declared: Declared
) -> Iterator[tuple[str, FactList]]:
    stated = _mapping(answer, "lists")
    for name in stated:
        entry = _mapping(stated, name)
        items = entry.get("items")
        if not declared.believes_list(department, name, items):
            raise Unbelievable(f"lists.{name}")
        yield name, FactList(tuple(entry["items"]), _date(entry, "as_of"))


def _must_be(answer: Mapping[str, Any], name: str, expected: str) -> str:
    if answer.get(name) != expected:
        raise Unbelievable(name)
    return expected


def _bool(answer: Mapping[str, Any], name: str) -> bool:
    value = answer.get(name)
    if not isinstance(value, bool):
        raise Unbelievable(name)
    return value


def _text(answer: Mapping[str, Any], name: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str) or not value:
        raise Unbelievable(name)
    return value


def _mapping(answer: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = answer.get(name)
    if not isinstance(value, dict):
        raise Unbelievable(name)
    return value


def _mappings(answer: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    values = answer.get(name)
    if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
        raise Unbelievable(name)
    yield from values


def _date(answer: Mapping[str, Any], name: str) -> date:
    try:
        return date.fromisoformat(_text(answer, name))
    except ValueError:
        raise Unbelievable(name) from None
