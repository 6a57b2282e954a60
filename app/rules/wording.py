"""Says a condition in Chinese as an officer would: "年满80周岁", "户籍在渝中区", "不是特困供养人员"."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.rules.evaluation import COMPARISONS, bound_of
from app.rules.literals import ParamRef
from app.rules.syntax import All, Any, Leaf, ListNode, Node, Not
from app.rules.types import Derivation, Fact, FactType, Operator, Params, Quantifier

MONTHS_OF_A_YEAR = 12
TRAILING_NOTE = re.compile(r"（[^（）]*）$")
FLIPPED = {
    Operator.EQ: Operator.NE,
    Operator.NE: Operator.EQ,
    Operator.LT: Operator.GE,
    Operator.GE: Operator.LT,
    Operator.LE: Operator.GT,
    Operator.GT: Operator.LE,
}
AMOUNT_WORDS = {
    Operator.EQ: "为", Operator.NE: "不是", Operator.LT: "低于", Operator.LE: "不超过", Operator.GT: "高于",
    Operator.GE: "不低于",
}  # fmt: skip
COUNT_WORDS = {**AMOUNT_WORDS, Operator.LT: "少于", Operator.GT: "超过", Operator.GE: "不少于"}
TIME_WORDS = {
    **AMOUNT_WORDS, Operator.LT: "早于", Operator.LE: "不晚于", Operator.GT: "晚于", Operator.GE: "不早于",
}  # fmt: skip
LIST_COUNT_WORDS = {
    Operator.EQ: "恰有", Operator.NE: "不是恰有", Operator.LT: "少于", Operator.LE: "最多",
    Operator.GT: "超过", Operator.GE: "至少",
}  # fmt: skip
# How a yes-or-no label begins → how its denial begins. A label that begins otherwise is a noun: 是…, 不是….
DENIED_BEGINNINGS = {
    "持": "未持", "领取": "未领取", "正在": "未在", "已": "未", "有": "没有", "入住": "未入住",
    "获得": "未获得", "参加": "未参加", "列入": "未列入", "属于": "不属于", "处于": "不处于",
    "就读": "未就读", "是": "不是", "非": "", "依法": "不是依法", "首次": "不是首次",
    "在本地有": "在本地没有",
}  # fmt: skip
# The verb inside a label that is a sentence of its own: 家庭财产符合…, 同一人已被…
DENIED_VERBS = {"符合": "不符合", "已": "未", "良好": "未达到良好", "有效": "无效"}

RegionName = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Wording:
    """What is needed to say a condition: the parameters of the region, and the names of regions."""

    params: Params
    region_name: RegionName = str

    def sentence(self, node: Node, *, denied: bool = False) -> str:
        """Say a whole condition in one line."""
        match node:
            case Not(member):
                return self.sentence(member, denied=not denied)
            case All(members) | Any(members):
                together = isinstance(node, All) is not denied
                said = [self._part(member, denied=denied) for member in members]
                return ("，且" if together else "，或").join(said) or ("没有条件" if together else "无法满足")
            case Leaf():
                return self.leaf(node, denied=denied)
            case ListNode():
                return self.list_condition(node, denied=denied)

    def _part(self, node: Node, *, denied: bool) -> str:
        said = self.sentence(node, denied=denied)
        while isinstance(node, Not):
            node = node.member
        return f"（{said}）" if isinstance(node, All | Any) and len(node.members) > 1 else said

    def list_condition(self, node: ListNode, *, denied: bool = False) -> str:
        """Say a condition on the items of a list."""
        where, item = self.sentence(node.where), node.item_label or node.label
        if node.quant is Quantifier.ANY:
            return f"{'没有' if denied else '有'}{item}符合：{where}"
        if node.quant is Quantifier.ALL or node.op is None:
            return f"{'并非' if denied else ''}每个{item}都符合：{where}"
        op = FLIPPED[node.op] if denied else node.op
        return f"{LIST_COUNT_WORDS[op]}{node.value}个{item}符合：{where}"

    def leaf(self, leaf: Leaf, *, denied: bool = False) -> str:
        """Say one comparison, or that it does not hold."""
        if leaf.op is Operator.EXISTS:
            return f"{'尚不知道' if denied else '已知道'}{plain_label(leaf.fact)}"
        if leaf.fact.type is FactType.BOOL:
            affirmed = (leaf.value is True) is (leaf.op is Operator.EQ)
            return yes_or_no(plain_label(leaf.fact), affirmed=affirmed is not denied)
        # A fact that may not apply is denied as it stands: who has no grade has not the other grades either.
        if denied and leaf.op in FLIPPED and leaf.fact.applicable_if is None:
            return self._compared(leaf, FLIPPED[leaf.op], denied=False)
        return self._compared(leaf, leaf.op, denied=denied)

    def _compared(self, leaf: Leaf, op: Operator, *, denied: bool) -> str:
        fact = leaf.fact
        label = plain_label(fact)
        unlike = denied is not (op is Operator.NE)
        if op is Operator.WITHIN_DAYS:
            return f"{label}{'不在' if denied else '在'}最近{self._bound(leaf)}天内"
        if fact.type in (FactType.ENUM, FactType.TEXT, FactType.CHOICES):
            return f"{label}{'不是' if unlike else '为'}{self._options(fact, leaf.value)}"
        if fact.type is FactType.REGION:
            place = label.replace("户籍所在地", "户籍")
            return f"{place}{'不在' if unlike else '在'}{self._regions(leaf.value)}"
        grades = self._grades(leaf, op)
        if grades:
            return f"{label}{'不是' if denied else '为'}{either(grades)}"
        aged = fact.unit == "岁" or fact.derivation is not None
        said = self._age(leaf, op) if aged else self._number(leaf, op, label)
        return f"不属于“{said}”" if denied else said

    def _options(self, fact: Fact, value: object) -> str:
        codes = value if isinstance(value, tuple) else (value,)
        texts = [fact.labels.get(str(code), str(code)) for code in codes]
        return either([f"“{text}”" if text.startswith(("不", "都")) else text for text in texts])

    def _regions(self, value: object) -> str:
        codes = value if isinstance(value, tuple) else (value,)
        return either([self.region_name(str(code).ljust(6, "0")) for code in codes])

    def _grades(self, leaf: Leaf, op: Operator) -> list[str]:
        """Return the grades that satisfy a comparison of a graded number: ≤2 → 一级, 二级."""
        bound = bound_of(leaf.value, self.params)
        if not leaf.fact.labels or bound is None or leaf.fact.type is not FactType.INT:
            return []
        return [text for code, text in leaf.fact.labels.items() if COMPARISONS[op](int(code), bound)]

    def _age(self, leaf: Leaf, op: Operator) -> str:
        unit = "个月" if leaf.fact.derivation is Derivation.FULL_MONTHS else "周岁"
        if op is Operator.BETWEEN and isinstance(leaf.value, tuple):
            return f"{leaf.value[0]}至{leaf.value[1]}{unit}"
        number = leaf.value
        if unit == "个月" and type(number) is int and number and not number % MONTHS_OF_A_YEAR:
            number, unit = number // MONTHS_OF_A_YEAR, "周岁"
        said = f"{self._bound(leaf) if isinstance(number, ParamRef) else listed(number)}{unit}"
        words = {
            Operator.GE: f"年满{said}", Operator.LT: f"未满{said}", Operator.GT: f"超过{said}",
            Operator.LE: f"不超过{said}", Operator.EQ: f"正好{said}", Operator.NE: f"不是{said}",
        }  # fmt: skip
        return words.get(op, f"年龄为{said}")

    def _number(self, leaf: Leaf, op: Operator, label: str) -> str:
        unit = measured(leaf.fact)
        if op is Operator.BETWEEN and isinstance(leaf.value, tuple):
            return f"{label}在{listed(leaf.value[0])}至{listed(leaf.value[1])}{unit}之间"
        if op is Operator.IN:
            return f"{label}为{listed(leaf.value)}{unit}"
        words = COUNT_WORDS if leaf.fact.type is FactType.INT else AMOUNT_WORDS
        if leaf.fact.type is FactType.DATE or label.endswith("年度"):
            words = TIME_WORDS
        bound = self._bound(leaf)
        return f"{label}{words[op]}{bound}{'' if isinstance(leaf.value, ParamRef) else unit}"

    def _bound(self, leaf: Leaf) -> str:
        if not isinstance(leaf.value, ParamRef):
            return listed(leaf.value)
        known = self.params.get(leaf.value.name)
        return "当地标准（尚未录入）" if known is None else f"当地标准{listed(known)}{measured(leaf.fact)}"


def plain_label(fact: Fact) -> str:
    """Return the label without the note in brackets at its end."""
    return TRAILING_NOTE.sub("", fact.label)


def yes_or_no(label: str, *, affirmed: bool) -> str:
    """Say a yes-or-no fact: 是特困供养人员, 不是特困供养人员; 持有效残疾人证, 未持有效残疾人证."""
    if "且" in label and not affirmed:
        return f"不属于“{label}”"
    for beginning, denial in DENIED_BEGINNINGS.items():
        if label.startswith(beginning):
            return label if affirmed else denial + label[len(beginning) :]
    for verb, denial in DENIED_VERBS.items():
        if verb in label:
            return label if affirmed else label.replace(verb, denial, 1)
    return f"{'是' if affirmed else '不是'}{label}"


def either(texts: Sequence[str]) -> str:
    """Join alternatives: 大专、本科或硕士."""
    if len(texts) <= 1:
        return texts[0] if texts else "（无）"
    return f"{'、'.join(texts[:-1])}或{texts[-1]}"


def measured(fact: Fact) -> str:
    """Return the unit as it stands after a number."""
    return "个月" if fact.unit == "月" else fact.unit


def listed(value: object) -> str:
    """Return a value of a rule as text."""
    if isinstance(value, tuple):
        return either([listed(member) for member in value])
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, date):
        return f"{value.year}年{value.month}月{value.day}日"
    return str(value)
