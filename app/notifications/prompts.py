"""Which templates to ask for at a moment of the phone, planned by the ledger.

At most three, one kind only; nobody is asked for what they have plenty of (a long-term yes to the same is
plenty), or declined a few days ago.
"""

from dataclasses import dataclass
from datetime import timedelta

from app.foundation import clock
from app.identity.types import ResidentId
from app.notifications import queries, subscriptions
from app.notifications.errors import UnknownMoment
from app.notifications.templates import all_templates, moments
from app.notifications.types import Template

LEFT_ALONE = timedelta(days=7)
"""Who has just said no is not asked for the same again so soon."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One template of a prompt."""

    template_id: str
    key: str
    title: str
    kind: str
    has_credit: bool


def for_moment(resident: ResidentId, moment: str) -> list[Prompt]:
    """Return the prompt of `moment`; empty where nothing needs asking. Raises UnknownMoment."""
    asked = moments().get(moment)
    if asked is None:
        raise UnknownMoment
    ledger = queries.ledger(resident)
    return [
        Prompt(template_id, key, template.title, template.kind.value, has_credit=entry.can_send)
        for key in asked.templates
        if (template_id := subscriptions.template_id(key)) is not None
        for template, entry in ((all_templates()[key], ledger.get(key, queries.NOTHING)),)
        if _worth_asking(template, entry, on_purpose=asked.on_purpose)
        and not ledger.get(template.long_term or "", queries.NOTHING).standing
    ]


def _worth_asking(template: Template, entry: queries.LedgerEntry, *, on_purpose: bool) -> bool:
    if entry.standing or entry.credits >= template.enough:
        return False
    declined = entry.declined_at is not None and clock.now() - entry.declined_at < LEFT_ALONE
    return on_purpose or not declined
