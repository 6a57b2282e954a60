"""What WeChat itself does (平台操作): tokens that die, pushes of one's own making, faults, time."""

from typing import Any

from sandbox.wechat.apps import App
from sandbox.wechat.documents import BadDocument, Fields
from sandbox.wechat.events import Event
from sandbox.wechat.seed import plant
from sandbox.wechat.tokens import Family, fingerprint
from sandbox.wechat.world import World


def seed(world: World, document: Any) -> dict[str, Any]:
    """Add accounts, people and words to what is there."""
    plant(world, document)
    return {"apps": list(world.apps), "users": len(world.users)}


def invalidate_tokens(world: World, document: Any) -> dict[str, Any]:
    """Let tokens be refused (40001); with `keep` WeChat goes on handing out the refused one."""
    fields = Fields(document)
    app, families, keep = _app(world, fields), _families(fields), fields.flag("keep")
    fields.finish()
    return {"invalidated": world.tokens.invalidate(app.appid, families, forget=not keep)}


def expire_tokens(world: World, document: Any) -> dict[str, Any]:
    """Let tokens reach their end (42001)."""
    fields = Fields(document)
    app, families = _app(world, fields), _families(fields)
    fields.finish()
    return {"expired": world.tokens.expire(app.appid, families)}


def rotate_tokens(world: World, document: Any) -> dict[str, Any]:
    """Replace tokens as another holder's forced refresh would; answers with fingerprints only."""
    fields = Fields(document)
    app, families = _app(world, fields), _families(fields)
    fields.finish()
    return {family.value: fingerprint(world.tokens.rotate(app.appid, family).token) for family in families}


def push_send(world: World, document: Any) -> dict[str, Any]:
    """Push any event: `event`, its `fields`, and for the subscribe events its `items`."""
    fields = Fields(document)
    app = _app(world, fields)
    event = Event(
        name=fields.need("event", str),
        appid=app.appid,
        openid=fields.take("openid", str, next(iter(world.users), "")),
        created=world.clock.now(),
        fields=fields.take("fields", dict, {}),
        items=tuple(fields.take("items", list, [])),
    )
    fields.finish()
    return {"push": world.emit(event).number}


def add_fault(world: World, document: Any) -> dict[str, Any]:
    """Append a fault rule, or several as a list."""
    documents = document if isinstance(document, list) else [document]
    added = [world.faults.add(one).id for one in documents]
    return {"id": added[0], "ids": added} if added else {"ids": []}


def advance_clock(world: World, document: Any) -> dict[str, Any]:
    """Jump ahead by `advance` seconds and fire what falls due."""
    fields = Fields(document)
    seconds = fields.need("advance", float)
    fields.finish()
    if seconds < 0:
        raise BadDocument("time runs forward")
    return {"fired": world.clock.advance(seconds), "now": world.clock.now(), "offset": world.clock.offset}


def app_of(world: World, document: Any) -> App:
    """Read the account a document names, the first one if none."""
    fields = Fields(document)
    app = _app(world, fields)
    fields.finish()
    return app


def _app(world: World, fields: Fields) -> App:
    appid = fields.find("appid", str) or next(iter(world.apps), None)
    if appid is None or appid not in world.apps:
        raise BadDocument("no such app; seed it first")
    return world.apps[appid]


def _families(fields: Fields) -> tuple[Family, ...]:
    family = fields.find("family", Family)
    return tuple(Family) if family is None else (family,)
