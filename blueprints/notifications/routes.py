"""消息 routes."""

from typing import Any
from uuid import UUID

from app.foundation.transaction import atomic
from app.notifications import prompts, queries, service, subscriptions
from app.notifications.types import Choice
from blueprints.notifications.schemas import ChoicesIn, MessageOut, PromptQuery, PromptsOut
from blueprints.support.access import Audience, allow, current_resident
from blueprints.support.blueprint import Blueprint
from blueprints.support.pagination import PageQuery, decode, page, page_of

blp = Blueprint("notifications", __name__, url_prefix="/api/v1/me", description="消息与订阅")


@blp.get("/messages")
@allow(Audience.RESIDENT)
@blp.arguments(PageQuery, location="query")
@blp.response(200, page_of(MessageOut))
def inbox(query: dict[str, Any]) -> object:
    """My messages, with the honest state of each push (站内信)."""
    after = decode(query["cursor"], UUID)
    before = None if after is None else after[0]
    items = queries.inbox(current_resident().resident_id, before=before, limit=query["page_size"] + 1)
    return page(items, query["page_size"], lambda item: (item.id,))


@blp.post("/messages/<uuid:message_id>/read")
@allow(Audience.RESIDENT)
@blp.response(204)
@blp.alt_response(404)
def read(message_id: UUID) -> None:
    """Mark a message as read (已读)."""
    with atomic():
        service.mark_read(current_resident().resident_id, message_id)


@blp.get("/subscriptions/prompts")
@allow(Audience.RESIDENT)
@blp.arguments(PromptQuery, location="query")
@blp.response(200, PromptsOut)
@blp.alt_response(409)
def ask(query: dict[str, Any]) -> object:
    """Which subscribe-message templates to ask for now (订阅提示)."""
    return {"items": prompts.for_moment(current_resident().resident_id, query["moment"])}


@blp.post("/subscriptions")
@allow(Audience.RESIDENT)
@blp.arguments(ChoicesIn)
@blp.response(204)
def report(payload: dict[str, Any]) -> None:
    """Report what the phone answered; a hint only, WeChat's own events win (订阅结果上报)."""
    choices = {template_id: Choice(choice) for template_id, choice in payload["results"].items()}
    with atomic():
        subscriptions.report(current_resident().resident_id, choices)
