"""Which templates to ask for at a moment of the phone.

At most three, one kind only, never what is left over.
"""

from dataclasses import dataclass

from app.identity.types import ResidentId
from app.notifications import queries, subscriptions
from app.notifications.errors import UnknownMoment
from app.notifications.templates import all_templates, moments


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
    keys = moments().get(moment)
    if keys is None:
        raise UnknownMoment
    left = queries.credits_left(resident)
    return [
        Prompt(template_id, key, template.title, template.kind.value, left.get(key, False))
        for key in keys
        if (template_id := subscriptions.template_id(key)) is not None
        for template in (all_templates()[key],)
    ]
