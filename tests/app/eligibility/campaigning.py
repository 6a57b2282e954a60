"""A run and the phones it tells: people in the WeChat sandbox, a policy for them, a push worker, officers."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.eligibility import loading, runs
from app.eligibility.definition import read_policy
from app.eligibility.types import VersionState
from app.foundation import database
from app.foundation.transaction import atomic
from app.identity import queries as identity
from app.identity import sessions
from app.identity.types import ResidentId, Role
from app.notifications import delivery, subscriptions
from app.residents import consents
from app.residents.types import Purpose
from config import files
from tests.app.eligibility.knowing import learn
from tests.support.people import DEVICE

ELDER = {"birth_date": "1936-03-07", "hukou_region": "500103"}
ALLOWED = (Purpose.MATCHING, Purpose.PUSH)
ABOUT_ELDERS = {"fact": "age", "op": "ge", "value": 80}
ABOUT_DIBAO = {"all": [ABOUT_ELDERS, {"fact": "dibao", "op": "eq", "value": True}]}


@dataclass
class Somebody:
    """A resident with a phone in the sandbox."""

    id: UUID
    openid: str
    client: Any


class Town:
    """Everything a campaign needs: `people`, `publish`, `run`, `push`, and what officers and phones see."""

    def __init__(self, sign_in, wechat, clock):
        self._sign_in, self._wechat, self.clock = sign_in, wechat, clock

    @property
    def approver(self):
        """An approver of the city who has just logged in: an officer's session ends after half an hour."""
        return self._sign_in.officer(Role.POLICY_APPROVER, region_code="500000").client

    def person(self, *, accepts=1, allowed=ALLOWED, **known):
        """Somebody of ninety who allows matching and pushes and has a credit, unless said otherwise."""
        signed_in = self._sign_in.resident()
        with atomic():
            openid = identity.openid(signed_in.id)
            for purpose in allowed:
                consents.grant(signed_in.id, purpose)
            learn(signed_in.id, **{**ELDER, **known})
        self._wechat.post("users", openid=openid)
        for _ in range(accepts):
            choices = {subscriptions.template_id("policy_match"): "accept"}
            self._wechat.post("subscribe", openid=openid, choices=choices)
            with atomic():
                subscriptions.accepted(signed_in.id, "policy_match")
        return Somebody(signed_in.id, openid, signed_in.client)

    def publish(self, name="cq-winter", *, conditions=ABOUT_ELDERS, run=True, version=1, **more):
        """Put a policy into force and match everyone against it; returns the run's id."""
        raw = next(
            loading.plain(raw) for raw in files.read_all("policies") if raw["id"] == "cq-yuzhong-elder"
        )
        body = {
            **raw,
            "id": name,
            "title": f"{name}慰问金",
            "conditions": conditions,
            "valid_from": "2026-01-01",
        }
        with atomic():
            database.session.execute(loading.replacing(name))
            policy = read_policy({**body, **more}, version=version)
            row = loading.new_version(policy, loading.plain({**body, **more}))
            row.state = VersionState.PUBLISHED
            database.session.add(row)
            database.session.flush()
            started = runs.start(policy)
        if run:
            runs.advance_due()
        return started

    def end(self, name="cq-winter"):
        """End a policy by an act, as two officers do."""
        acts = "/api/v1/staff/policy-endings"
        proposed = self.approver.post(acts, json={"policy_ids": [name], "act": "渝民〔2026〕1号"})
        assert self.approver.post(f"{acts}/{proposed.json['id']}/approval").status_code == 202

    def push(self):
        """Be the push worker until nothing is due."""
        return delivery.deliver_due(concurrency=2)

    def phone(self, person):
        """List the messages that lie on a phone, oldest first."""
        return [message["data"] for message in self._wechat.get(f"inbox/{person.openid}")["messages"]]

    def again(self, person):
        """Somebody who logs in again: a resident's session ends after a day."""
        with atomic():
            token, _ = sessions.open_for_resident(ResidentId(person.id), DEVICE)
        return Somebody(person.id, person.openid, person.client.bearer(token))

    def inbox(self, person):
        """List somebody's own messages, newest first."""
        return person.client.get("/api/v1/me/messages").json["items"]

    def note(self, person):
        """What somebody reads about the push of their latest message."""
        delivery_shown = self.inbox(person)[0]["delivery"]
        return delivery_shown["state"], delivery_shown["note"]

    def account(self, run_id):
        """The account of a run, each list as {code: count}."""
        shown = self.approver.get(f"/api/v1/staff/match-runs/{run_id}/campaign").json
        for name in ("pushed", "in_app_only", "suppressed", "waiting"):
            shown[name] = {entry["code"]: entry["count"] for entry in shown[name]}
        return shown

    def steer(self, run_id, action, client=None):
        """Pause, resume or cancel a campaign."""
        body = {"action": action, "reason": "测试"}
        return (client or self.approver).post(f"/api/v1/staff/match-runs/{run_id}/campaign", json=body)


def adds_up(account):
    """Say whether everybody stands in exactly one line."""
    lists = ("pushed", "in_app_only", "suppressed", "waiting")
    return account["newly_eligible"] == account["erased"] + sum(sum(account[name].values()) for name in lists)


def shanghai(day, hour, minute=0):
    """A moment of June 2026 by the clock on the wall."""
    return datetime.fromisoformat(f"2026-06-{day:02}T{hour:02}:{minute:02}:00+08:00")


A_WEEK = timedelta(days=7)
