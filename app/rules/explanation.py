"""Why a condition is true, false or undecided, in Chinese, and what to ask next.

A condition is turned into one closure for one day and one region, as `compilation` does: its sentences, and
all that can be lacking, are made then, so that a subject fills in only answers and values. Closures, not text
to be compiled: no character of a rule is ever executed. The plain recursive definition that they agree with,
word for word, is `tests/app/rules/plain_explanation.py`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from itertools import chain
from operator import attrgetter

from app.rules.compilation import compile_condition
from app.rules.evaluation import bound_of, negated, value_of
from app.rules.literals import ParamRef
from app.rules.syntax import All, Any, Leaf, ListNode, Node, Not
from app.rules.types import Fact, FactType, Operator, Params, Subject, Truth
from app.rules.values import read_items
from app.rules.wording import RegionName, Wording

SHOWN_ITEMS = 20
FEW_VALUES = (FactType.BOOL, FactType.ENUM)
"""Of such a fact every reason is kept, once made; other values are somebody's own, and not kept."""


@dataclass(slots=True)
class Reason:
    """One condition with its outcome; `value` is what is known of `fact`, masked by whoever shows it."""

    text: str
    truth: Truth
    fact: str | None = None
    value: object = field(default=None, repr=False)
    children: tuple["Reason", ...] = ()
    source: str = ""
    sensitive: bool = False


Lack = str | ParamRef


