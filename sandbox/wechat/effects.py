"""What a fault rule does (故障效果) to the request it meets or to the push it spoils."""

from dataclasses import dataclass
from enum import StrEnum
from random import Random

from sandbox.wechat.apps import PushFormat, PushMode
from sandbox.wechat.documents import BadDocument, Fields
from sandbox.wechat.events import Dialect, ListShape
from sandbox.wechat.twists import Twist

BOUNDS = 2
FLAGS = (
    "fresh_nonce",
    "same_query",
    "lost",
    "lenient",
    "bad_signature",
    "wrong_appid",
    "wrong_aes_key",
    "previous_aes_key",
    "malformed",
    "oversized",
)


class Phase(StrEnum):
    """Whether the fault strikes before anything is done, or after it is done and before the answer."""

    BEFORE = "before"
    AFTER_COMMIT = "after_commit"


class Damage(StrEnum):
    """The ways in which an answer can fail to be one."""

    RESET = "reset"
    TRUNCATED = "truncated"
    EMPTY = "empty"
    HTML = "html"
    JSON_ARRAY = "json_array"
    BOM = "bom"


class Invalidation(StrEnum):
    """Tokens die, and WeChat either issues a new one next time or keeps handing out the dead one."""

    FORGET = "forget"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class Latency:
    """A pause in seconds: fixed, uniform between two bounds, or lognormal with mu and sigma."""

    kind: str = "fixed"
    first: float = 0.0
    second: float = 0.0

    def draw(self, random: Random) -> float:
        """Choose the pause for one request."""
        if self.kind == "uniform":
            return random.uniform(self.first, self.second)
        if self.kind == "lognormal":
            return random.lognormvariate(self.first, self.second)
        return self.first


@dataclass(frozen=True, slots=True)
class Effect:
    """Everything one rule does; the parts combine. `slow_drip` is in seconds per byte."""

    latency: Latency = Latency()
    http_status: int | None = None
    body: str | None = None
    content_type: str | None = None
    damage: Damage | None = None
    slow_drip: float = 0.0
    errcode: int | None = None
    errmsg: str | None = None
    invalidate_token: Invalidation | None = None
    push: Twist | None = None

    @property
    def replaces_answer(self) -> bool:
        """Whether the endpoint need not be asked when this strikes before."""
        spoils = self.damage not in {None, Damage.BOM}
        return spoils or self.http_status is not None or self.errcode is not None


def effect_of(fields: Fields) -> Effect:
    """Read an effect; raises BadDocument."""
    push = fields.part("push")
    effect = Effect(
        latency=_latency(fields),
        http_status=fields.find("http_status", int),
        body=fields.find("body", str),
        content_type=fields.find("content_type", str),
        damage=_damage(fields),
        slow_drip=fields.take("slow_drip", float, 0.0),
        errcode=fields.find("errcode", int),
        errmsg=fields.find("errmsg", str),
        invalidate_token=fields.find("invalidate_token", Invalidation),
        push=_twist(push) if push is not None else None,
    )
    fields.finish()
    if effect == Effect():
        raise BadDocument("the effect does nothing")
    return effect


def _latency(fields: Fields) -> Latency:
    stall = fields.find("stall", float)
    if stall is not None:
        return Latency(first=stall)
    given = fields.find("latency", object)
    if given is None:
        return Latency()
    if isinstance(given, (int, float)):
        return Latency(first=float(given))
    if isinstance(given, dict) and len(given) == 1:
        kind, bounds = next(iter(given.items()))
        if kind in {"uniform", "lognormal"} and isinstance(bounds, list) and len(bounds) == BOUNDS:
            return Latency(kind, float(bounds[0]), float(bounds[1]))
    raise BadDocument('latency must be seconds, {"uniform": [a, b]} or {"lognormal": [mu, sigma]}')


def _damage(fields: Fields) -> Damage | None:
    chosen = [damage for damage in Damage if fields.flag(damage.value)]
    if len(chosen) > 1:
        raise BadDocument("one damage at a time")
    return chosen[0] if chosen else None


def _twist(fields: Fields) -> Twist:
    dialect = Dialect(
        list_shape=fields.take("list_shape", ListShape, ListShape.AUTO),
        create_time_as_text=fields.flag("create_time_as_text"),
        msg_type=fields.take("msg_type", str, "event"),
    )
    twist = Twist(
        duplicate=fields.take("duplicate", int, 0),
        delay=fields.take("delay", float, 0.0),
        clock_skew=fields.take("clock_skew", float, 0.0),
        mode=fields.find("mode", PushMode),
        format=fields.find("format", PushFormat),
        dialect=dialect,
        **{name: fields.flag(name) for name in FLAGS},
    )
    fields.finish()
    return twist
