import ast
import re

from tests.docs.pages import read, rows
from tests.support.sources import ROOT

HAN = re.compile("[\u4e00-\u9fff]")
GLOSSARY = ROOT / "docs" / "glossary.md"


def _entries():
    return [(row[0], row[1].strip("`"), row[2].strip("`")) for row in rows(read(GLOSSARY))]


def _names(body):
    """What a module or class body defines, classes with what is inside them."""
    found = {}
    for node in body:
        if isinstance(node, ast.ClassDef):
            found[node.name] = _names(node.body)
        elif isinstance(node, ast.FunctionDef):
            found[node.name] = {}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found[node.target.id] = {}
        elif isinstance(node, ast.Assign):
            found.update({target.id: {} for target in node.targets if isinstance(target, ast.Name)})
    return found


def _defined(name, module):
    path = ROOT / module.replace(".", "/")
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    if not path.exists():
        return False
    inside = _names(ast.parse(path.read_text(encoding="utf-8")).body)
    for part in name.split("."):
        if part not in inside:
            return False
        inside = inside[part]
    return True


def test_every_english_name_is_defined_where_the_glossary_says():
    lost = [f"{name} in {module}" for _, name, module in _entries() if not _defined(name, module)]
    assert lost == []


def test_a_name_that_the_code_does_not_have_is_noticed():
    assert not _defined("DeliveryState.FORGOTTEN", "app.notifications.types")
    assert not _defined("DeliveryState", "app.notifications.nowhere")


def test_every_term_is_chinese_and_explained_once():
    terms = [term for term, _, _ in _entries()]
    assert len(terms) > 60
    assert [term for term in terms if not HAN.search(term)] == []
    assert sorted({term for term in terms if terms.count(term) > 1}) == []


def test_every_place_is_a_module_of_the_domain():
    assert [module for _, _, module in _entries() if not module.startswith("app.")] == []
