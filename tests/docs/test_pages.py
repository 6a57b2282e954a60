import json
import re

import pytest

from tests.docs.pages import PAGES, READMES, blocks, code_words, headings, links, prose, read
from tests.support.sources import ROOT

FOLDERS = "app|blueprints|config|docs|launcher|migrations|sandbox|tests|tour|benchmarks"
PATH = re.compile(rf"(?:{FOLDERS})/[\w./-]*|[\w.-]+\.(?:py|toml|txt|in)")
FILES = {path.name for folder in FOLDERS.split("|") for path in (ROOT / folder).rglob("*.py")}
"""What a page may call by its bare name: `types.py` stands in every capability."""
DOTTED = re.compile(r"(?:app|blueprints|config|launcher|sandbox|tour)(?:\.[a-z_0-9]+)+")
MAKE = re.compile(r"\bmake ([a-z][a-z-]*)")
MACHINE = re.compile(r"(?<![\w./:])/(?:work|root|home|tmp|usr|opt|mnt)/")


def _name(page):
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_relative_link_leads_somewhere(page):
    broken = [to for to in links(page) if not (page.parent / to.partition("#")[0]).exists()]
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_file_that_a_page_names_exists(page):
    named = {word for word in code_words(page) if PATH.fullmatch(word)}
    assert [word for word in sorted(named) if not (ROOT / word).exists() and word not in FILES] == []


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_module_that_a_page_names_exists(page):
    named = {word for word in code_words(page) if DOTTED.fullmatch(word)}
    missing = []
    for word in sorted(named):
        path = ROOT / word.replace(".", "/")
        if not (path.with_suffix(".py").exists() or (path / "__init__.py").exists()):
            missing.append(word)
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_make_target_that_a_page_names_exists(page):
    targets = set(re.findall(r"^([a-z-]+):", read(ROOT / "Makefile"), re.MULTILINE))
    marked = [*code_words(page), *blocks(page, "sh")]
    assert {name for text in marked for name in MAKE.findall(text)} <= targets


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_no_page_names_a_folder_of_somebodys_machine(page):
    assert MACHINE.findall(read(page)) == []


def test_every_path_of_the_interface_that_a_page_names_is_in_the_contract():
    contract = json.loads(read(ROOT / "docs" / "openapi.json"))["paths"]
    known = {re.sub(r"{\w+}", "{}", path) for path in contract} | {"/api/v1", "/api/v1/staff"}
    named = {word.rpartition(" ")[2] for page in PAGES for word in code_words(page) if "/api/v1" in word}
    assert named
    assert sorted(path for path in named if re.sub(r"{\w+}", "{}", path) not in known) == []


def test_the_test_command_of_the_readmes_is_what_ci_runs():
    ci = read(ROOT / ".ci" / "run")
    assert "step test" in ci
    for readme in READMES:
        commands = "\n".join(blocks(readme, "sh")).splitlines()
        assert any(line.split("#")[0].strip() == "make test" for line in commands), readme.name


def test_both_readmes_have_the_same_build():
    english, chinese = READMES
    assert headings(english) == headings(chinese)
    assert [to for to in links(english) if not to.startswith("README")] == [
        to for to in links(chinese) if not to.startswith("README")
    ]
    assert links(english)[0] == chinese.name
    assert links(chinese)[0] == english.name


def test_both_readmes_give_the_same_commands():
    def commands(page):
        lines = "\n".join(blocks(page, "sh")).splitlines()
        return [line.split("  #")[0].rstrip() for line in lines if line.strip()]

    english, chinese = READMES
    assert commands(english) == commands(chinese)


def test_the_readmes_name_every_folder_of_the_checkout():
    kept = {path.name for path in ROOT.iterdir() if path.is_dir() and (path / "__init__.py").exists()}
    for readme in READMES:
        assert [name for name in sorted(kept) if f"`{name}/`" not in prose(readme)] == [], readme.name


def test_the_readmes_show_the_scenes_that_the_tour_walks():
    walked = re.findall(r"tell\.scene\((\d), \"(.+?)\"\)", read(ROOT / "tour" / "__main__.py"))
    assert walked
    for readme in READMES:
        shown = re.findall(r"^【(\d)】(.+?) {4}", "\n".join(blocks(readme, "text")), re.MULTILINE)
        assert shown == walked, readme.name
