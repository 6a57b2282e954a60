"""Subscribe-message templates: loaded from config, filled by WeChat's rules for each keyword type.

Source: 订阅消息 send, parameter rules of `data` (docs: developers.weixin.qq.com, subscribe-message).
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import cache
from urllib.parse import quote

from app.foundation import clock
from app.notifications.errors import UnfitTemplateValues
from app.notifications.types import Digest, Moment, Template, TemplateKind
from config import files

_HAN = "\u4e00-\u9fff"
_DATE = r"\d{4}[年./-]\d{1,2}(?:[月./-](?:\d{1,2}日?)?)?|\d{1,2}月\d{1,2}日"
_CLOCK = r"\d{1,2}:\d{2}(?::\d{2})?"
_MOMENT = rf"(?:{_DATE})?\s?(?:{_CLOCK})?"

_PATTERNS: dict[str, re.Pattern[str]] = {
    "thing": re.compile(r".{1,20}"),
    "number": re.compile(r"-?\d{1,32}(?:\.\d+)?"),
    "letter": re.compile(r"[A-Za-z]{1,32}"),
    "symbol": re.compile(rf"[^{_HAN}A-Za-z0-9\s]{{1,5}}"),
    "character_string": re.compile(r"[\x20-\x7e]{1,32}"),
    "time": re.compile(rf"(?=.*\d:\d){_MOMENT}(?:~{_MOMENT})?"),
    "date": re.compile(rf"(?:{_DATE})(?:\s{_CLOCK})?(?:~(?:{_DATE})(?:\s{_CLOCK})?)?"),
    "amount": re.compile(r"[¥￥$€£]?\d{1,10}(?:\.\d{1,2})?元?"),
    "phone_number": re.compile(r"[\d+\-() ]{1,17}"),
    "car_number": re.compile(rf"[{_HAN}]?[A-Za-z0-9]{{1,7}}[{_HAN}]?"),
    "name": re.compile(rf"[{_HAN}·]{{1,10}}|[^{_HAN}0-9]{{1,20}}"),
    "phrase": re.compile(rf"[{_HAN}]{{1,5}}"),
}
THING_LENGTH = 20


@cache
def all_templates() -> Mapping[str, Template]:
    """Return every template by its key."""
    return {
        key: Template(
            key=key,
            title=raw["title"],
            kind=TemplateKind(raw["type"]),
            page=raw["page"],
            page_params=tuple(raw.get("page_params", ())),
            variants={
                name: (one["page"], tuple(one["page_params"]))
                for name, one in raw.get("variants", {}).items()
            },
            fields=tuple(raw["fields"]),
            digest=Digest(**raw["digest"]) if "digest" in raw else None,
            long_term=raw.get("long_term"),
            enough=raw.get("enough", 1),
        )
        for key, raw in files.read("notifications")["templates"].items()
    }


@cache
def moments() -> Mapping[str, Moment]:
    """Return which templates to ask for at which moment; at most three, one kind only."""
    return {
        name: Moment(tuple(raw["templates"]), raw.get("on_purpose", False))
        for name, raw in files.read("notifications")["moments"].items()
    }


def fill(template: Template, values: Mapping[str, str]) -> dict[str, str]:
    """Return the values as WeChat takes them; long texts are shortened, anything else must fit.

    Raises UnfitTemplateValues naming the field, never the value.
    """
    if set(values) != set(template.fields):
        raise UnfitTemplateValues(f"{template.key}: fields differ")
    filled = {field: _shorten(field, text) for field, text in values.items()}
    for field, text in filled.items():
        if not fits(field, text):
            raise UnfitTemplateValues(f"{template.key}.{field}")
    return filled


def fits(field: str, text: str) -> bool:
    """Say whether `text` obeys the rule of the field's type (`thing1` → thing)."""
    pattern = _PATTERNS.get(field.rstrip("0123456789"))
    printable = not any(unicodedata.category(c) in {"Cc", "Cs", "Co", "Cn"} for c in text)
    return bool(text) and printable and (pattern is None or pattern.fullmatch(text) is not None)


def page(template: Template, params: Mapping[str, str], *, variant: str = "") -> str:
    """Return the page a tap opens: the template's own, or one of its variants.

    A path of the allow-list with typed parameters (no address of a client's).
    """
    path, names = template.variants[variant] if variant else (template.page, template.page_params)
    if set(params) != set(names):
        raise UnfitTemplateValues(f"{template.key}: page parameters differ")
    query = "&".join(f"{name}={quote(params[name], safe='')}" for name in names)
    return f"{path}?{query}" if query else path


def link(key: str, params: Mapping[str, str], *, variant: str = "") -> str:
    """Return the page of a template as the mini-program itself opens it, from its root."""
    return f"/{page(all_templates()[key], params, variant=variant)}"


def digest(template: Template, count: int) -> tuple[str, dict[str, str]]:
    """Return page and values of one push that stands for `count` messages of its template."""
    if template.digest is None:
        raise UnfitTemplateValues(f"{template.key}: has no digest")
    moment = clock.local(clock.now())
    now = f"{moment.year}年{moment.month}月{moment.day}日 {moment:%H:%M}"
    said = {name: text.format(count=count, now=now) for name, text in template.digest.fields.items()}
    return template.digest.page, fill(template, said)


def _shorten(field: str, text: str) -> str:
    cleaner: Callable[[str], str] = _shorten_thing if field.startswith("thing") else str.strip
    return cleaner(text)


def _shorten_thing(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= THING_LENGTH else f"{flat[: THING_LENGTH - 1]}…"
