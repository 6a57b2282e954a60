"""Says in the words of a guide what the catalogue knows; the schemas only put it on the wire."""

from collections.abc import Mapping
from typing import Any

from app.catalogue import regions
from app.catalogue.types import Limit, Listing, Material, ServiceContent, Stage, Theme
from app.catalogue.vocabulary import words
from app.forms.types import FormDefinition

WINDOW, PROXY, CROSS = "窗口办理", "异地代收代办", "多地联办"
REMEDIES = "对办理结果不服的，可以在知道结果之日起60日内申请行政复议，或者在6个月内向人民法院提起行政诉讼。"


def summary(listing: Listing) -> dict[str, Any]:
    """Return a service as a list shows it."""
    content = listing.item.content
    return {
        "id": content.id,
        "name": content.name,
        "department": content.department,
        "department_name": words().departments.get(content.department, content.department),
        "audiences": list(listing.audiences),
        "themes": [theme.id for theme in listing.themes],
        "regions": list(content.regions),
        "one_thing": content.one_thing,
        "handle_modes": list(content.handle_scope.modes),
        "promised_limit": _limit(content.promised_limit),
        "visits": content.visits,
        "charged": content.fee.charged,
    }


def guide(listing: Listing) -> dict[str, Any]:
    """Return the whole guide of a service (办事指南)."""
    item = listing.item
    content = item.content
    said = words()
    return {
        **summary(listing),
        "version": item.version,
        "basic_code": content.basic_code,
        "item_type": said.item_types.get(content.item_type, content.item_type),
        "exercise_level": said.exercise_levels.get(content.exercise_level, content.exercise_level),
        "doc_type": content.doc_type,
        "areas": [{"code": code, "name": regions.name(code)} for code in content.regions],
        "area_note": content.handle_scope.area,
        "statutory_limit": _limit(content.statutory_limit),
        "visit_reason": content.visit_reason,
        "fee": {
            "charged": content.fee.charged,
            "basis": content.fee.basis,
            "note": content.fee.note,
            "online_pay": content.fee.online_pay,
            "items": [{"name": one.name, "standard": one.standard} for one in content.fee.items],
        },
        "conditions": list(content.conditions),
        "materials": [_material(material) for material in content.materials],
        "stages": [_stage(stage) for stage in content.stages],
        "form": _form(item.form),
        "result": {
            "kind": content.result.kind,
            "name": content.result.name,
            "license": content.result.license,
            "delivery": list(content.result.delivery),
        },
        "renewal_note": str((content.annual or content.renewal or {}).get("note", "")),
        "without_a_phone": ways_without_a_phone(content, item.form),
        "remedies": REMEDIES,
        "rating_tags": {
            "good": _tags(content.rating_tags.good, said.good_tags),
            "bad": _tags(content.rating_tags.bad, said.bad_tags),
        },
        "source": {
            "name": content.source.name,
            "doc_no": content.source.doc_no,
            "url": content.source.url,
            "date": content.source.date.isoformat(),
            "verification": said.verifications.get(content.verification, content.verification),
        },
    }


def ways_without_a_phone(content: ServiceContent, form: FormDefinition) -> list[str]:
    """Return how somebody without a phone gets it done: there is always a way (无障碍环境建设法 39、40)."""
    modes, department = content.handle_scope.modes, words().departments.get(content.department, "")
    window = f"到办理地的政务服务中心或街道（乡镇）便民服务中心{department}窗口"
    ways = [
        f"{window}办理，带上身份证即可，材料由工作人员代为核对。"
        if WINDOW in modes or CROSS in modes
        else f"本事项网上办理；不方便用手机的，{window}由工作人员帮您当场填报。"
    ]
    if PROXY in modes:
        ways.append("人不在办理地的，到就近的政务服务中心代收代办，由当地窗口收件后转交。")
    if "is_proxy" in form.fields:
        ways.append("可以委托子女、护理人或村（社区）工作人员代办。")
    ways.append("行动不便的，拨打12345，由街道（乡镇）或社区上门帮办。")
    return ways


def theme(one: Theme, names: Mapping[str, str]) -> dict[str, Any]:
    """Return a theme with the services in it that are published."""
    return {
        "id": one.id,
        "audience": one.audience,
        "name": one.name,
        "services": [{"id": key, "name": names[key]} for key in one.services if key in names],
    }


def _limit(limit: Limit) -> dict[str, Any]:
    return {"days": limit.days, "unit": limit.unit.value, "basis": limit.basis}


def _tags(codes: tuple[str, ...], labels: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"code": code, "label": labels.get(code, code)} for code in codes]


def _material(material: Material) -> dict[str, Any]:
    license_name = words().license_types.get(material.license) if material.license else None
    return {
        "name": material.name,
        "required": material.required,
        "conditional": material.show_if is not None,
        "source": material.source.value,
        "license": material.license,
        "license_name": license_name,
        "may_follow": material.deferrable,
        "may_be_promised": material.promise,
        "note": material.note,
    }


def _stage(stage: Stage) -> dict[str, Any]:
    return {
        "id": stage.id,
        "name": stage.name,
        "department": stage.department,
        "department_name": words().departments.get(stage.department, stage.department),
        "after": list(stage.after),
        "limit_days": stage.limit_days,
        "counted": not stage.excluded,
        "conditional": stage.when is not None,
        "by_applicant": stage.actor == "applicant",
    }


def _form(form: FormDefinition) -> list[dict[str, Any]]:
    return [
        {
            "title": step.title,
            "questions": [
                {
                    "key": field.key,
                    "label": field.label,
                    "type": field.type.value,
                    "required": field.required,
                    "conditional": field.show_if is not None or step.show_if is not None,
                    "prefilled": field.prefill is not None,
                    "help": field.help,
                }
                for field in step.fields
            ],
        }
        for step in form.steps
    ]
