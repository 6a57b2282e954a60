"""Which stages and materials of a service apply to these answers."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date

from app.catalogue.types import Material, ServiceItem, Stage
from app.rules.evaluation import evaluate


def materials_for(item: ServiceItem, answers: Mapping[str, object], *, as_of: date) -> tuple[Material, ...]:
    """Return the materials that these (visible) answers call for; an unanswered condition calls for none."""
    return tuple(
        material
        for index, material in enumerate(item.materials)
        if _applies(item, f"materials[{index}]", answers, as_of)
    )


def stages_for(item: ServiceItem, answers: Mapping[str, object], *, as_of: date) -> tuple[Stage, ...]:
    """Return the stages that these answers call for."""
    return stages_among(item, {stage.id for stage in item.stages if _applies(item, stage.id, answers, as_of)})


def stages_among(item: ServiceItem, kept: Collection[str]) -> tuple[Stage, ...]:
    """Return the stages of these ids, each following what came before any stage that was skipped."""
    by_id = {stage.id: stage for stage in item.stages}

    def before(stage: Stage) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for name in stage.after:
            found |= dict.fromkeys((name,) if name in kept else before(by_id[name]))
        return tuple(found)

    return tuple(replace(stage, after=before(stage)) for stage in item.stages if stage.id in kept)


def _applies(item: ServiceItem, name: str, answers: Mapping[str, object], as_of: date) -> bool:
    condition = item.conditions.get(name)
    return condition is None or evaluate(condition, answers, as_of=as_of, params={}) is True
