"""Lays the domain's views side by side as the wire has them."""

from dataclasses import fields
from typing import Any

from app.applications.queries import CaseView
from app.applications.staff_queries import TaskView
from app.applications.steps import Review, StepView


def case_shape(view: CaseView) -> dict[str, Any]:
    """Return one case flat: what a list shows, and the rest beside it."""
    return _flat(view.brief) | {name: value for name, value in _flat(view).items() if name != "brief"}


def step_shape(view: StepView, version: int) -> dict[str, Any]:
    """Return one step with the version that the next save is based on."""
    return {**_flat(view), "version": version}


def review_shape(view: Review, version: int) -> dict[str, Any]:
    """Return everything to check with the version."""
    return {**_flat(view), "version": version}


def task_shape(view: TaskView) -> dict[str, Any]:
    """Return one task flat."""
    rest = {name: value for name, value in _flat(view).items() if name != "task"}
    return _flat(view.task.brief) | _flat(view.task) | rest


def _flat(view: Any) -> dict[str, Any]:
    return {field.name: getattr(view, field.name) for field in fields(view)}
