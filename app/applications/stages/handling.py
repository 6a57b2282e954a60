"""Where each stage of a case stands, and what an end of one leads to; pure, folded from events.

In an ordinary case a department that does not confirm gives its opinion, and the handling goes on to those
who decide. In a 一件事 every stage is an item: what follows a refused one cannot be done and is cancelled,
the others go on.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from app.applications.errors import NotAllowedNow
from app.applications.stage_types import ENDED, StageState
from app.applications.stages.plan import Plan
from app.applications.types import Event, EventKind
from app.catalogue.types import Stage

_ENDS_EARLY = frozenset(
    {EventKind.REJECTED, EventKind.ACCEPTANCE_REFUSED, EventKind.WITHDRAWN, EventKind.REVOKED}
)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one stage stands, since when."""

    state: StageState = StageState.WAITING
    opened_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing happens in it any more."""
        return self.state in ENDED


@dataclass(frozen=True, slots=True)
class Handling:
    """The stages of one accepted case."""

    plan: Plan
    standings: Mapping[str, Standing]

    @classmethod
    def begun(cls, plan: Plan, at: datetime) -> "Handling":
        """Begin with the acceptance over."""
        fresh = cls(plan, {stage.id: Standing() for stage in plan.stages})
        accepted = [stage.id for stage in plan.stages if stage.accepts]
        return _moved_on(_with(fresh, accepted, Standing(StageState.PASSED, at, at)), at)

    def ended(self, stage_id: str, state: StageState, at: datetime) -> "Handling":
        """Return what follows when an open stage ends; raises NotAllowedNow where it is not open."""
        if stage_id not in self.plan.by_id or self.standings[stage_id].state is not StageState.OPEN:
            raise NotAllowedNow
        after = replace(self.standings[stage_id], state=state, ended_at=at)
        return _moved_on(_with(self, [stage_id], after), at)

    def decided(self, at: datetime) -> "Handling":
        """Return what follows when the case was approved: its deciding stage is over, payment begins."""
        decisive = self.plan.decisive
        if decisive is None:
            return self
        opened = self.standings[decisive.id].opened_at or at
        return _moved_on(_with(self, [decisive.id], Standing(StageState.PASSED, opened, at)), at)

    def stopped(self, at: datetime) -> "Handling":
        """Return what is left when the case ends without approval: nothing goes on."""
        left = [name for name, standing in self.standings.items() if not standing.ended]
        decisive = self.plan.decisive
        refused = [decisive.id] if decisive is not None and _is(self, decisive.id, StageState.OPEN) else []
        gone = _ending(self, [name for name in left if name not in refused], StageState.CANCELLED, at)
        return _ending(gone, refused, StageState.REFUSED, at)

    def after(self, event: Event) -> "Handling":
        """Return where the stages stand after one more event of the case; raises NotAllowedNow."""
        if event.kind is EventKind.STAGE_ENDED:
            return self.ended(event.details["stage"], StageState(event.details["outcome"]), event.at)
        if event.kind is EventKind.APPROVED:
            return self.decided(event.at)
        return self.stopped(event.at) if event.kind in _ENDS_EARLY else self

    @property
    def left(self) -> int:
        """How many stages have to end before the case can."""
        return sum(not self.standings[name].ended for name in self.plan.awaited)

    @property
    def unconfirmed(self) -> tuple[str, ...]:
        """The stages before the decision that ended without confirmation."""
        return tuple(
            stage.id
            for stage in self.plan.stages
            if stage.id in self.plan.awaited
            and self.standings[stage.id].state in {StageState.REFUSED, StageState.CANCELLED}
        )

    @property
    def uncounted(self) -> bool:
        """Whether everything that is being done now lies outside the limits (公示、评估)."""
        before = self.plan.awaited | ({self.plan.decisive.id} if self.plan.decisive else set())
        doing = [s for s in self.plan.stages if s.id in before and _is(self, s.id, StageState.OPEN)]
        return bool(doing) and all(stage.excluded for stage in doing)

    def changed(self, before: "Handling") -> list[Stage]:
        """Return the stages that stand elsewhere than before."""
        return [s for s in self.plan.stages if before.standings.get(s.id) != self.standings[s.id]]


def fold(events: Iterable[Event], plan_of: Callable[[Collection[str]], Plan]) -> Handling | None:
    """Return what the events, in order, amount to; None until one of them planned stages."""
    handling: Handling | None = None
    for event in events:
        handling = begun_by(event, plan_of) if handling is None else handling.after(event)
    return handling


def begun_by(event: Event, plan_of: Callable[[Collection[str]], Plan]) -> Handling | None:
    """Return the handling that an event begins: an acceptance that planned stages."""
    planned = event.details.get("stages")
    return Handling.begun(plan_of(planned), event.at) if planned else None


def _is(handling: Handling, stage_id: str, state: StageState) -> bool:
    return handling.standings[stage_id].state is state


def _with(handling: Handling, ids: Iterable[str], standing: Standing) -> Handling:
    return replace(handling, standings={**handling.standings, **dict.fromkeys(ids, standing)})


def _ending(handling: Handling, ids: Iterable[str], state: StageState, at: datetime) -> Handling:
    ended = {name: replace(handling.standings[name], state=state, ended_at=at) for name in ids}
    return replace(handling, standings={**handling.standings, **ended})


def _moved_on(handling: Handling, at: datetime) -> Handling:
    """Open what waits for nothing any more; cancel what cannot be done."""
    for stage in _in_order(handling.plan.stages):
        before = [handling.standings[name] for name in stage.after]
        if not _is(handling, stage.id, StageState.WAITING) or not all(one.ended for one in before):
            continue
        if handling.plan.one_thing and any(one.state is not StageState.PASSED for one in before):
            handling = _with(handling, [stage.id], Standing(StageState.CANCELLED, None, at))
        else:
            handling = _with(handling, [stage.id], Standing(StageState.OPEN, at))
    return handling


def _in_order(stages: Iterable[Stage]) -> Iterator[Stage]:
    """Yield every stage behind those that it follows."""
    left, seen = list(stages), set[str]()
    while left:
        ready = [stage for stage in left if seen.issuperset(stage.after)]
        yield from ready
        seen |= {stage.id for stage in ready}
        left = [stage for stage in left if stage.id not in seen]
