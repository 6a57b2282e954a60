"""The plain recursive definition of an explanation, against which `app.rules.explanation` is held."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from app.rules.evaluation import bound_of, evaluate, evaluate_leaf, every, negated, some, value_of
from app.rules.explanation import SHOWN_ITEMS, Explanation, Reason, asked_for
from app.rules.literals import ParamRef
from app.rules.syntax import All, Any, Leaf, ListNode, Node, Not
from app.rules.types import Operator, Params, Subject, Truth
from app.rules.values import read_items
from app.rules.wording import RegionName, Wording


def explain(
    node: Node, subject: Subject, *, as_of: date, params: Params, region_name: RegionName = str
) -> Explanation:
    """Answer a condition with every reason; `region_name` turns a six-digit code into a name."""
    telling = _Telling(as_of, params, Wording(params, region_name))
    reason = telling.reason(node, subject, denied=False)
    lacks = tuple(dict.fromkeys(telling.lacks(node, subject)))
    return Explanation(reason.truth, reason, lacks)


@dataclass(frozen=True, slots=True)
class _Telling:
    as_of: date
    params: Params
    wording: Wording

    def answer(self, node: Node, subject: Subject) -> Truth:
        return evaluate(node, subject, as_of=self.as_of, params=self.params)

    def reason(self, node: Node, subject: Subject, *, denied: bool) -> Reason:
        """Tell a node; a denial is pushed down to the leaves (De Morgan), where it reads well."""
        match node:
            case Not(member):
                return self.reason(member, subject, denied=not denied)
            case All(members) | Any(members):
                told = tuple(self.reason(member, subject, denied=denied) for member in members)
                return _group(told, together=isinstance(node, All) is not denied)
            case Leaf():
                return self._leaf(node, subject, denied=denied)
            case ListNode():
                return self._list(node, subject, denied=denied)

    def _leaf(self, leaf: Leaf, subject: Subject, *, denied: bool) -> Reason:
        answer = evaluate_leaf(leaf, subject, as_of=self.as_of, params=self.params)
        return Reason(
            text=self.wording.leaf(leaf, denied=denied),
            truth=negated(answer) if denied else answer,
            fact=leaf.name,
            value=value_of(leaf.fact, subject, as_of=self.as_of),
            source=leaf.fact.source,
            sensitive=leaf.fact.sensitive,
        )

    def _list(self, node: ListNode, subject: Subject, *, denied: bool) -> Reason:
        answer = self.answer(node, subject)
        items = read_items(subject, node.name) or ()
        told = tuple(
            Reason(
                text=f"第{number}个{node.item_label or node.label}",
                truth=self.answer(node.where, item),
                children=_opened(self.reason(node.where, item, denied=False)),
            )
            for number, item in enumerate(items[:SHOWN_ITEMS], start=1)
        )
        text = self.wording.list_condition(node, denied=denied)
        return Reason(text, negated(answer) if denied else answer, fact=node.name, children=told)

    def lacks(self, node: Node, subject: Subject) -> Iterator[str | ParamRef]:
        """Yield what keeps a node undecided; nothing below a decided one."""
        if self.answer(node, subject) is not None:
            return
        match node:
            case Not(member):
                yield from self.lacks(member, subject)
            case All(members) | Any(members):
                for member in members:
                    yield from self.lacks(member, subject)
            case Leaf():
                yield from self._leaf_lacks(node, subject)
            case ListNode():
                yield from self._list_lacks(node, subject)

    def _leaf_lacks(self, leaf: Leaf, subject: Subject) -> Iterator[str | ParamRef]:
        """Yield what applicability rests on first: it may spare the question itself."""
        fact, condition = leaf.fact, leaf.fact.applicable_if
        if condition is not None:
            yield from self.lacks(condition, subject)
        bound = bound_of(leaf.value, self.params)
        if isinstance(leaf.value, ParamRef) and bound is None:
            yield leaf.value
            if fact.derivation is None:
                return  # nothing to compare it with, whatever it is; a birth may be still to come
        if leaf.op is not Operator.EXISTS and value_of(fact, subject, as_of=self.as_of) is None:
            yield asked_for(fact)

    def _list_lacks(self, node: ListNode, subject: Subject) -> Iterator[str | ParamRef]:
        items = read_items(subject, node.name)
        if items is None:
            yield node.name
            return
        for item in items:
            for lack in self.lacks(node.where, item):
                yield lack if isinstance(lack, ParamRef) else f"{node.name}.{lack}"


def _opened(reason: Reason) -> tuple[Reason, ...]:
    return reason.children if reason.fact is None and reason.children else (reason,)


def _group(members: Iterable[Reason], *, together: bool) -> Reason:
    told = tuple(members)
    if len(told) == 1:
        return told[0]
    truths = [member.truth for member in told]
    if together:
        return Reason("同时符合以下各项", every(truths), children=told)
    return Reason("符合以下任意一项", some(truths), children=told)