@dataclass(slots=True)
class Explanation:
    """The answer, its reasons, and what could still change it: facts, and parameters nobody has entered.

    Nobody changes one; frozen, it would take five times as long to make, and a thousand policies make many.
    """

    truth: Truth
    reason: Reason
    lacks: tuple[Lack, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """What to ask for: a fact, a list (`children`) or a fact of its items (`children.child_lawful`)."""
        return tuple([lack for lack in self.lacks if isinstance(lack, str)])

    @property
    def missing_params(self) -> tuple[str, ...]:
        """The parameters not entered for the region."""
        return tuple([lack.name for lack in self.lacks if isinstance(lack, ParamRef)])

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """The conditions a reader sees first: the members of the outermost group, or the one condition."""
        reason = self.reason
        return reason.children if reason.fact is None and reason.children else (reason,)


class Asked(dict["Explained", Explanation]):
    """A subject that is asked many things: what was explained once is not worked out again."""

    def __init__(self, subject: Subject) -> None:
        super().__init__()
        self.subject = subject
        self.lists: dict[str, list[Asked] | None] = {}

    def __missing__(self, explain: "Explained") -> Explanation:
        found = self[explain] = explain(self)
        return found

    def items_of(self, name: str) -> "list[Asked] | None":
        """Return the items of a list, each asked for itself; None where the list is unknown."""
        if name not in self.lists:
            items = read_items(self.subject, name)
            self.lists[name] = None if items is None else [Asked(item) for item in items]
        return self.lists[name]


Explained = Callable[[Asked], Explanation]
_LACKS = attrgetter("lacks")


def explain(
    node: Node, subject: Subject, *, as_of: date, params: Params, region_name: RegionName = str
) -> Explanation:
    """Answer a condition with every reason; `region_name` turns a six-digit code into a name."""
    return Explaining(as_of, params, Wording(params, region_name)).compiled(node)(Asked(subject))


def describe(node: Node, *, params: Params, region_name: RegionName = str) -> str:
    """Say a condition in one line, without anybody in mind."""
    return Wording(params, region_name).sentence(node)


def joined(members: Sequence[Explanation], *, together: bool) -> Explanation:
    """Explain members as one, by Kleene's conjunction (`together`) or disjunction; one alone stays itself."""
    if len(members) == 1:
        return members[0]
    text = "同时符合以下各项" if together else "符合以下任意一项"
    truths, settling = [member.truth for member in members], not together
    truth = settling if settling in truths else None if None in truths else together
    reason = Reason(text, truth, None, None, tuple([member.reason for member in members]))
    return Explanation(truth, reason, () if truth is not None else _all_lacks(members))


def _all_lacks(told: Iterable[Explanation]) -> tuple[Lack, ...]:
    return tuple(dict.fromkeys(chain.from_iterable(map(_LACKS, told))))


def asked_for(fact: Fact) -> str:
    """Return what somebody is asked so that the fact is known: the date an age is derived from."""
    return fact.derived_from if fact.derivation is not None and fact.derived_from else fact.name


@dataclass(frozen=True, slots=True)
class Explaining:
    """Compiles conditions of one scope, for a day and the parameters of a region; equal ones become one."""

    as_of: date
    params: Params
    wording: Wording
    known: dict[tuple[Node, bool], Explained] = field(default_factory=dict)
    lists: dict[str, "Explaining"] = field(default_factory=dict)

    def compiled(self, node: Node, *, denied: bool = False) -> Explained:
        """Return a function that explains a node to whoever is asked, or its denial."""
        found = self.known.get((node, denied))
        if found is None:
            found = self.known[node, denied] = self._compiled(node, denied=denied)
        return found

    def _compiled(self, node: Node, *, denied: bool) -> Explained:
        """Push a denial down to the leaves (De Morgan), where it reads well."""
        match node:
            case Not(member):
                return self.compiled(member, denied=not denied)
            case All(members) | Any(members):
                each = tuple(self.compiled(member, denied=denied) for member in members)
                together = isinstance(node, All) is not denied
                return lambda asked: joined([asked[explain] for explain in each], together=together)
            case Leaf():
                return self._leaf(node, denied=denied)
            case ListNode():
                return self._list(node, denied=denied)

    def _leaf(self, leaf: Leaf, *, denied: bool) -> Explained:
        fact, as_of = leaf.fact, self.as_of
        answer = compile_condition(leaf, as_of=as_of, params=self.params)
        applies = None if fact.applicable_if is None else self.compiled(fact.applicable_if)
        lacks = {known: self._lacks(leaf, known=known) for known in (True, False)}
        text = self.wording.leaf(leaf, denied=denied)

        def made(truth: Truth, value: object) -> Explanation:
            said = negated(truth) if denied else truth
            reason = Reason(text, said, fact.name, value, (), fact.source, fact.sensitive)
            return Explanation(said, reason, lacks[value is not None] if truth is None else ())

        kept, few = cache(made), fact.type in FEW_VALUES

        def explanation(asked: Asked) -> Explanation:
            truth, value = answer(asked.subject), value_of(fact, asked.subject, as_of=as_of)
            found = kept(truth, value) if few or value is None else made(truth, value)
            if truth is not None or applies is None:
                return found
            # what applicability lacks comes first: it may spare the question itself
            return Explanation(found.truth, found.reason, _all_lacks((asked[applies], found)))

        return explanation

    def _lacks(self, leaf: Leaf, *, known: bool) -> tuple[Lack, ...]:
        """Return what an undecided leaf lacks, its value known or not."""
        name = () if known or leaf.op is Operator.EXISTS else (asked_for(leaf.fact),)
        if not isinstance(leaf.value, ParamRef) or bound_of(leaf.value, self.params) is not None:
            return name
        # nothing to compare it with, whatever it is; but a birth may be still to come
        return (leaf.value,) if leaf.fact.derivation is None else (leaf.value, *name)

    def _list(self, node: ListNode, *, denied: bool) -> Explained:
        name, answer = node.name, compile_condition(node, as_of=self.as_of, params=self.params)
        inside = self.lists.setdefault(name, Explaining(self.as_of, self.params, self.wording))
        where = inside.compiled(node.where)
        text, item_label = self.wording.list_condition(node, denied=denied), node.item_label or node.label

        def explanation(asked: Asked) -> Explanation:
            truth, items = answer(asked.subject), asked.items_of(name)
            told = [item[where] for item in (items or ())[: SHOWN_ITEMS if truth is not None else None]]
            children = tuple([
                Reason(f"第{number}个{item_label}", one.truth, None, None, one.reasons)
                for number, one in enumerate(told[:SHOWN_ITEMS], start=1)
            ])  # fmt: skip
            said = negated(truth) if denied else truth
            reason = Reason(text, said, name, None, children)
            if truth is not None or items is None:
                return Explanation(said, reason, () if truth is not None else (name,))
            lacks = [one if isinstance(one, ParamRef) else f"{name}.{one}" for one in _all_lacks(told)]
            return Explanation(said, reason, tuple(lacks))

        return explanation
