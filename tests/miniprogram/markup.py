"""Reads WXML into elements, and says where it is not well-formed."""

import re
from dataclasses import dataclass

TOKEN = re.compile(
    r"<!--.*?-->"
    r"|<(?P<close>/?)(?P<tag>[A-Za-z][\w-]*)"
    r"(?P<attributes>(?:\s+[^\s=>/\"']+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'))?)*)\s*(?P<empty>/?)>"
    r"|\{\{(?:(?!\{\{|\}\}|<[A-Za-z/]).)*\}\}",
    re.DOTALL,
)
ATTRIBUTE = re.compile(r"([^\s=>/\"']+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'))?")
STRAY = re.compile(r"<[A-Za-z/!]|\{\{|\}\}")


@dataclass(frozen=True)
class Element:
    """One opening tag."""

    tag: str
    attributes: dict[str, str]
    line: int


def parse(text):
    """Return the elements in their order, and the faults as (line, sentence)."""
    elements, faults, stack, position = [], [], [], 0
    for token in TOKEN.finditer(text):
        faults += _strays(text, position, token.start())
        position, line = token.end(), text.count("\n", 0, token.start()) + 1
        tag = token["tag"]
        if tag is None:
            continue
        if token["close"]:
            expected = stack.pop()[0] if stack else None
            if expected != tag:
                faults.append((line, f"</{tag}> 对不上 <{expected}>" if expected else f"</{tag}> 没有开头"))
            continue
        elements.append(Element(tag, _attributes(token["attributes"]), line))
        if not token["empty"]:
            stack.append((tag, line))
    faults += _strays(text, position, len(text))
    faults += [(line, f"<{tag}> 没有结束") for tag, line in stack]
    return elements, faults


def _attributes(text):
    return {name: double or single for name, double, single in ATTRIBUTE.findall(text)}


def _strays(text, start, end):
    """Find what looks like a tag or an expression between two tokens: it is one that is broken."""
    found = STRAY.search(text, start, end)
    return (
        [(text.count("\n", 0, found.start()) + 1, f"读不懂 {text[found.start() : found.start() + 30]!r}")]
        if found
        else []
    )
