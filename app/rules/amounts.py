"""How much a benefit is worth to one subject: an amount, an honest range, or 待定; unknown is never 0."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, DecimalException

from app.rules.benefits import Benefit as Benefit
from app.rules.benefits import Frequency, Tier
from app.rules.benefits import parse_benefit as parse_benefit
from app.rules.evaluation import evaluate, is_applicable, value_of
from app.rules.expressions import compute, names_of
from app.rules.intervals import ANYTHING, INFINITY, ZERO, Interval, exactly, rounded, smallest, times, union
from app.rules.types import Fact, FactType, Params, Subject
from app.rules.values import read_items
from app.rules.wording import either, listed

PENDING = "待定"
FEN = 2
FEN_OF_TEN_THOUSAND = 6
TEN_THOUSAND = 10_000
EACH = ("/人", "/孩", "/户")
PERIODS = {
    Frequency.MONTHLY: "/月",
    Frequency.QUARTERLY: "/季度",
    Frequency.YEARLY: "/年",
    Frequency.SEMESTER: "/学期",
    Frequency.PER_USE: "/次",
}


@dataclass(frozen=True, slots=True)
class Amount:
    """What somebody would get: `value` if known, else what bounds it (None = unbounded), and a sentence.

    `frequency` is None where the possible tiers are paid at different times.
    """

    value: Decimal | None
    unit: str
    frequency: Frequency | None
    low: Decimal | None
    high: Decimal | None
    text: str


@dataclass(frozen=True, slots=True)
class _Offer:
    """One way the benefit may turn out: the tier that may match, or the benefit without tiers."""

    amount: Decimal | None
    rate: Decimal | None
    unit: str
    frequency: Frequency
    months: int | None


def assess_amount(benefit: Benefit, subject: Subject, *, as_of: date, params: Params) -> Amount | None:
    """Return what the benefit is worth to somebody who is or may be eligible; None if no amount can apply.

    That is a benefit in kind, or a scale of which no tier applies.
    """
    assessing = _Assessing(benefit, subject, as_of, params)
    offers = [] if benefit.in_kind else list(assessing.offers())
    if not offers:
        return None
    worths = [_rounded(assessing.worth(offer), offer.unit) for offer in offers]
    if len({(offer.unit, offer.frequency) for offer in offers}) > 1:
        return _undecided(benefit, offers, worths)
    months = offers[0].months if len({offer.months for offer in offers}) == 1 else None
    return _decided(benefit, replace(offers[0], months=months), union(worths))


@dataclass(frozen=True, slots=True)
class _Assessing:
    benefit: Benefit
    subject: Subject
    as_of: date
    params: Params

    def offers(self) -> Iterator[_Offer]:
        """Yield the tiers that may be the first to match; after one that does, no other can."""
        benefit = self.benefit
        for tier in benefit.tiers:
            matches = evaluate(tier.when, self.subject, as_of=self.as_of, params=self.params)
            if matches is not False:
                yield _offer_of(benefit, tier)
            if matches:
                return
        bare_expr = benefit.expr is not None and "rate" not in names_of(benefit.expr)
        if not benefit.tiers or benefit.amount is not None or bare_expr:
            yield _Offer(benefit.amount, None, benefit.unit, benefit.frequency, None)

    def worth(self, offer: _Offer) -> Interval:
        """Return everything an offer may still be worth."""
        try:
            return self._capped(times(self._single(offer), self._items()), offer.unit)
        except DecimalException:
            return ANYTHING

    def _single(self, offer: _Offer) -> Interval:
        if self.benefit.expr is not None:
            return compute(self.benefit.expr, self._meaning(offer))
        return ANYTHING if offer.amount is None else exactly(offer.amount)

    def _items(self) -> Interval:
        """Count the items the benefit is given for, those undecided included in the upper end."""
        per = self.benefit.per
        if per is None:
            return exactly(1)
        items = read_items(self.subject, per.name)
        if items is None:
            return ANYTHING
        answers = [evaluate(per.where, item, as_of=self.as_of, params=self.params) for item in items]
        return Interval(Decimal(answers.count(True)), Decimal(len(answers) - answers.count(False)))

    def _capped(self, worth: Interval, unit: str) -> Interval:
        cap = self.benefit.cap
        return (
            smallest((worth, exactly(cap.value)))
            if cap and _is_money(cap.unit) and _is_money(unit)
            else worth
        )

    def _meaning(self, offer: _Offer) -> Callable[[str], Interval]:
        def meaning(name: str) -> Interval:
            if name == "rate":
                return ANYTHING if offer.rate is None else exactly(offer.rate)
            fact = self.benefit.vocabulary.fact(self.benefit.scope, name)
            if fact is not None:
                return self._fact(fact)
            known = self.params.get(name)
            return ANYTHING if known is None else exactly(known)

        return meaning

    def _fact(self, fact: Fact) -> Interval:
        applicable = is_applicable(fact, self.subject, as_of=self.as_of, params=self.params)
        known = value_of(fact, self.subject, as_of=self.as_of)
        if fact.type is FactType.BOOL:
            if applicable is False:
                return exactly(0)
            return Interval(ZERO, Decimal(1)) if known is None else exactly(int(known is True))
        if isinstance(known, int | Decimal) and applicable is not False:
            return exactly(known)
        low = -INFINITY if fact.minimum is None else fact.minimum
        return Interval(low, INFINITY if fact.maximum is None else fact.maximum)


def _offer_of(benefit: Benefit, tier: Tier) -> _Offer:
    amount = benefit.amount if tier.amount is None else tier.amount
    return _Offer(amount, tier.rate, tier.unit, tier.frequency, tier.months)


def _is_money(unit: str) -> bool:
    return unit.startswith(("元", "万元"))


def _rounded(worth: Interval, unit: str) -> Interval:
    """Round to the fen, once, at the end; what is not money is left as it is."""
    if not _is_money(unit):
        return worth
    places = FEN_OF_TEN_THOUSAND if unit.startswith("万元") else FEN
    try:
        return worth.map(lambda end: rounded(end, places))
    except DecimalException:
        return ANYTHING


def _finite(end: Decimal) -> Decimal | None:
    return end if end.is_finite() else None


def _decided(benefit: Benefit, offer: _Offer, worth: Interval) -> Amount:
    return Amount(
        value=worth.point,
        unit=_whole(offer.unit),
        frequency=offer.frequency,
        low=_finite(worth.low),
        high=_finite(worth.high),
        text=_sentence(worth, offer, ceiling=benefit.ceiling) + _limits(benefit, offer),
    )


def _undecided(benefit: Benefit, offers: list[_Offer], worths: list[Interval]) -> Amount:
    said = [_sentence(worth, offer, ceiling=False) for worth, offer in zip(worths, offers, strict=True)]
    text = PENDING if PENDING in said else f"{PENDING}（{either(list(dict.fromkeys(said)))}）"
    return Amount(None, _whole(benefit.unit), None, None, None, text)


def _sentence(worth: Interval, offer: _Offer, *, ceiling: bool) -> str:
    """Say 600元/年, 一次性1500元, 600至1200元/年, 最高800元/月, or 待定 where no upper end is known."""
    once = "一次性" if offer.frequency is Frequency.ONCE and _is_money(offer.unit) else ""
    if not worth.high.is_finite():
        return PENDING
    if worth.point is not None:
        return f"{once}{'最高' if ceiling else ''}{_quantity(worth.high, offer)}"
    if not worth.low.is_finite():
        return f"{PENDING}，{once}最高{_quantity(worth.high, offer)}"
    if ceiling or (worth.low <= 0 and _is_money(offer.unit)):
        return f"{once}最高{_quantity(worth.high, offer)}"
    return f"{once}{_number(worth.low, offer)}至{_quantity(worth.high, offer)}"


def _quantity(value: Decimal, offer: _Offer) -> str:
    return f"{_number(value, offer)}{_unit(offer)}"


def _number(value: Decimal, offer: _Offer) -> str:
    """Say 300000 yuan as 30万."""
    if offer.unit.startswith("元") and value >= TEN_THOUSAND and not value % TEN_THOUSAND:
        return f"{listed(value / TEN_THOUSAND)}万"
    return listed(value)


def _whole(unit: str) -> str:
    """Drop "for each": what is said is what this subject gets, all its items counted."""
    for each in EACH:
        unit = unit.removesuffix(each)
    return unit


def _unit(offer: _Offer) -> str:
    unit = _whole(offer.unit)
    return unit if "/" in unit or not _is_money(unit) else unit + PERIODS.get(offer.frequency, "")


def _limits(benefit: Benefit, offer: _Offer) -> str:
    said = f"，最长{offer.months}个月" if offer.months else ""
    if benefit.cap is None:
        return said
    unit, _, period = benefit.cap.unit.partition("/")
    every = f"每{period}" if period else ""
    return f"{said}，{every}最多{listed(benefit.cap.value)}{unit}"
