"""政策 and 匹配 routes of residents and of everyone."""

from functools import partial
from typing import Any

import orjson
from flask import Response

from app.eligibility import dismissals, follow_ups, matching, preparing, queries, service, upcoming
from app.eligibility.foresight import HORIZON
from app.eligibility.types import Assessment, Outcome
from app.eligibility.upcoming import Foreseen
from app.foundation import clock
from app.foundation.remembered import remember
from app.foundation.transaction import atomic
from blueprints.eligibility.schemas import (
    AssessmentOut,
    CheckIn,
    DismissalIn,
    ExplainedOut,
    FollowUpIn,
    MatchesOut,
    MatchQuery,
    PolicyBriefOut,
    PolicyOut,
    PolicyQuery,
    QuestionsOut,
)
from blueprints.eligibility.upcoming_schemas import UpcomingListOut
from blueprints.support.access import Audience, allow, current_resident
from blueprints.support.blueprint import Blueprint
from blueprints.support.etags import json_reply
from blueprints.support.idempotency import idempotent
from blueprints.support.pagination import decode, page, page_of

blp = Blueprint("policies", __name__, url_prefix="/api/v1", description="政策与匹配")
REMEMBERED_SECONDS = 60
USUAL = "eligible,undetermined"
"""What is asked for where no outcome is named."""
_matches_out = MatchesOut()


@blp.get("/policies")
@allow(Audience.PUBLIC)
@blp.arguments(PolicyQuery, location="query")
@blp.response(200, page_of(PolicyBriefOut))
def search(query: dict[str, Any]) -> object:
    """Published policies by word, region and audience (政策库)."""
    after = decode(query["cursor"], str)
    found = queries.search(q=query["q"], region=query["region"], audience=query["audience"])
    rest = [policy for policy in found if after is None or policy.id > after[0]]
    return page(rest[: query["page_size"] + 1], query["page_size"], lambda policy: (policy.id,))


@blp.get("/policies/<string:policy_id>")
@allow(Audience.PUBLIC)
@blp.response(200, PolicyOut)
@blp.alt_response(404)
def read(policy_id: str) -> object:
    """One policy as published (政策详情)."""
    return queries.policy(policy_id)


@blp.post("/policies/<string:policy_id>/check")
@allow(Audience.PUBLIC)
@blp.arguments(CheckIn)
@blp.response(200, AssessmentOut)
@blp.alt_response(404)
def check(payload: dict[str, Any], policy_id: str) -> object:
    """A what-if for nobody in particular; stores nothing (自测)."""
    return _shown(service.check(policy_id, payload["facts"], as_of=payload["as_of"]))


@blp.get("/me/matches")
@allow(Audience.RESIDENT, ahead=partial(matching.cache_key, outcomes=USUAL))
@blp.arguments(MatchQuery, location="query")
@blp.response(200, MatchesOut)
def matches(query: dict[str, Any]) -> Response:
    """Policies that are mine, or nearly (我的政策)."""
    resident = current_resident().resident_id
    outcomes = ",".join(sorted(query["outcome"].split(",")))

    def make() -> bytes:
        with atomic():
            items = service.my_matches(resident, [Outcome(outcome) for outcome in outcomes.split(",")])
        return orjson.dumps(_matches_out.dump({"items": items, "next_cursor": None}))

    return json_reply(remember(matching.cache_key(resident, outcomes), make, seconds=REMEMBERED_SECONDS))


@blp.get("/me/upcoming-matches")
@allow(Audience.RESIDENT)
@blp.response(200, UpcomingListOut)
def upcoming_matches() -> object:
    """What the next 90 days bring by the calendar alone (即将可享、即将到期)."""
    with atomic():
        found = upcoming.of_resident(current_resident().resident_id)
        items = [_foreseen(one) for one in found]
    return {"as_of": clock.today(), "days": HORIZON, "items": items}


@blp.get("/me/matches/<string:policy_id>")
@allow(Audience.RESIDENT)
@blp.response(200, ExplainedOut)
@blp.alt_response(404)
def assessment(policy_id: str) -> object:
    """Why a policy is mine, or what is still missing (匹配说明)."""
    with atomic():
        found = service.assess_resident(current_resident().resident_id, policy_id)
    tier = found.assessment.tier
    return {
        **_shown(found.assessment),
        "tier": tier,
        "link": queries.link(found.policy, tier),
        "related": found.related,
        "matched": queries.matched(found.policy, found.matched),
    }


@blp.post("/me/matches/<string:policy_id>/dismissal")
@allow(Audience.RESIDENT)
@blp.arguments(DismissalIn)
@blp.response(204)
@blp.alt_response(404)
@blp.alt_response(409)
def dismiss(payload: dict[str, Any], policy_id: str) -> None:
    """Wave a match away, or say that what it rests on is wrong (不再提示、信息有误)."""
    with atomic():
        dismissals.dismiss(current_resident().resident_id, policy_id, **payload)


@blp.get("/me/follow-ups")
@allow(Audience.RESIDENT)
@blp.response(200, QuestionsOut)
def questions() -> object:
    """What I was asked a week after I was told (回访)."""
    return {"items": follow_ups.open_questions(current_resident().resident_id)}


@blp.post("/me/matches/<string:policy_id>/follow-up")
@allow(Audience.RESIDENT)
@idempotent(required=False)
@blp.arguments(FollowUpIn)
@blp.response(204)
@blp.alt_response(409)
def answer(payload: dict[str, Any], policy_id: str) -> None:
    """Answer the one question, once (回访回答)."""
    with atomic():
        follow_ups.answer(current_resident().resident_id, policy_id, payload["answer"])


def _foreseen(one: Foreseen) -> dict[str, Any]:
    """Give a day to come the wire's form."""
    return {
        "subject_id": one.candidate.subject_id,
        "policy": one.upcoming.policy,
        "kind": one.kind,
        "day": one.upcoming.day,
        "last_day": one.upcoming.last_day,
        "days_left": preparing.days_left(one, clock.today()),
        "why": one.why,
        "note": preparing.note(one),
        "amount": matching.amount_data(one.assessment.amount),
        "missing": one.assessment.missing,
        "materials": preparing.materials(one),
        "service": preparing.service_of(one),
        "link": preparing.link(one),
        "related": one.related,
    }


def _shown(found: Assessment) -> dict[str, Any]:
    """Give an assessment the wire's form of its amount."""
    amount = matching.amount_data(found.amount)
    fields = ("policy_id", "rule_version", "as_of", "outcome", "reasons", "missing")
    return {"amount": amount, **{name: getattr(found, name) for name in fields}}
