"""Loads a form from data: checks all of it, compiles its conditions, and orders what depends on what."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from app.forms.errors import FormFaults
from app.forms.fields import kind_of
from app.forms.graph import find_loop, sort
from app.forms.reach import unreachable_steps
from app.forms.reading import FieldReading
from app.forms.types import Field, FieldType, FormDefinition, KnownRegion, Step
from app.rules.faults import FaultList, RuleFaults, joined, shown
from app.rules.syntax import Node, names_in, parse_form

if TYPE_CHECKING:
    from app.rules.types import FieldKind

MOST_STEPS = 30
STEP_ATTRIBUTES = frozenset({"title", "fields", "show_if"})


def load_form(
    raw_steps: object,
    *,
    form_id: str,
    version: int,
    patterns: Mapping[str, str],
    codesets: Mapping[str, Mapping[str, str]],
    known_region: KnownRegion,
) -> FormDefinition:
    """Return the checked form; raises FormFaults with every fault and its path.

    A path reads `form_steps[1].fields[0].show_if`;
    `patterns` are regular expressions by name, `codesets` are code → Chinese by name of the standard.
    """
    faults = FaultList()
    compiled = {name: re.compile(text, re.ASCII) for name, text in patterns.items()}
    reading = _FormReading(faults, FieldReading(compiled, codesets, known_region, faults))
    definition = reading.form(raw_steps, form_id, version, known_region)
    if faults.items or definition is None:
        raise FormFaults(faults.items)
    for number in unreachable_steps(definition):
        faults.add(f"form_steps[{number - 1}]", "这一步无论怎么填都不会出现，请检查显示条件")
    if faults.items:
        raise FormFaults(faults.items)
    return definition


def step_node(number: int) -> str:
    """Name a step among the keys of a dependency graph; no field key has this shape."""
    return f"第{number}步"


class _FormReading:
    """One walk over one form."""

    def __init__(self, faults: FaultList, fields: FieldReading) -> None:
        self.faults = faults
        self.fields = fields
        self.step_of: dict[str, int] = {}
        self.kinds: dict[str, FieldKind] = {}
        self.needs: dict[str, set[str]] = {}

    def form(
        self, raw_steps: object, form_id: str, version: int, known_region: KnownRegion
    ) -> FormDefinition | None:
        """Read every step twice: first what its fields are, then what they depend on."""
        if not isinstance(raw_steps, Sequence) or isinstance(raw_steps, str) or not raw_steps:
            self.faults.add("form_steps", "表单至少要有一步")
            return None
        if len(raw_steps) > MOST_STEPS:
            self.faults.add("form_steps", f"最多{MOST_STEPS}步")
            return None
        read = [self._fields(raw, number) for number, raw in enumerate(raw_steps, 1)]
        steps = tuple(
            self._conditions(raw, number, fields)
            for number, (raw, fields) in enumerate(zip(raw_steps, read, strict=True), 1)
        )
        every = {field.key: field for step in steps for field in step.fields}
        if not any(field.type is FieldType.DECLARATION for field in every.values()):
            self.faults.add("form_steps", "缺少承诺项：至少要有一项 declaration")
        loop = find_loop(self.needs)
        if loop:
            names = " → ".join(every[key].label if key in every else key for key in loop)
            self.faults.add(self._place(loop[0]), f"显示条件绕成了圈：{names}")
            return None
        order = tuple(key for key in sort(self.needs) if key in every)
        return FormDefinition(form_id, version, steps, every, self.step_of, order, known_region)

    def _fields(self, raw: object, number: int) -> tuple[Field, ...]:
        path = f"form_steps[{number - 1}]"
        if not isinstance(raw, Mapping) or not isinstance(raw.get("fields"), list) or not raw["fields"]:
            self.faults.add(path, "每一步要有 title 和至少一个填写项")
            return ()
        if not isinstance(raw.get("title"), str) or not raw["title"]:
            self.faults.add(joined(path, "title"), "缺少 title：这一步的名称")
        for name in set(raw) - STEP_ATTRIBUTES:
            self.faults.add(path, f"步骤里没有{shown(name)}这个属性")
        read = [
            self.fields.read(field, f"{path}.fields[{index}]") for index, field in enumerate(raw["fields"])
        ]
        return tuple(
            field
            for index, field in enumerate(read)
            if field is not None and self._new(field, number, f"{path}.fields[{index}]")
        )

    def _new(self, field: Field, number: int, path: str) -> bool:
        if field.key in self.step_of:
            self.faults.add(
                joined(path, "key"), f"{shown(field.key)}在第{self.step_of[field.key]}步已经有了，不能重复"
            )
            return False
        self.step_of[field.key] = number
        self.kinds[field.key] = kind_of(field)
        return True

    def _conditions(self, raw: object, number: int, fields: tuple[Field, ...]) -> Step:
        if not isinstance(raw, Mapping) or not isinstance(raw.get("fields"), list):
            return Step("", ())
        path, place = f"form_steps[{number - 1}]", step_node(number)
        condition = self._condition(raw, f"{path}.show_if", place, number)
        by_key = {field.key: field for field in fields}
        done = []
        for index, raw_field in enumerate(raw["fields"]):
            key = raw_field.get("key") if isinstance(raw_field, Mapping) else None
            field = by_key.pop(key, None) if isinstance(key, str) else None
            if field is None:
                continue
            self.needs.setdefault(field.key, set()).add(place)
            shown_if = self._condition(raw_field, f"{path}.fields[{index}].show_if", field.key, number)
            done.append(_with_condition(field, shown_if))
        return Step(str(raw.get("title", "")), tuple(done), condition)

    def _condition(self, raw: Mapping[str, object], path: str, node: str, number: int) -> Node | None:
        self.needs.setdefault(node, set())
        if "show_if" not in raw:
            return None
        later = [name for name in _named(raw["show_if"]) if self.step_of.get(name, 0) > number]
        for name in later:
            self.faults.add(path, f"{shown(name)}在后面的第{self.step_of[name]}步，条件只能看本步和之前的")
        if later:
            return None
        known = {key: kind for key, kind in self.kinds.items() if self.step_of[key] <= number}
        try:
            condition = parse_form(raw["show_if"], known, path=path)
        except RuleFaults as refused:
            self.faults.extend(refused.faults)
            return None
        self.needs[node] |= names_in(condition)
        return condition

    def _place(self, node: str) -> str:
        number = self.step_of.get(node)
        if number is None:
            return f"form_steps[{int(node.strip('第步')) - 1}].show_if"
        return f"form_steps[{number - 1}].{node}.show_if"


def _named(data: object) -> Iterator[str]:
    """Yield every field a raw condition names; deep nesting is the parser's to refuse."""
    waiting = [data]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Mapping):
            if isinstance(node.get("field"), str):
                yield str(node["field"])
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def _with_condition(field: Field, condition: Node | None) -> Field:
    return replace(field, show_if=condition) if condition is not None else field
