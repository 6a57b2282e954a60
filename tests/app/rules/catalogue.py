"""The real catalogue of config/, and a small invented one whose every type can be seen at a glance."""

import datetime as dt
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from app.rules.types import Vocabulary
from app.rules.vocabulary import build_vocabulary

CONFIG = Path(__file__).parents[3] / "config"
AS_OF = dt.date(2026, 11, 23)

SMALL_FACTS = {
    "lists": {
        "children": {"label": "子女", "subject": "person", "item_label": "孩子"},
        "toys": {"label": "玩具", "subject": "children", "item_label": "玩具"},
        "hires": {"label": "新招用人员", "subject": "enterprise", "item_label": "员工"},
    },
    "facts": [
        {
            "name": "dibao",
            "label": "最低生活保障对象",
            "type": "bool",
            "subject": "person",
            "sensitive": True,
        },
        {"name": "size", "label": "家庭人数", "type": "int", "unit": "人", "subject": "person"},
        {"name": "income", "label": "月收入", "type": "decimal", "unit": "元", "subject": "person"},
        {"name": "born", "label": "出生日期", "type": "date", "subject": "person"},
        {
            "name": "age",
            "label": "周岁年龄",
            "type": "int",
            "unit": "岁",
            "subject": "person",
            "derived_from": "born",
        },
        {
            "name": "degree",
            "label": "学历",
            "type": "enum",
            "values": ["college", "bachelor", "master"],
            "labels": {"college": "大专", "bachelor": "本科", "master": "硕士"},
            "subject": "person",
        },
        {"name": "home", "label": "户籍所在地", "type": "region", "subject": "person"},
        {"name": "remark", "label": "备注", "type": "text", "subject": "person"},
        {"name": "jobless", "label": "失业人员", "type": "bool", "subject": "person"},
        {
            "name": "jobless_months",
            "label": "失业月数",
            "type": "int",
            "unit": "月",
            "subject": "person",
            "applicable_if": {"fact": "jobless", "op": "eq", "value": True},
        },
        {"name": "child_born", "label": "孩子出生日期", "type": "date", "subject": "children"},
        {
            "name": "child_months",
            "label": "月龄",
            "type": "int",
            "unit": "月",
            "subject": "children",
            "derived_from": "child_born",
        },
        {"name": "lawful", "label": "依法生育", "type": "bool", "subject": "children"},
        {"name": "toy_price", "label": "玩具价格", "type": "decimal", "unit": "元", "subject": "toys"},
        {"name": "staff", "label": "职工人数", "type": "int", "unit": "人", "subject": "enterprise"},
        {"name": "hired", "label": "已签合同", "type": "bool", "subject": "hires"},
    ],
}
SMALL_PARAMS = {
    "dibao_standard": {
        "label": "低保标准（元/月）",
        "by_region": {"500000": 735, "500103": 800, "340000": None, "000000": 600},
    },
    "unset": {"label": "未定标准", "by_region": {"500000": None}},
}


def load(name: str) -> Any:
    return yaml.safe_load((CONFIG / name).read_text(encoding="utf-8"))


@cache
def small() -> Vocabulary:
    return build_vocabulary(SMALL_FACTS, SMALL_PARAMS)


@cache
def real() -> Vocabulary:
    return build_vocabulary(load("facts.yaml"), load("params.yaml"))


@cache
def policies() -> dict[str, Any]:
    found = (load(f"policies/{path.name}") for path in sorted((CONFIG / "policies").glob("*.yaml")))
    return {policy["id"]: policy for policy in found}


@cache
def worked_cases() -> Any:
    return load("worked_cases.yaml")
