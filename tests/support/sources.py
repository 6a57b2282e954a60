"""The project's own source files, parsed once."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("app", "blueprints", "config", "sandbox", "launcher", "tour")


def modules(*packages):
    """Every Python file of the packages, relative to the root."""
    found = (path for package in packages or PACKAGES for path in (ROOT / package).rglob("*.py"))
    return sorted(path.relative_to(ROOT) for path in found)


@cache
def text(path):
    """The text of one of them."""
    return (ROOT / path).read_text(encoding="utf-8")


@cache
def tree(path):
    """Its syntax tree."""
    return ast.parse(text(path))
