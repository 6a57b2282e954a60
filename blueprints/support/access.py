"""Every route says who may call it; the guard enforces it before anything of the request is read."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from ipaddress import ip_address
from typing import Any, TypeVar

from flask import current_app, g, request

from app.foundation import clock
from app.foundation.errors import Forbidden, NotFound, StepUpRequired, Unauthenticated
from app.identity import sessions
from app.identity.types import OfficerPrincipal, Principal, ResidentId, ResidentPrincipal, Role

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
    """What a route asks of its caller; any one of `roles` is enough.

    `ahead` names the remembered answer of a resident that the route gives, to be read in one round trip with
    the session.
    """

    audience: Audience
    roles: frozenset[Role] = frozenset()
    step_up: bool = False
    ahead: Callable[[ResidentId], str] | None = None


def allow(
    audience: Audience,
    *,
    roles: Iterable[Role] = (),
    step_up: bool = False,
    ahead: Callable[[ResidentId], str] | None = None,
) -> Callable[[V], V]:
    """Mark who may call a view; `step_up` asks for a login within the last five minutes."""

    def mark(view: V) -> V:
        view.__dict__["access"] = Access(audience, frozenset(roles), step_up, ahead)
        return view

    return mark


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
            _admit(ResidentPrincipal, access)
        case Audience.OFFICER:
            _admit(OfficerPrincipal, access)
        case Audience.OPERATOR:
            _admit(OfficerPrincipal, replace(access, roles=access.roles | {Role.OPERATOR}))


def current_resident() -> ResidentPrincipal:
    """Return the resident who asks; only in views marked RESIDENT."""
    principal = _principal()
    if not isinstance(principal, ResidentPrincipal):
        raise Forbidden
    return principal


def current_officer() -> OfficerPrincipal:
    """Return the officer who asks; only in views marked OFFICER or OPERATOR."""
    principal = _principal()
    if not isinstance(principal, OfficerPrincipal):
        raise Forbidden
    return principal


def principal_key() -> str:
    """Name the caller for idempotency and limits: `resident:<id>`, `officer:<id>`; raises Unauthenticated."""
    match _principal():
        case ResidentPrincipal(resident_id=resident_id):
            return f"resident:{resident_id}"
        case OfficerPrincipal(officer_id=officer_id):
            return f"officer:{officer_id}"


def bearer_token() -> str:
    """Return the token of the Authorization header; raises Unauthenticated."""
    said: str = request.environ.get("HTTP_AUTHORIZATION", "")
    scheme, _, token = said.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated
    return token


def _principal() -> Principal:
    principal: Principal | None = g.get("principal")
    if principal is None:
        raise Unauthenticated
    return principal


def _admit(kind: type[Principal], access: Access) -> None:
    principal = sessions.authenticate(bearer_token(), ahead=access.ahead)
    if not isinstance(principal, kind):
        raise Forbidden
    if access.roles and not (isinstance(principal, OfficerPrincipal) and access.roles & principal.roles):
        raise Forbidden
    if access.step_up and principal.fresh_until <= clock.now():
        raise StepUpRequired
    g.principal = principal


def _refuse_strangers() -> None:
    """To anybody outside the internal networks the endpoint does not exist."""
    networks = current_app.extensions["settings"].metrics_networks
    if request.remote_addr is None or any(header in request.headers for header in FORWARDED):
        raise NotFound
    address = ip_address(request.remote_addr)
    if not any(address in network for network in networks):
        raise NotFound
