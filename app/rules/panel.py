"""Many conditions put to one subject: what several of them ask is asked, and told, once.

Policies of a city ask the same over and over: a thousand of them have some three hundred different members.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from app.rules.compilation import compile_condition
from app.rules.explanation import Asked, Explaining, Explanation, joined
from app.rules.index import Index, Place, Places, listed
from app.rules.syntax import All, Leaf, ListNode, Node, walk
from app.rules.types import Params, Subject
from app.rules.wording import RegionName, Wording


class Panel:
    """Conditions of one scope on one day, under the same parameters; each is known by its place."""

    def __init__(
        self, conditions: Sequence[Node], *, as_of: date, params: Params, region_name: RegionName = str
    ) -> None:
        self.params = params
        self.index = Index(conditions, as_of=as_of)
        found: dict[Node, Places] = {}
        for place, condition in enumerate(conditions):
            for member in _members(condition):
                found[member] = found.get(member, 0) | 1 << place
        self.questions = [
            (compile_condition(member, as_of=as_of, params=params), found[member])
            for member in sorted(found, key=_price)  # so that the dear ones are asked only about what is left
        ]
        explaining = Explaining(as_of, params, Wording(params, region_name))
        self.members = [tuple(map(explaining.compiled, _members(condition))) for condition in conditions]

    def not_false(self, subject: Subject) -> list[Place]:
        """Return which conditions are true or undecided."""
        left = self.index.candidates(subject, params=self.params)
        for ask, concerned in self.questions:
            if left & concerned and ask(subject) is False:
                left &= ~concerned
        return listed(left)

    def explained(self, subject: Subject) -> Mapping[Place, Explanation]:
        """Explain every condition that is true or undecided."""
        asked = Asked(subject)
        return {
            place: joined([asked[explain] for explain in self.members[place]], together=True)
            for place in self.not_false(subject)
        }


def _members(condition: Node) -> tuple[Node, ...]:
    return condition.members if isinstance(condition, All) else (condition,)


def _price(member: Node) -> int:
    return 0 if isinstance(member, Leaf) else 1 + any(isinstance(node, ListNode) for node in walk(member))
