"""Officers: who sees what, who decides, and what the applicant is told."""

import pytest
from sqlalchemy import select

from app.applications import deadlines
from app.applications.folding import fold
from app.applications.history import read_event, state_of
from app.applications.models import Case, CaseEvent
from app.applications.numbers import new_tracking_no, next_receipt_no
from app.foundation import working_days
from app.foundation.database import session as database_session
from app.foundation.transaction import atomic
from app.identity.types import Role
from tests.blueprints.applications.errands import STEPS, TASKS, Desk, Errand, in_a_thread, key, match

MESSAGES = "/api/v1/me/messages"


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"region_code": "500105"},
        {"region_code": "340000"},
        {"department": "14"},
        {"department": "14", "region_code": "000000"},
    ],
)
def test_an_officer_of_another_district_or_department_sees_nothing(elder, desk_of, elsewhere) -> None:
    elder.submitted()
    stranger = desk_of(**elsewhere)
    assert stranger.tasks() == []
    assert stranger.get(elder.id).status_code == 404
    assert stranger.claim(elder.id).status_code == 404
    assert stranger.post(elder.id, "accept", version=2).status_code == 404
    assert elder.read()["status"] == "submitted"


@pytest.mark.parametrize("region_code", ["500103", "500000", "000000"])
def test_an_officer_sees_their_own_region_and_all_within_it(elder, desk_of, region_code) -> None:
    elder.submitted()
    assert [task["id"] for task in desk_of(region_code=region_code).tasks()] == [elder.id]


def test_a_draft_is_nobodys_but_its_owners(elder, desk) -> None:
    elder.open()
    assert desk.tasks() == []
    assert desk.get(elder.id).status_code == 404
    elder.withdraw()
    assert desk.tasks(status="withdrawn") == []
    assert desk.get(elder.id).status_code == 404


def test_only_case_officers_decide(elder, sign_in) -> None:
    elder.submitted()
    operator = Desk(sign_in.officer(Role.OPERATOR, department="11", region_code="500103"))
    assert operator.post(elder.id, "accept", version=2).status_code == 403
    assert elder.client.get(TASKS).status_code == 403


def test_a_task_shows_everything_but_no_whole_id_number(elder, desk) -> None:
    elder.submitted()
    text = desk.get(elder.id).get_data(as_text=True)
    assert "500103194403019023" not in text
    task = desk.read(elder.id)
    assert task["allowed_actions"] == ["accept", "request_supplement", "refuse_acceptance"]
    assert {one["name"] for one in task["materials"]} >= {"居民身份证"}
    assert [entry["actor"] for entry in task["timeline"]] == ["申请人", "申请人"]


def test_a_decision_needs_the_version_it_saw_and_a_key(elder, desk) -> None:
    elder.submitted()
    url, body = f"{TASKS}/{elder.id}/decision", {"action": "accept"}
    assert desk.client.post(url, json=body, headers=key()).status_code == 400
    assert desk.client.post(url, json=body, headers=match(2)).status_code == 400


def test_an_officer_who_saw_an_old_version_is_told(elder, desk) -> None:
    elder.submitted()
    version = desk.read(elder.id)["version"]
    desk.decide(elder.id, "accept")
    late = desk.post(elder.id, "refuse_acceptance", version=version, reason="不符合条件")
    assert (late.status_code, late.json["code"]) == (412, "stale_version")


def test_two_officers_deciding_at_once_one_wins(elder, desk, desk_of, together, client) -> None:
    elder.submitted()
    version = desk.read(elder.id)["version"]
    desks = [desk, desk_of()]
    actions = [("accept", {}), ("refuse_acceptance", {"reason": "不属于本机关职权"})]

    def decide(number):
        action, words = actions[number]
        officer = Desk(desks[number].officer)
        officer.client = in_a_thread(client, desks[number].officer.token)
        return officer.post(elder.id, action, version=version, **words)

    statuses = sorted(reply.status_code for reply in together(decide, times=2))
    assert statuses == [200, 412]
    assert len(elder.timeline()) == 3


