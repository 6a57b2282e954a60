"""好差评: every level is taken and counted, once, after the result; the rated never learn who rated."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from app.audit import trail
from app.foundation import database
from app.ratings import queries
from app.ratings.models import Rating
from tests.blueprints.applications.errands import Errand, key

STAFF = "/api/v1/staff/ratings"
SINCE, UNTIL = datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)


def decided(errand, desk, action="approve", **words):
    errand.submitted()
    desk.decide(errand.id, "accept")
    desk.decide(errand.id, action, **words)
    return errand


def rate(errand, score=2, stage="conclusion", **more):
    return errand.client.post(f"{errand.url}/ratings", json={"stage": stage, "score": score, **more})


def options(errand):
    return errand.client.get(f"{errand.url}/ratings").json


@pytest.mark.parametrize("score", [1, 2, 3, 4, 5])
def test_every_level_is_accepted_and_moves_the_numbers(elder, desk, score) -> None:
    decided(elder, desk)
    assert rate(elder, score).status_code == 201
    counted = queries.count_by_score(SINCE, UNTIL, region="500000", department=None)
    assert counted == {level: int(level == score) for level in range(1, 6)}
    [seen] = desk.client.get(STAFF, query_string={"score": score}).json["items"]
    assert seen["score"] == score
    assert (seen["follow_up"] is not None) is (score <= 2)


def test_nothing_is_preselected_and_reasons_fit_their_level(elder, desk) -> None:
    decided(elder, desk)
    page = options(elder)
    assert [level["score"] for level in page["levels"]] == [5, 4, 3, 2, 1]
    assert "selected" not in str(page)
    assert {tag["value"] for tag in page["levels"][0]["tags"]} == {"quick", "once", "prefill"}
    assert {tag["value"] for tag in page["levels"][4]["tags"]} == {
        "slow",
        "overdue",
        "unclear",
        "extra_trip",
    }
    assert {stage["score"] for stage in page["stages"]} == {None}


@pytest.mark.parametrize(("score", "tag"), [(5, "slow"), (2, "quick"), (2, "made_up")])
def test_a_reason_of_another_level_is_refused(elder, desk, score, tag) -> None:
    decided(elder, desk)
    reply = rate(elder, score, tags=[tag])
    assert (reply.status_code, list(reply.json["errors"])) == (422, ["tags"])


@pytest.mark.parametrize("score", [0, 6, -1, "2", 2.5, True, None])
def test_there_are_five_levels_and_no_other(elder, desk, score) -> None:
    decided(elder, desk)
    assert rate(elder, score).status_code == 422


def test_a_stage_is_rated_after_it_is_over_and_not_before(elder, desk) -> None:
    elder.submitted()
    assert rate(elder, stage="acceptance").json["code"] == "rating.too_early"
    desk.decide(elder.id, "accept")
    assert rate(elder, stage="conclusion").json["code"] == "rating.too_early"
    assert rate(elder, 4, stage="acceptance").status_code == 201
    desk.decide(elder.id, "reject", reason="不符合条件")
    assert rate(elder, 1, stage="conclusion").status_code == 201


def test_a_withdrawn_case_had_no_result_to_rate(elder) -> None:
    elder.submitted()
    elder.withdraw()
    assert rate(elder).status_code == 409


def test_a_case_is_rated_once_per_stage(elder, desk) -> None:
    decided(elder, desk)
    assert rate(elder, 2).status_code == 201
    again = rate(elder, 5)
    assert (again.status_code, again.json["code"]) == (409, "rating.already_given")
    given = {stage["stage"]: stage for stage in options(elder)["stages"]}
    assert (given["conclusion"]["score"], given["conclusion"]["allowed"]) == (2, False)


def test_the_same_key_gives_the_same_answer(elder, desk) -> None:
    decided(elder, desk)
    once, body = key(), {"stage": "conclusion", "score": 2}
    first = elder.client.post(f"{elder.url}/ratings", json=body, headers=once)
    again = elder.client.post(f"{elder.url}/ratings", json=body, headers=once)
    assert (again.status_code, again.json) == (201, first.json)


def test_fifty_parallel_ratings_leave_one(elder, desk, together) -> None:
    decided(elder, desk)

    def tap(number):
        return rate(elder.other_thumb(), 1 + number % 5).status_code

    statuses = together(tap, times=50)
    assert statuses.count(201) == 1
    assert set(statuses) <= {201, 409, 503}
    with database.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(Rating)) == 1


def test_only_the_applicant_rates(elder, desk, verified) -> None:
    decided(elder, desk)
    stranger = Errand(verified("jiangbei_elder"))
    stranger.id = elder.id
    assert rate(stranger).status_code == 404
    assert stranger.client.get(f"{elder.url}/ratings").status_code == 404
    assert (
        desk.client.post(f"{elder.url}/ratings", json={"stage": "conclusion", "score": 5}).status_code == 403
    )


def test_a_bad_rating_is_answered_in_five_working_days_and_the_rater_is_told(elder, desk, clock) -> None:
    decided(elder, desk)
    rate(elder, 2, tags=["slow"], comment="跑了两趟")
    [bad] = desk.client.get(STAFF).json["items"]
    assert (bad["level"], bad["comment"], bad["tags"][0]["label"]) == ("不满意", "跑了两趟", "办得慢")
    assert (bad["follow_up"]["state"], bad["follow_up"]["due_on"]) == ("open", "2026-06-23")
    assert queries.open_follow_ups(region="500103", department="11") == 1
    answer = {"reply": "已整改：今后一次告知"}
    assert desk.client.post(f"{STAFF}/{bad['id']}/rectification", json=answer).status_code == 204
    assert desk.client.post(f"{STAFF}/{bad['id']}/rectification", json=answer).status_code == 409
    assert queries.open_follow_ups(region="500103", department="11") == 0
    told = elder.client.get("/api/v1/me/messages").json["items"][0]
    assert "已整改：今后一次告知" in told["body"]


def test_a_bad_rating_left_alone_is_overdue(elder, desk_of, desk, clock) -> None:
    decided(elder, desk)
    rate(elder, 1)
    clock.advance(days=9)
    [bad] = desk_of().client.get(STAFF).json["items"]
    assert bad["follow_up"]["overdue"] is True


@pytest.mark.parametrize("anonymous", [True, False])
def test_the_rated_never_learn_who_rated(elder, desk, anonymous) -> None:
    decided(elder, desk)
    rate(elder, 1, anonymous=anonymous)
    shown = desk.client.get(STAFF).get_data(as_text=True)
    for secret in (str(elder.person.id), elder.id, "陈渝珍", elder.read()["receipt_no"]):
        assert secret not in shown


def test_another_department_or_district_neither_sees_nor_answers(elder, desk, desk_of) -> None:
    decided(elder, desk)
    rating = rate(elder, 1).json["id"]
    for stranger in (desk_of(region_code="500105"), desk_of(department="14")):
        assert stranger.client.get(STAFF).json["items"] == []
        reply = stranger.client.post(f"{STAFF}/{rating}/rectification", json={"reply": "好"})
        assert reply.status_code == 404


def test_a_good_rating_has_nothing_to_rectify(elder, desk) -> None:
    decided(elder, desk)
    rating = rate(elder, 5).json["id"]
    assert desk.client.post(f"{STAFF}/{rating}/rectification", json={"reply": "好"}).status_code == 404


def test_silence_is_counted_as_silence(elder, desk, verified) -> None:
    decided(elder, desk)
    decided(Errand(verified("yuzhong_elder_no_credit")), desk, "reject", reason="不符合条件")
    rate(elder, 3)
    people = queries.rated_and_handled(SINCE, UNTIL, region="500103", department="11")
    assert (people.rated, people.handled) == (1, 2)
    elsewhere = queries.rated_and_handled(SINCE, UNTIL, region="500105", department=None)
    assert (elsewhere.rated, elsewhere.handled) == (0, 0)


def test_the_comment_is_sealed_and_the_rating_cannot_be_improved(elder, desk, session) -> None:
    decided(elder, desk)
    rate(elder, 1, comment="态度不好")
    assert "态度不好".encode() not in session.scalar(select(Rating.comment))
    for change in ("UPDATE rating SET score = 5", "DELETE FROM rating"):
        with pytest.raises(IntegrityError, match="never changed"), session.begin_nested():
            session.execute(text(change))


def test_a_rating_is_in_the_audit_trail(elder, desk) -> None:
    decided(elder, desk)
    rate(elder, 2)
    assert "rating.given" in [entry.action for entry in trail.of_subject("application", elder.id)]


def test_reading_and_giving_ratings_takes_few_queries(elder, desk, query_budget) -> None:
    decided(elder, desk)
    options(elder)
    with query_budget(3):
        options(elder)
    with query_budget(8):
        assert rate(elder, 2).status_code == 201
    desk.client.get(STAFF)
    with query_budget(3):
        assert len(desk.client.get(STAFF).json["items"]) == 1
