"""Turns what was written about a service into a checked ServiceItem, or says everything that is wrong."""

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

from app.catalogue import checks, regions
from app.catalogue.errors import CatalogueRefused
from app.catalogue.types import ServiceContent, ServiceItem
from app.catalogue.vocabulary import Words
from app.forms.definition import load_form
from app.forms.errors import FormFaults
from app.forms.fields import kind_of
from app.forms.types import FormDefinition
from app.rules.faults import Fault, RuleFaults, joined
from app.rules.syntax import Node, parse_form

_SHAPE = TypeAdapter(ServiceContent)
_SHAPE_FAULTS = {
    "missing": "缺少这一项",
    "extra_forbidden": "多余的内容",
    "unexpected_keyword_argument": "多余的内容",
}


def checksum(raw: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a service's canonical JSON."""
    return hashlib.sha256(orjson.dumps(raw, option=orjson.OPT_SORT_KEYS)).hexdigest()


def plain(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the service as JSON holds it: dates as text."""
    read: dict[str, Any] = orjson.loads(orjson.dumps(raw))
    return read


def read_service(raw: Mapping[str, Any], *, version: int, words: Words) -> ServiceItem:
    """Return the checked service; raises CatalogueRefused with every fault under the service's id."""
    body = plain(raw)
    content = _content(body)
    faults = [*checks.words_are_known(content, words)]
    faults += [fault for check in checks.CHECKS for fault in check(content)]
    return _item(body, content, version, words, faults)


def restore_service(body: Mapping[str, Any], *, version: int, words: Words) -> ServiceItem:
    """Return a service that was checked when it was published; today's checks and words do not judge it."""
    return _item(body, _content(body), version, words, [])


def _item(
    body: Mapping[str, Any], content: ServiceContent, version: int, words: Words, faults: list[Fault]
) -> ServiceItem:
    form = _form(content, version, words, faults)
    conditions = _conditions(content, form, faults) if form is not None else {}
    if form is None or faults:
        raise CatalogueRefused([Fault(joined(content.id, fault.path), fault.message) for fault in faults])
    return ServiceItem(content, version, checksum(body), form, conditions)


def _content(body: Mapping[str, Any]) -> ServiceContent:
    try:
        return _SHAPE.validate_json(orjson.dumps(body))
    except ValidationError as refused:
        raise CatalogueRefused(
            [
                Fault(_path(body, error["loc"]), _SHAPE_FAULTS.get(error["type"], "类型或内容不对"))
                for error in refused.errors(include_input=False)
            ]
        ) from None


def _path(body: Mapping[str, Any], place: tuple[int | str, ...]) -> str:
    path = str(body.get("id", "?"))
    for step in place:
        path = joined(path, step)
    return path


def _form(content: ServiceContent, version: int, words: Words, faults: list[Fault]) -> FormDefinition | None:
    try:
        return load_form(
            content.form_steps,
            form_id=content.id,
            version=version,
            patterns=words.patterns,
            codesets=words.codesets,
            known_region=regions.known,
        )
    except FormFaults as refused:
        faults.extend(refused.faults)
        return None


def _conditions(content: ServiceContent, form: FormDefinition, faults: list[Fault]) -> dict[str, Node]:
    kinds = {key: kind_of(one) for key, one in form.fields.items()}
    written = [(stage.id, f"stages[{n}].when", stage.when) for n, stage in enumerate(content.stages)]
    written += [
        (f"materials[{n}]", f"materials[{n}].show_if", one.show_if) for n, one in enumerate(content.materials)
    ]
    compiled: dict[str, Node] = {}
    for name, path, raw in written:
        if raw is None:
            continue
        try:
            compiled[name] = parse_form(raw, kinds, path=path)
        except RuleFaults as refused:
            faults.extend(refused.faults)
    return compiled
