import re

import pytest

from tests.miniprogram.phone import CLIENT

LEAST = 4.5
SURFACES = ("--paper", "--ground")
RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
SHEETS = sorted(CLIENT.rglob("*.wxss"))


def rules(sheet):
    """The rules of a sheet as (selector, {property: value})."""
    text = COMMENT.sub("", sheet.read_text(encoding="utf-8"))
    for selector, body in RULE.findall(text):
        pairs = (line.partition(":") for line in body.split(";") if line.strip())
        yield selector.strip(), {name.strip(): value.strip() for name, _, value in pairs}


VARIABLES = next(body for selector, body in rules(CLIENT / "app.wxss") if selector == "page")
CARE = next(body for selector, body in rules(CLIENT / "app.wxss") if selector == ".care")


def colour(value):
    """A colour as it is written, variables followed."""
    found = re.fullmatch(r"var\((--[\w-]+)\)", value)
    return VARIABLES[found[1]] if found else value


def luminance(value):
    """Relative luminance (WCAG 2.2) of `#rrggbb`."""
    parts = [int(value[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    """Contrast ratio of two colours, 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def faint(sheets):
    """Rules whose text is too faint on their background or, where they have none, on any surface."""
    found = []
    for sheet in sheets:
        for selector, body in rules(sheet):
            if "color" not in body:
                continue
            grounds = [body["background"]] if "background" in body else [f"var({name})" for name in SURFACES]
            found += [
                f"{sheet.name} {selector} on {ground}"
                for ground in grounds
                if contrast(colour(body["color"]), colour(ground)) < LEAST
            ]
    return found


def pixels(value):
    return int(re.fullmatch(r"(\d+)px", value)[1])


def test_contrast_is_reckoned_as_wcag_does():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_all_text_can_be_read_on_what_it_stands():
    assert faint(SHEETS) == []


def test_a_faint_grey_is_found(tmp_path):
    (tmp_path / "faint.wxss").write_text(".a { color: #999999; }", encoding="utf-8")
    assert len(faint([tmp_path / "faint.wxss"])) == len(SURFACES)


def test_no_size_of_text_or_target_is_written_past_the_variables():
    written = [
        f"{sheet.name} {selector}"
        for sheet in SHEETS
        for selector, body in rules(sheet)
        if not body.get("font-size", "var(").startswith("var(")
        or not body.get("min-height", "var(").startswith(("var(", "100vh"))
    ]
    assert written == []


def test_targets_and_text_are_as_large_as_the_rules_ask():
    assert pixels(VARIABLES["--target"]) >= 44
    assert pixels(CARE["--target"]) >= 60
    assert min(pixels(CARE[name]) for name in ("--text", "--small", "--title")) >= 18
    assert pixels(CARE["--text"]) >= 1.29 * pixels(VARIABLES["--text"])
    assert float(CARE["line-height"]) >= 1.3


def test_everything_that_is_tapped_has_the_size_of_a_target():
    sized = {"button", "input", "choice"}
    sheet = dict(rules(CLIENT / "app.wxss"))
    assert [name for name in sized if sheet[f".{name}"].get("min-height") != "var(--target)"] == []
    bare = [
        f"{path.relative_to(CLIENT)} {tag}"
        for path in CLIENT.rglob("*.wxml")
        for tag in re.findall(r"<(?:button|input|textarea|label)\b[^>]*>", path.read_text(encoding="utf-8"))
        if not sized & set(re.findall(r'class="([^"{]*)', tag)[0].split() if "class=" in tag else ())
    ]
    assert bare == []


def test_every_page_has_a_care_mode():
    pages = sorted(CLIENT.glob("pages/**/*.wxml"))
    assert [page.name for page in pages if "care ? 'care' : ''" not in page.read_text(encoding="utf-8")] == []
