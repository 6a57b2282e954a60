import ast
import importlib
import pkgutil
import re
from collections import Counter

import app
import blueprints
from app.foundation.errors import DomainError
from tests.support.sources import ROOT, modules, tree

CODE = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)*")
HAN = re.compile("[\u4e00-\u9fff]")


def _all_errors():
    for package in (app, blueprints):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if found.name != "app.worker":  # opens a whole process on import
                importlib.import_module(found.name)
    waiting, seen = [DomainError], []
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind.__module__.partition(".")[0] in {"app", "blueprints"}:
            seen.append(kind)
    return seen


def test_an_error_code_means_one_thing():
    named = Counter(kind.code for kind in set(_all_errors()) if "code" in vars(kind))
    assert [code for code, times in named.items() if times > 1] == []


def test_an_error_code_is_stable_text_and_its_message_is_chinese():
    errors = _all_errors()
    assert [kind.__qualname__ for kind in errors if not CODE.fullmatch(kind.code)] == []
    assert [kind.__qualname__ for kind in errors if not HAN.search(str(kind.message))] == []


def test_nothing_prints_into_the_log_of_the_product():
    prints = [
        f"{path}:{node.lineno}"
        for path in modules("app", "blueprints", "config")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"print", "breakpoint"}
    ]
    assert prints == []


def test_no_import_hides_inside_a_function():
    hidden = [
        f"{path}:{inner.lineno}"
        for path in modules()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert hidden == []


def test_no_test_is_skipped():
    marks = ("mark." + "skip", "mark." + "xfail", "pytest." + "skip(", "importor" + "skip")
    skipped = [
        f"{path.relative_to(ROOT)}: {mark}"
        for path in (ROOT / "tests").rglob("*.py")
        for mark in marks
        if mark in path.read_text(encoding="utf-8")
    ]
    assert skipped == []
