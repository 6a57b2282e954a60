"""Every route says who may call it; the guard enforces it before anything of the request is read."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any, Protocol, TypeVar

from flask import current_app, g, request

from app.foundation import clock
from app.foundation.errors import Forbidden, NotFound, StepUpRequired, Unauthenticated

V = TypeVar("V", bound=Callable[..., Any])
FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via")


class Audience(StrEnum):
    """Who an endpoint is for."""

    PUBLIC = "public"
    RESIDENT = "resident"
    OFFICER = "officer"
    OPERATOR = "operator"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Access:
    """What a route asks of its caller; any one of `roles` is enough."""

    audience: Audience
    roles: frozenset[str] = frozenset()
    step_up: bool = False


class Authenticator(Protocol):
    """Turns a bearer token into a principal; raises Unauthenticated."""

    def __call__(self, token: str) -> Any:
        """Return the principal whose token it is."""


def allow(audience: Audience, *, roles: Iterable[str] = (), step_up: bool = False) -> Callable[[V], V]:
    """Mark who may call a view; `step_up` asks for a login within the last five minutes."""

    def mark(view: V) -> V:
        view.__dict__["access"] = Access(audience, frozenset(roles), step_up)
        return view

    return mark


def use(authenticator: Authenticator, networks: Collection[IPv4Network | IPv6Network]) -> None:
    """Tell the current application how tokens are read and where its internal callers live."""
    current_app.extensions["access"] = (authenticator, tuple(networks))


def enforce(view: Callable[..., Any]) -> None:
    """Let the caller of `view` in, or raise what they are told; an unmarked view lets nobody in."""
    access: Access | None = getattr(view, "access", None)
    if access is None:
        raise Forbidden
    match access.audience:
        case Audience.PUBLIC:
            return
        case Audience.INTERNAL:
            _refuse_strangers()
        case Audience.RESIDENT:
            _admit("resident_id", access)
        case Audience.OFFICER:
            _admit("officer_id", access)
        case Audience.OPERATOR:
            _admit("officer_id", Access(Audience.OPERATOR, access.roles | {"operator"}, access.step_up))


def current_resident() -> Any:
    """Return the resident who asks; only in views marked RESIDENT."""
    return g.principal


def current_officer() -> Any:
    """Return the officer who asks; only in views marked OFFICER or OPERATOR."""
    return g.principal


def principal_key() -> str:
    """Name the caller for idempotency and limits: `resident:<id>`, `officer:<id>`; raises Unauthenticated."""
    principal = getattr(g, "principal", None)
    if principal is None:
        raise Unauthenticated
    resident = getattr(principal, "resident_id", None)
    return f"resident:{resident}" if resident is not None else f"officer:{principal.officer_id}"


def bearer_token() -> str:
    """Return the token of the Authorization header; raises Unauthenticated."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated
    return token


def _admit(identifier: str, access: Access) -> None:
    authenticator: Authenticator = current_app.extensions["access"][0]
    principal = authenticator(bearer_token())
    if not hasattr(principal, identifier):
        raise Forbidden
    if access.roles and not access.roles & frozenset(principal.roles):
        raise Forbidden
    if access.step_up and (principal.fresh_until is None or principal.fresh_until <= clock.now()):
        raise StepUpRequired
    g.principal = principal


def _refuse_strangers() -> None:
    """To anybody outside the internal networks the endpoint does not exist."""
    networks = current_app.extensions["access"][1]
    if request.remote_addr is None or any(header in request.headers for header in FORWARDED):
        raise NotFound
    address = ip_address(request.remote_addr)
    if not any(address in network for network in networks):
        raise NotFound
