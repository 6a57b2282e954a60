"""What tests may look at (观察): pushes, journal, phone inboxes, metrics, faults, health."""

from collections import Counter
from typing import Any

from aiohttp import web

from sandbox.wechat.world import World


def health(world: World, _request: web.Request) -> Any:
    """Say that both ports answer."""
    return {"status": "ok", "now": world.clock.now(), "apps": len(world.apps), "users": len(world.users)}


def pushes(world: World, request: web.Request) -> Any:
    """List pushes with their attempts; filters `event`, `openid`, `id`."""
    listed = world.pushes.listed(event=request.query.get("event"), openid=request.query.get("openid"))
    number = request.query.get("id")
    return [push.described() for push in listed if number is None or str(push.number) == number]


def journal(world: World, request: web.Request) -> Any:
    """List requests; filters `path`, `openid`."""
    return world.journal.entries(path=request.query.get("path"), openid=request.query.get("openid"))


def inbox(world: World, request: web.Request) -> Any:
    """List the messages on a phone and what its owner has agreed to."""
    openid = request.match_info["openid"]
    return {
        "messages": [message.described() for message in world.inbox.of(openid)],
        "subscriptions": {
            template_id: {"credits": standing.credits, "long_term": standing.long_term}
            for template_id, standing in world.subscriptions.of(openid)
        },
    }


def faults(world: World, _request: web.Request) -> Any:
    """List the fault rules and how often each has struck."""
    return [rule.described() for rule in world.faults]


def metrics(world: World, _request: web.Request) -> Any:
    """Sum up requests, pushes, messages and phone numbers sold."""
    states = Counter(push.state.value for push in world.pushes.listed())
    return world.metrics.report() | {
        "pushes": dict(states),
        "messages": world.inbox.received,
        "phone_numbers_sold": world.phone_numbers_sold,
    }
