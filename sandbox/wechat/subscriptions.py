"""Who has agreed to receive what (订阅授权): credits for one-time templates, consent for long-term ones."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from sandbox.wechat.templates import Template, TemplateKind


class Choice(StrEnum):
    """What wx.requestSubscribeMessage reports for one template."""

    ACCEPT = "accept"
    REJECT = "reject"
    BAN = "ban"
    FILTER = "filter"


@dataclass(slots=True)
class Standing:
    """One user's consent for one template."""

    credits: int = 0
    long_term: bool = False


class Subscriptions:
    """The consents of all users."""

    def __init__(self) -> None:
        self._standings: dict[tuple[str, str], Standing] = {}

    def accept(self, openid: str, template: Template) -> Standing:
        """One more message, or messages until further notice."""
        standing = self._standings.setdefault((openid, template.id), Standing())
        if template.kind is TemplateKind.LONG_TERM:
            standing.long_term = True
        else:
            standing.credits += 1
        return standing

    def withdraw(self, openid: str, template: Template) -> None:
        """Return the user turned the template off: nothing is left."""
        self._standings.pop((openid, template.id), None)

    def may_receive(self, openid: str, template: Template) -> bool:
        """Whether a message would go through now."""
        standing = self._standings.get((openid, template.id))
        return standing is not None and (standing.long_term or standing.credits > 0)

    def spend(self, openid: str, template: Template) -> None:
        """Use up one credit of a one-time template; the caller has asked `may_receive`."""
        if template.kind is TemplateKind.ONE_TIME:
            self._standings[(openid, template.id)].credits -= 1

    def of(self, openid: str) -> Iterator[tuple[str, Standing]]:
        """Return a user's consents by template id."""
        return (
            (template_id, held) for (owner, template_id), held in self._standings.items() if owner == openid
        )
