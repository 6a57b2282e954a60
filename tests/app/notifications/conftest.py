"""Residents whose phones are in the WeChat sandbox, messages for them, and events as WeChat pushes them."""

from dataclasses import dataclass
from uuid import UUID

import pytest
from sqlalchemy import select

from app.foundation import database
from app.foundation.transaction import atomic
from app.gateways.wechat import port
from app.gateways.wechat.callbacks import Callback, dedupe_key, normalised
from app.identity import queries as identity
from app.notifications import delivery, service, subscriptions, templates, wechat_events
from app.notifications.models import Delivery, Subscription
from app.notifications.service import Notice
from app.notifications.types import Lane
from app.residents import consents
from app.residents.types import Purpose

SEND = "/cgi-bin/message/subscribe/send"


@dataclass
class Addressee:
    """A resident with a phone in the sandbox."""

    id: UUID
    openid: str
    client: object


@pytest.fixture
def addressee(sign_in, wechat):
    """`addressee(accepts=2)`: a resident who wants pushes and answered the prompt so often, on both sides."""

    def make(*, accepts=0, template="policy_match", consent=True):
        signed_in = sign_in.resident()
        with atomic():
            openid = identity.openid(signed_in.id)
            if consent:
                consents.grant(signed_in.id, Purpose.PUSH)
        wechat.post("users", openid=openid)
        person = Addressee(signed_in.id, openid, signed_in.client)
        for _ in range(accepts):
            choices = {subscriptions.template_id(template): "accept"}
            wechat.post("subscribe", openid=openid, choices=choices)
            with atomic():
                subscriptions.accepted(person.id, template)
        return person

    return make


class Post:
    """The outbox seen from outside: tell, deliver, and look at rows, phones, ledger and WeChat's journal."""

    def __init__(self, wechat):
        self._wechat = wechat

    def tell(self, person, key="event", *, template="policy_match", lane=Lane.NORMAL, **more):
        """Put a message into the inbox and its push into the outbox."""
        said = {
            "thing1": "重庆市渝中区高龄补贴",
            "thing2": "每年600元",
            "thing3": "年满80周岁",
            "time4": "2026年11月23日 09:30",
            "date2": "2026年12月31日",
        }
        values = {field: said[field] for field in templates.all_templates()[template].fields}
        notice = Notice(
            template=template,
            event_key=key,
            title="您可以享受高龄补贴",
            body="点开看看",
            values=values,
            page_params={"policy_id": "cq-yuzhong-elder"},
            lane=lane,
            **more,
        )
        with atomic():
            return service.notify(person.id, notice)

    def deliver(self, concurrency=1):
        """Be one push worker, with one call at a time unless said otherwise."""
        return delivery.deliver_due(concurrency=concurrency)

    def rows(self, person=None):
        """Read the delivery rows, of one person or all, oldest first, as they stand now."""
        query = select(Delivery).order_by(Delivery.id)
        if person is not None:
            query = query.where(Delivery.resident_id == person.id)
        return list(database.session.scalars(query.execution_options(populate_existing=True)))

    def row(self, person):
        """Read the only delivery of a person."""
        (row,) = self.rows(person)
        return row

    def ledger(self, person, template="policy_match"):
        """Read credits, provisional, advanced and standing of a template."""
        row = database.session.scalar(
            select(Subscription)
            .where(Subscription.resident_id == person.id, Subscription.template == template)
            .execution_options(populate_existing=True)
        )
        return (row.credits, row.provisional, row.advanced, row.standing)

    def phone(self, person):
        """List the messages that lie on a phone."""
        return self._wechat.get(f"inbox/{person.openid}")["messages"]

    def asked(self, person=None):
        """List whom WeChat was asked to send to, in order."""
        query = f"&openid={person.openid}" if person is not None else ""
        return [entry["openid"] for entry in self._wechat.get(f"journal?path={SEND}{query}")]

    def calls(self, person=None):
        """Count how often WeChat was asked to send."""
        return len(self.asked(person))

    def spoil(self, *, phase="before", count=None, **effect):
        """Spoil sends from now on: `spoil(errcode=-1)`, `spoil(phase="after_commit", reset=True)`."""
        more = {} if count is None else {"count": count}
        self._wechat.post("faults", match={"path": SEND}, effect=effect, phase=phase, **more)

    def event(self, person, name, *items, apply=True, created=1_781_000_000, **fields):
        """Store an event as the callback does, and let the worker apply it; False where it was known."""
        message = {
            "ToUserName": "gh_test",
            "FromUserName": person.openid,
            "CreateTime": created,
            "MsgType": "event",
            "Event": name,
            "List": list(items),
            **fields,
        }
        callback = Callback(
            event=name,
            openid=person.openid,
            created_at=None,
            dedupe_key=dedupe_key(message),
            message=normalised(message),
        )
        with atomic():
            fresh = wechat_events.receive(callback)
        if apply:
            wechat_events.apply_due()
        return fresh


@pytest.fixture(autouse=True)
def daytime(clock):
    """Nobody is pushed at night: these tests happen on a Monday morning, whenever they run."""
    return clock


@pytest.fixture
def post(wechat, redis):
    """Everything about messages and pushes; WeChat's token is at hand, so that no send is repeated."""
    port.wechat().templates.list()
    return Post(wechat)


def answer(choice="accept", template="policy_match", **more):
    """One item of a subscription event."""
    return {"TemplateId": subscriptions.template_id(template), "SubscribeStatusString": choice, **more}


def sent(msgid, *, code="0", template="policy_match"):
    """One item of a sent event."""
    status = "success" if code == "0" else "system failed"
    return {
        "TemplateId": subscriptions.template_id(template),
        "MsgID": msgid,
        "ErrorCode": code,
        "ErrorStatus": status,
    }