def test_an_answer_against_a_withdrawal_one_wins(elder, desk, together) -> None:
    elder.submitted()
    desk.decide(elder.id, "request_supplement", items=["近照"])

    def act(number):
        phone = elder.other_thumb()
        return phone.supplement(note="补好了") if number else phone.withdraw()

    replies = together(act, times=2)
    assert replies[0].status_code == 200, "a case may be withdrawn before and after the answer"
    kinds = [entry["kind"] for entry in elder.timeline()]
    assert kinds[-1] == "withdrawn"
    assert replies[1].status_code == (200 if "supplement_answered" in kinds else 409)


def test_claiming_is_a_lease_of_half_an_hour(elder, desk, desk_of, clock) -> None:
    elder.submitted()
    assert desk.claim(elder.id).status_code == 200
    colleague = desk_of()
    refused = colleague.claim(elder.id)
    assert (refused.status_code, refused.json["code"]) == (409, "task.claimed_by_other")
    assert desk.claim(elder.id).status_code == 200, "one's own claim is renewed"
    clock.advance(minutes=30)
    assert desk_of().claim(elder.id).status_code == 200


def test_the_one_list_is_asked_for_once(elder, desk) -> None:
    elder.submitted()
    desk.decide(elder.id, "request_supplement", items=["近照"])
    elder.supplement(note="补好了")
    assert elder.read()["status"] == "submitted", "the answer returns to where the question came from"
    again = desk.post(elder.id, "request_supplement", items=["户口簿"])
    assert (again.status_code, again.json["code"]) == (409, "application.supplement_already_asked")
    desk.decide(elder.id, "accept")
    assert desk.post(elder.id, "request_supplement", items=["户口簿"]).status_code == 409
    assert "request_supplement" not in desk.read(elder.id)["allowed_actions"]


def test_an_answer_may_change_answers_but_not_locked_ones(elder, desk) -> None:
    elder.submitted()
    desk.decide(elder.id, "accept")
    desk.decide(elder.id, "request_supplement", items=["更正现居住地"])
    assert elder.supplement({"name": "张三"}).status_code == 422
    assert elder.supplement({"nothing": 1}).status_code == 422
    assert elder.supplement({"live_region": None}).status_code == 422
    assert elder.read()["status"] == "supplement"
    assert elder.supplement({"live_region": "500105"}).status_code == 200
    assert elder.fields(1)["live_region"]["value"] == "500105"
    assert elder.read()["status"] == "accepted"


@pytest.mark.parametrize(
    ("before", "action", "words", "wrong"),
    [
        ([], "request_supplement", {}, "items"),
        ([], "refuse_acceptance", {}, "reason"),
        (["accept"], "reject", {}, "reason"),
        (["accept"], "extend", {}, "reason"),
        (["accept"], "pause", {"reason": "需要听证"}, "kind"),
        (["accept"], "pause", {"reason": "需要听证", "kind": "hearing"}, "days"),
    ],
)
def test_what_the_law_wants_told_must_be_told(elder, desk, before, action, words, wrong) -> None:
    elder.submitted()
    for step in before:
        desk.decide(elder.id, step)
    reply = desk.post(elder.id, action, **words)
    assert (reply.status_code, wrong in reply.json["errors"]) == (422, True)


@pytest.mark.parametrize("action", ["approve", "reject", "resume", "pause", "extend"])
def test_nothing_is_decided_before_it_is_accepted(elder, desk, action) -> None:
    elder.submitted()
    words = {"reason": "理由", "kind": "hearing", "days": 5}
    reply = desk.post(elder.id, action, **words)
    assert (reply.status_code, reply.json["code"]) == (409, "application.not_allowed_now")


