import subprocess

import pytest

from tests.miniprogram import scripts
from tests.miniprogram.conftest import NODE
from tests.miniprogram.phone import CLIENT

SCRIPTS = [path.relative_to(CLIENT).as_posix() for path in sorted(CLIENT.rglob("*.js"))]


def fault(path):
    """What is wrong with the syntax of one script; without Node, its brackets are all that is looked at."""
    if NODE is None:
        line = scripts.unbalanced(path.read_text(encoding="utf-8"))
        return "" if line is None else f"line {line}"
    checked = subprocess.run([NODE, "--check", str(path)], capture_output=True, text=True, check=False)
    return checked.stderr


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_is_javascript(script):
    assert fault(CLIENT / script) == ""


def test_a_bracket_too_few_is_no_javascript(tmp_path):
    (tmp_path / "broken.js").write_text("Page({ onLoad() { return [1, 2 } })", encoding="utf-8")
    assert fault(tmp_path / "broken.js") != ""


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("f(`a ${g({ b: `}` })} c`)", None),
        ("const a = '(' // {\n", None),
        ("/* ( */ f()", None),
        ("f(\n[1}\n)", 2),
        ("{\n  f(\n", 2),
    ],
)
def test_brackets_are_counted_in_code_only(code, line):
    assert scripts.unbalanced(code) == line
