"""Tells an applicant what happened to their case, in the words of the timeline."""

from collections.abc import Mapping
from typing import Any

from app.applications import history, notices, timeline
from app.applications.items import department_name, item_of, limits_of
from app.applications.models import Case
from app.applications.timeline import Telling
from app.applications.types import Event
from app.foundation import working_days


def tell(case: Case, event: Event, note: Mapping[str, Any]) -> None:
    """Tell the applicant, once per event."""
    text = timeline.sentence(event, note, history.state_of(case), telling_of(case))
    notices.tell(case, event, text=text)


def telling_of(row: Any, *, applicant: str = "您") -> Telling:
    """Return what the sentences about a case need."""
    item = item_of(row.service_id, row.service_version)
    stages = {stage.id: (stage.name, department_name(stage.department)) for stage in item.stages}
    return Telling(
        department_name(row.department), applicant, limits_of(item), working_days.calendar(), stages
    )