def test_a_special_procedure_stops_the_clock_and_an_extension_comes_once(elder, desk, clock) -> None:
    elder.submitted()
    desk.decide(elder.id, "accept")
    before = elder.read()["deadline"]
    assert (before["kind"], before["working_days_left"], before["running"]) == ("decide", 10, True)
    desk.decide(elder.id, "pause", kind="inspection", days=5, reason="需要入户核查")
    clock.advance(days=7)
    stopped = elder.read()["deadline"]
    assert (stopped["running"], stopped["working_days_left"]) == (False, 10)
    assert "停止计算" in stopped["text"]
    desk.decide(elder.id, "resume")
    going_on = elder.read()["deadline"]
    assert (going_on["running"], going_on["working_days_left"]) == (True, 10)
    desk.decide(elder.id, "extend", reason="需要外地协查")
    assert elder.read()["deadline"]["working_days_left"] == 20
    again = desk.post(elder.id, "extend", reason="还需要时间")
    assert (again.status_code, again.json["code"]) == (409, "application.already_extended")
    line = elder.timeline()[3]
    assert (line["title"], line["clock"]["running"]) == ("进入特别程序", False)
    assert "检验、检测或现场核查" in line["text"]


def test_the_applicant_is_told_once_about_every_step_of_the_office(elder, desk) -> None:
    elder.submitted()
    desk.decide(elder.id, "accept")
    desk.decide(elder.id, "request_supplement", items=["近照"])
    elder.supplement(note="补好了")
    desk.decide(elder.id, "reject", reason="未满80周岁")
    told = elder.client.get(MESSAGES).json["items"]
    assert [message["template"] for message in told] == [
        "case_decided",
        "supplement_request",
        "case_progress",
    ]
    assert "未满80周岁" in told[0]["body"]
    assert "行政复议" in told[0]["body"]
    assert "近照" in told[1]["body"]
    assert elder.id in told[0]["link"]


def test_nobody_is_told_of_a_decision_that_was_refused(elder, desk) -> None:
    elder.submitted()
    desk.post(elder.id, "approve")
    assert elder.client.get(MESSAGES).json["items"] == []


def test_the_queue_begins_with_the_next_deadline_and_knows_what_is_late(
    elder, verified, registries, desk, clock
) -> None:
    late = Errand(verified("yuzhong_elder_no_credit")).submitted()
    clock.advance(days=3)
    elder.submitted()
    assert [task["id"] for task in desk.tasks()] == [late.id, elder.id]
    assert desk.tasks(overdue="true") == []
    clock.advance(days=6)
    assert [task["id"] for task in desk.tasks(overdue="true")] == [late.id]
    assert [task["id"] for task in desk.tasks(overdue="false")] == [elder.id]
    [task] = desk.tasks(overdue="true")
    assert (task["overdue"], task["deadline"]["working_days_left"] < 0) == (True, True)
    page = desk.client.get(TASKS, query_string={"page_size": 1}).json
    rest = desk.client.get(TASKS, query_string={"page_size": 1, "cursor": page["next_cursor"]}).json
    assert [page["items"][0]["id"], rest["items"][0]["id"]] == [late.id, elder.id]
    assert desk.tasks(status="accepted") == []


@pytest.mark.parametrize("query", [{"status": "lost"}, {"overdue": "2"}, {"cursor": "x"}, {"who": "me"}])
def test_a_filter_that_does_not_exist_is_refused(desk, query) -> None:
    assert desk.client.get(TASKS, query_string=query).status_code == 422


def test_what_no_office_answered_in_five_working_days_is_accepted(elder, desk, clock) -> None:
    elder.submitted()  # Monday 15 June, 端午 19 to 21
    clock.advance(days=8)
    assert _tick() == 0, "the fifth day is not over"
    clock.advance(days=1)
    assert _tick() == 1
    case = elder.read()
    assert (case["status"], case["timeline"][-1]["kind"]) == ("accepted", "deemed_accepted")
    assert case["deadline"]["working_days_left"] == 10 - 6, "it counts from the day of receipt"
    assert "视为受理" in elder.client.get(MESSAGES).json["items"][0]["title"]
    assert _tick() == 0


def test_while_the_applicant_is_asked_nothing_is_deemed_accepted(elder, desk, clock) -> None:
    elder.submitted()
    desk.decide(elder.id, "request_supplement", items=["近照"])
    clock.advance(days=20)
    assert _tick() == 0


