"""What waits for what among the stages of one case; pure.

An ordinary service ends with one decision: the stage that `decides`, or, where none does, what comes after
every stage that counts. A 一件事 ends once every mandatory item has ended: each stage is an item of its own.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property

from app.catalogue.applicability import stages_among
from app.catalogue.types import ServiceItem, Stage


@dataclass(frozen=True)
class Plan:
    """The stages of one case, each following those in its `after`."""

    stages: tuple[Stage, ...]
    one_thing: bool

    @classmethod
    def of(cls, item: ServiceItem, ids: Collection[str]) -> "Plan":
        """Take the stages that a case's answers call for."""
        return cls(stages_among(item, ids), item.one_thing)

    @cached_property
    def by_id(self) -> dict[str, Stage]:
        """The stages by id."""
        return {stage.id: stage for stage in self.stages}

    @cached_property
    def decisive(self) -> Stage | None:
        """The stage that ends with the decision, where one is named."""
        return next((stage for stage in self.stages if stage.decides), None)

    @cached_property
    def mandatory(self) -> frozenset[str]:
        """The items of a 一件事 that it ends with: those without a choice (必办).

        Where people decide none of these (身后一件事), what was chosen is what was applied for.
        """
        items = [stage for stage in self.stages if not (stage.excluded or stage.accepts or stage.auto)]
        needed = [stage for stage in items if stage.when is None]
        return frozenset(stage.id for stage in needed or items)

    @cached_property
    def awaited(self) -> frozenset[str]:
        """The stages that have to end before the case can: what leads to its decision, or its items."""
        if self.one_thing:
            return self._with_all_before(self.mandatory)
        if self.decisive is not None:
            return self._with_all_before([self.decisive.id]) - {self.decisive.id}
        return self._with_all_before(stage.id for stage in self.stages if not stage.excluded)

    def _with_all_before(self, ids: Iterable[str]) -> frozenset[str]:
        found: set[str] = set()
        waiting = list(ids)
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += self.by_id[name].after
        return frozenset(found)


def begins_by_itself(item: ServiceItem) -> bool:
    """Say whether a case is accepted as it is submitted: the machine does what comes first (秒批)."""
    first = [stage for stage in item.stages if not stage.after]
    return all(stage.auto for stage in first)
