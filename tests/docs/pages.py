"""The pages people read, and the parts of them that can be checked."""

import re

from tests.support.sources import ROOT

READMES = (ROOT / "README.md", ROOT / "README.zh-CN.md")
PAGES = (*READMES, *sorted(ROOT.glob("docs/**/*.md")))

_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^(#+) ", re.MULTILINE)


def read(page):
    """A page's text."""
    return page.read_text(encoding="utf-8")


def prose(page):
    """A page's text without its fenced blocks."""
    return _FENCED.sub("", read(page))


def blocks(page, language):
    """The fenced blocks of one language."""
    return [body for name, body in _FENCED.findall(read(page)) if name == language]


def code_words(page):
    """What stands between backticks in a page's prose."""
    return _CODE.findall(prose(page))


def links(page):
    """Where a page's links lead, those to other sites left out."""
    return [to for to in _LINK.findall(prose(page)) if not to.startswith(("http://", "https://", "#"))]


def headings(page):
    """The depths of a page's headings, in their order."""
    return [len(marks) for marks in _HEADING.findall(prose(page))]


def rows(text):
    """The cells of a page's tables, heads and rules left out."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    heads = {number - 1 for number, row in enumerate(cells) if set("".join(row)) <= set("-: ")}
    return [row for number, row in enumerate(cells) if number not in heads and number - 1 not in heads]
