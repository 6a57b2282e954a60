"""Any sequence of what a resident, an officer and the clock may try, against a model of the table."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from app.applications import deadlines
from app.applications.folding import fold
from app.applications.history import read_event, state_of
from app.applications.models import Case, CaseEvent
from app.applications.transitions import EVENT_OF, TRANSITIONS
from app.applications.types import Action, EventKind, Status
from app.foundation import working_days
from app.foundation.transaction import atomic
from app.identity import sessions
from tests.blueprints.applications.errands import Desk, Errand
from tests.support.clock import FrozenClock
from tests.support.people import DEVICE, SignedIn

BEGIN = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
MOVES = [*["go_on"] * 6, *["decide"] * 3, "wait", "submit", "answer", "the_clock_ticks", "withdraw"]
ANSWER = {"reason": "理由", "items": ["近照"], "kind": "hearing", "days": 5}


@dataclass
class World:
    """What stays the same through all examples."""

    person: SignedIn
    officer: SignedIn
    desk: Desk
    clock: FrozenClock
    session: Any
    client: FlaskClient


class CaseMachine(RuleBasedStateMachine):
    """What the real thing answers is what the model says."""

    world: World

    @initialize()
    def begin(self):
        self.model = Status.WITHDRAWN
        self.world.clock.set(BEGIN)
        self.elder = Errand(self.world.person)
        self.log_in_again()
        self.elder.open().fill()
        self.model, self.asked_in, self.asked, self.extended = Status.DRAFT, None, False, False
        self.late = False

    def log_in_again(self):
        """Sessions end while days go by."""
        with atomic():
            resident_token, _ = sessions.open_for_resident(self.world.person.id, DEVICE)
            officer_token, _ = sessions.open_for_officer(self.world.officer.id, DEVICE)
        self.elder.client, self.world.desk.client = (
            self.world.client.bearer(resident_token),
            self.world.client.bearer(officer_token),
        )

    def may(self, kind):
        return any(row.before is self.model and row.kind is kind for row in TRANSITIONS)

    def leads_to(self, kind):
        return next(row.after for row in TRANSITIONS if row.before is self.model and row.kind is kind)

    def submit(self):
        fresh = self.model is Status.DRAFT
        known = self.elder.read()["receipt_no"]
        reply = self.elder.submission()
        assert reply.status_code == (201 if fresh or known else 409)
        if fresh:
            self.model = Status.SUBMITTED

    def answer(self):
        reply = self.elder.supplement(note="补好了")
        allowed = self.model is Status.SUPPLEMENT
        assert reply.status_code == (200 if allowed else 409)
        if allowed:
            self.model = self.asked_in

    def withdraw(self):
        allowed = self.may(EventKind.WITHDRAWN)
        assert self.elder.withdraw().status_code == (200 if allowed else 409)
        if allowed:
            self.model = Status.WITHDRAWN

    def decide(self, action):
        kind = EVENT_OF[action]
        if self.model is Status.DRAFT or self.elder.read()["receipt_no"] is None:
            assert self.world.desk.post(self.elder.id, action, version=1, **ANSWER).status_code == 404
            return
        allowed = self.may(kind)
        allowed &= not (kind is EventKind.SUPPLEMENT_REQUESTED and self.asked)
        allowed &= not (kind is EventKind.EXTENDED and self.extended)
        if self.model is Status.SUPPLEMENT:
            way_out = EventKind.REJECTED if self.asked_in is Status.ACCEPTED else EventKind.ACCEPTANCE_REFUSED
            allowed &= kind is way_out and self.late
        if kind is EventKind.APPROVED and self.model is Status.ACCEPTED:
            self.world.desk.handle(self.elder.id)  # every department before the decision
        listed = action in self.world.desk.read(self.elder.id)["allowed_actions"]
        reply = self.world.desk.post(self.elder.id, action, **ANSWER)
        assert (reply.status_code, listed) == (200 if allowed else 409, allowed), reply.json
        if not allowed:
            return
        if kind is EventKind.SUPPLEMENT_REQUESTED:
            self.asked_in, self.asked, self.late = self.model, True, False
        self.extended |= kind is EventKind.EXTENDED
        self.model = self.leads_to(kind)

    @rule(move=st.sampled_from(MOVES), action=st.sampled_from(sorted(Action)), data=st.data())
    def move(self, move, action, data):
        """Mostly people do what is possible; otherwise few examples would get far."""
        match move:
            case "decide":
                self.decide(action)
            case "wait":
                self.time_goes_by(data.draw(st.integers(1, 9)))
            case "go_on":
                self.go_on(data)
            case _:
                getattr(self, move)()

    def go_on(self, data):
        match self.model:
            case Status.DRAFT:
                self.submit()
            case Status.SUPPLEMENT if not self.late:
                self.answer()
            case _ if self.elder.read()["receipt_no"]:
                possible = self.world.desk.read(self.elder.id)["allowed_actions"]
                if possible:
                    self.decide(data.draw(st.sampled_from(possible).map(Action)))

    def time_goes_by(self, days):
        self.world.clock.advance(days=days)
        self.log_in_again()
        due = self.elder.read()["supplement"]
        self.late = due is not None and self.world.clock.now.date().isoformat() > due["due_on"]

    def the_clock_ticks(self):
        deadline = self.elder.read()["deadline"]
        with atomic():
            deadlines.deemed_accepted_due()
        if self.model is Status.SUBMITTED and deadline["overdue"]:
            self.model = Status.ACCEPTED

    @invariant()
    def the_row_caches_what_the_events_amount_to(self):
        if not hasattr(self, "elder"):
            return
        row = self.world.session.execute(select(Case.__table__).where(Case.id == self.elder.id)).one()
        told = self.world.session.execute(
            select(CaseEvent.__table__).where(CaseEvent.case_id == row.id).order_by(CaseEvent.seq)
        )
        assert row.status == self.model
        assert state_of(row) == fold([read_event(one)[0] for one in told], working_days.calendar())

    def teardown(self):
        if hasattr(self, "elder"):
            self.elder.withdraw()  # the next example begins the same matter again


def test_no_sequence_of_attempts_leaves_the_table(
    verified, registries, sign_in, clock, session, client
) -> None:
    clock.set(BEGIN)
    officer = sign_in.officer(department="11", region_code="500103")
    world = World(verified(), officer, Desk(officer), clock, session, client)
    run_state_machine_as_test(
        type("BoundMachine", (CaseMachine,), {"world": world}),
        settings=settings(
            max_examples=20,
            stateful_step_count=16,
            deadline=None,
            phases=(Phase.explicit, Phase.reuse, Phase.generate),
            suppress_health_check=list(HealthCheck),
        ),
    )
