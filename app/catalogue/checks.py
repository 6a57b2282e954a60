"""What must hold within one service (practice of GB/T 39554): each check yields faults with their path."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from app.catalogue import regions
from app.catalogue.types import ServiceContent, Stage
from app.catalogue.vocabulary import Words
from app.forms.graph import find_loop
from app.rules.faults import Fault, shown

ONLINE, MAIL = "全程网办", "邮寄"
ON_THE_SPOT, ON_THE_SPOT_DAYS = "即办件", 1
LICENSING, LICENSING_STAGES = "01", 5
BASIC_CODE_LENGTH = 12


def words_are_known(service: ServiceContent, words: Words) -> Iterator[Fault]:
    """Every code and word is one of the vocabularies."""
    yield from _unknown("department", [service.department], words.departments)
    yield from _unknown("item_type", [service.item_type], words.item_types)
    yield from _unknown("exercise_level", [service.exercise_level], words.exercise_levels)
    yield from _unknown("handle_scope.modes", service.handle_scope.modes, words.handle_modes)
    yield from _unknown("doc_type", [service.doc_type], words.doc_types)
    yield from _unknown("rating_tags.good", service.rating_tags.good, words.good_tags)
    yield from _unknown("rating_tags.bad", service.rating_tags.bad, words.bad_tags)
    yield from _unknown("verification", [service.verification], words.verifications)
    yield from _unknown("regions", service.regions, regions.tree())
    for index, stage in enumerate(service.stages):
        yield from _unknown(f"stages[{index}].dept", [stage.department], words.departments)
    for index, material in enumerate(service.materials):
        if material.license is not None:
            yield from _unknown(f"materials[{index}].license", [material.license], words.license_types)
    if service.result.license is not None:
        yield from _unknown("result.license", [service.result.license], words.license_types)


def code_agrees(service: ServiceContent) -> Iterator[Fault]:
    """基本编码 is 12 digits: level 2, item type 2, department 2, main item 3, sub-item 3."""
    code = service.basic_code
    if len(code) != BASIC_CODE_LENGTH or not (code.isascii() and code.isdigit()):
        yield Fault("basic_code", "基本编码应为12位数字")
    elif (code[2:4], code[4:6]) != (service.item_type, service.department):
        yield Fault("basic_code", "基本编码第3至6位应与事项类型、部门代码一致")


def promise_keeps_the_law(service: ServiceContent) -> Iterator[Fault]:
    """承诺时限 is counted like the legal limit and not longer."""
    law, promise = service.statutory_limit, service.promised_limit
    if law.unit != promise.unit:
        yield Fault("promised_limit.unit", "承诺时限要与法定时限用同一种天数")
    elif promise.days > law.days:
        yield Fault("promised_limit.days", f"承诺时限{promise.days:g}天长于法定时限{law.days:g}天")
    if not law.basis:
        yield Fault("statutory_limit.basis", "法定时限要写依据")


def visits_are_explained(service: ServiceContent) -> Iterator[Fault]:
    """到现场次数 above zero has a reason; zero needs a way without going."""
    if service.visits > 0 and not service.visit_reason:
        yield Fault("visit_reason", "要到现场的，须写明必须现场办理的原因")
    if (
        service.visits == 0
        and ONLINE not in service.handle_scope.modes
        and MAIL not in service.result.delivery
    ):
        yield Fault("visits", "到现场0次的，须能全程网办或邮寄")


def fee_is_explained(service: ServiceContent) -> Iterator[Fault]:
    """Ask of a fee its basis, items with standard, and online payment; of no fee, nothing to pay."""
    fee = service.fee
    if fee.charged and not fee.basis:
        yield Fault("fee.basis", "收费的须写明收费依据")
    if fee.charged and not fee.items:
        yield Fault("fee.items", "收费的须列出收费项目和标准")
    if fee.charged != fee.online_pay:
        yield Fault("fee.online_pay", "收费的须支持网上支付，不收费的不能有网上支付")


def stages_are_a_dag(service: ServiceContent) -> Iterator[Fault]:
    """Stages have unique ids, follow stages that exist, never in a circle, and fit into the promise."""
    seen: set[str] = set()
    needs = {stage.id: stage.after for stage in service.stages}
    for index, stage in enumerate(service.stages):
        if stage.id in seen:
            yield Fault(f"stages[{index}].id", f"环节{shown(stage.id)}重复")
        seen.add(stage.id)
        for name in stage.after:
            if name not in needs:
                yield Fault(f"stages[{index}].after", f"没有名为{shown(name)}的环节")
    loop = find_loop(needs)
    if loop:
        yield Fault("stages", f"环节绕成了圈：{' → '.join(loop)}")
    elif all(name in needs for after in needs.values() for name in after):
        longest = counted_days(service.stages)
        if longest > service.promised_limit.days:
            yield Fault(
                "promised_limit.days",
                f"各环节最长要{longest:g}天，超过承诺时限{service.promised_limit.days:g}天",
            )


def one_stage_decides(service: ServiceContent) -> Iterator[Fault]:
    """Let at most one stage decide, counted, by people of the department in charge; none of a 一件事."""
    deciding = [(index, stage) for index, stage in enumerate(service.stages) if stage.decides]
    for index, stage in deciding:
        if service.one_thing or len(deciding) > 1:
            yield Fault(f"stages[{index}].decides", "只能有一个环节作出决定；一件事由各事项分别决定")
        if stage.auto or stage.excluded or stage.department != service.department or stage.accepts:
            yield Fault(f"stages[{index}].decides", "作出决定的环节须由主办部门人工办理并计入时限")


def stages_point_at_the_form(service: ServiceContent) -> Iterator[Fault]:
    """Let `region_from` name a region that the form asks for, `about_from` an ID number."""
    types = {one.get("key"): one.get("type") for step in service.form_steps for one in step.get("fields", ())}
    for index, stage in enumerate(service.stages):
        for name, wanted in (("region_from", "region"), ("about_from", "idcard")):
            key = getattr(stage, name)
            if key is not None and types.get(key) != wanted:
                yield Fault(f"stages[{index}].{name}", f"表单里没有{shown(key)}这一项，或类型不对")


def counted_days(stages: Iterable[Stage]) -> float:
    """Return the days of the longest chain of stages, those outside the clock not counted."""
    by_id = {stage.id: stage for stage in stages}
    done: dict[str, float] = {}

    def until(name: str) -> float:
        if name not in done:
            stage = by_id[name]
            own = 0.0 if stage.excluded else stage.limit_days
            done[name] = own + max((until(before) for before in stage.after), default=0.0)
        return done[name]

    return max(until(name) for name in by_id)


CHECKS: tuple[Callable[[ServiceContent], Iterator[Fault]], ...] = (
    code_agrees,
    promise_keeps_the_law,
    visits_are_explained,
    fee_is_explained,
    stages_are_a_dag,
    one_stage_decides,
    stages_point_at_the_form,
)


def notices(service: ServiceContent) -> Iterator[Fault]:
    """Yield what an administrator should look at, though it does not stop publication."""
    if service.doc_type == ON_THE_SPOT and service.promised_limit.days > ON_THE_SPOT_DAYS:
        yield Fault("promised_limit.days", "即办件的承诺时限一般不超过1天")
    if ONLINE in service.handle_scope.modes and service.visits > 0:
        yield Fault("visits", "写了全程网办，但仍要到现场")
    if service.item_type == LICENSING and len(service.stages) < LICENSING_STAGES:
        yield Fault("stages", "行政许可的环节一般不少于5个")
    if service.verification != "primary":
        yield Fault("verification", "内容没有对照原文核实")


def _unknown(
    path: str, used: Iterable[str], known: Mapping[str, object] | tuple[str, ...]
) -> Iterator[Fault]:
    for word in used:
        if word not in known:
            yield Fault(path, f"没有{shown(word)}这个词或代码")