def test_an_unanswered_list_ends_the_case_only_after_its_date(elder, desk, clock) -> None:
    elder.submitted()
    desk.decide(elder.id, "request_supplement", items=["近照"], days=15)
    early = desk.post(elder.id, "refuse_acceptance", reason="逾期未补正")
    assert (early.status_code, early.json["code"]) == (409, "application.supplement_waiting")
    clock.advance(days=16)
    assert desk.post(elder.id, "reject", reason="逾期未补正").status_code == 409
    assert desk.decide(elder.id, "refuse_acceptance", reason="逾期未补正") == "refused"


def test_a_case_of_december_gets_its_dates_when_the_calendar_comes(
    verified, registries, desk_of, clock
) -> None:
    clock.set(clock.now.replace(month=12, day=21))
    elder, desk = Errand(verified()).submitted(), desk_of()
    desk.decide(elder.id, "accept")
    assert elder.read()["deadline"]["due_on"] is None
    assert elder.read()["deadline"]["working_days_left"] == 10
    known = working_days.calendar()
    coming = working_days.WorkingDays(
        known.years | {2027}, known.off | {clock.now.date().replace(year=2027, month=1, day=1)}, known.working
    )
    working_days.use(coming)
    try:
        clock.advance(hours=25)
        with atomic():
            assert deadlines.date_the_undated() == 1
            assert deadlines.date_the_undated() == 0
        assert database_session.get_one(Case, elder.id).promised_due_on is not None
    finally:
        working_days.use(known)


@pytest.mark.parametrize(
    "way",
    [
        ["accept", "approve"],
        ["request_supplement", "answer", "accept", "pause", "resume", "extend", "reject"],
        ["accept", "request_supplement", "answer", "approve"],
        ["accept", "pause", "withdraw"],
        ["refuse_acceptance"],
    ],
)
def test_what_a_row_caches_is_what_its_events_amount_to(elder, desk, clock, session, way) -> None:
    elder.submitted()
    words = {"reason": "理由", "items": ["近照"], "kind": "hearing", "days": 5}
    for step in way:
        clock.advance(days=1)
        match step:
            case "answer":
                assert elder.supplement(note="补好了").status_code == 200
            case "withdraw":
                assert elder.withdraw().status_code == 200
            case action:
                desk.decide(elder.id, action, **words)
        row = session.execute(select(Case.__table__).where(Case.id == elder.id)).one()
        rows = session.execute(
            select(CaseEvent.__table__).where(CaseEvent.case_id == elder.id).order_by(CaseEvent.seq)
        )
        events = [read_event(event)[0] for event in rows]
        assert state_of(row) == fold(events, working_days.calendar())
        assert row.events_count == len(events)


def test_a_task_and_the_queue_take_few_queries_however_many_there_are(
    elder, verified, registries, desk, query_budget
) -> None:
    elder.submitted()
    desk.tasks()
    with query_budget(3) as one:
        assert len(desk.tasks()) == 1
    few = len(one)
    for person in ("yuzhong_elder_no_credit", "yuzhong_elder_level_unknown", "jiangbei_elder"):
        Errand(verified(person)).submitted()
    with query_budget(few):
        assert len(desk.tasks()) == 4
    with query_budget(4):
        desk.read(elder.id)


def test_receipts_are_unique_under_load(together) -> None:
    def make(_):
        with atomic():
            numbers = [(next_receipt_no("500103"), new_tracking_no()) for _ in range(50)]
        database_session.remove()
        return numbers

    made = [pair for numbers in together(make, times=8) for pair in numbers]
    assert len({receipt for receipt, _ in made}) == len({tracking for _, tracking in made}) == 400


def test_steps_of_the_form_are_the_officers_answers(elder, desk) -> None:
    elder.submitted()
    titles = [step["title"] for step in desk.read(elder.id)["answers"]]
    assert titles == ["老人信息", "领款信息", "代办人", "承诺与签名"]
    assert len(titles) == len(STEPS)


def _tick():
    with atomic():
        return deadlines.deemed_accepted_due()
