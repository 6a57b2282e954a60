"""Static checks of a native mini-program; the standard library only, so that it runs wherever the tests run.

It stands in for what WeChat DevTools would refuse, and holds the client to rules of our own.
Each finding is `path:line: sentence`.
"""

import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

from tests.miniprogram import scripts
from tests.miniprogram.markup import Element, parse

LARGEST = 2 * 1024 * 1024
BUILT_IN = frozenset(
    [
        "view",
        "text",
        "image",
        "icon",
        "button",
        "input",
        "textarea",
        "form",
        "label",
        "switch",
        "radio",
        "radio-group",
        "checkbox",
        "checkbox-group",
        "picker",
        "picker-view",
        "picker-view-column",
        "slider",
        "scroll-view",
        "swiper",
        "swiper-item",
        "navigator",
        "progress",
        "rich-text",
        "block",
        "template",
        "import",
        "include",
        "wxs",
        "slot",
        "page-meta",
    ]
)
TYPED = frozenset({"input", "textarea", "picker", "radio", "checkbox", "switch", "slider"})
EVENT = re.compile(r"(?:capture-)?(?:mut-)?(?:bind|catch):?([\w-]+)$")


@dataclass(frozen=True)
class Finding:
    """One fault and where it is."""

    path: str
    line: int
    text: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.text}"


@dataclass
class Package:
    """A mini-program's folder and what is wrong with it."""

    root: Path
    findings: list[Finding] = field(default_factory=list)

    def report(self, path, line, text):
        self.findings.append(Finding(str(path), line, text))

    def exists(self, path):
        return (self.root / path).is_file()

    def text(self, path):
        return (self.root / path).read_text(encoding="utf-8")

    def files(self, *endings):
        found = (path for path in sorted(self.root.rglob("*")) if path.is_file() and path.suffix in endings)
        return [path.relative_to(self.root).as_posix() for path in found]

    @cached_property
    def documents(self):
        """Every JSON file, read; one that cannot be read is an empty object and a finding."""
        read = {}
        for path in self.files(".json"):
            try:
                read[path] = json.loads(self.text(path))
            except json.JSONDecodeError as error:
                self.report(path, error.lineno, f"JSON 有误：{error.msg}")
                read[path] = {}
        return read

    @cached_property
    def pages(self):
        return list(self.documents.get("app.json", {}).get("pages", []))


def lint(root):
    """Return every finding of the mini-program at `root`."""
    package = Package(Path(root))
    if not package.exists("app.json"):
        package.report("app.json", 0, "没有这个文件")
    for unit, is_page in _units(package):
        _check_unit(package, unit, is_page=is_page)
    for path in package.files(".js"):
        for line, text in scripts.faults(path, package.text(path), package.exists):
            package.report(path, line, text)
    for path in package.files(".wxss"):
        _check_style(package, path)
    size = sum(path.stat().st_size for path in package.root.rglob("*") if path.is_file())
    if size > LARGEST:
        package.report(".", 0, f"整个包 {size} 字节，超过 2 MB")
    return package.findings


def _units(package):
    """Walk pages and the components they use, each once."""
    if not package.pages:
        package.report("app.json", 0, "没有登记任何页面")
    waiting, seen = [(page, True) for page in package.pages], set()
    while waiting:
        unit, is_page = waiting.pop()
        if unit in seen:
            continue
        seen.add(unit)
        yield unit, is_page
        waiting += [
            (path, False) for path in _components(package, unit).values() if package.exists(f"{path}.js")
        ]


def _components(package, unit):
    """Return the custom tags of a unit: its own, and those of app.json."""
    app, own = package.documents.get("app.json", {}), package.documents.get(f"{unit}.json", {})
    declared = {**app.get("usingComponents", {}), **own.get("usingComponents", {})}
    return {tag: scripts.resolve(unit, path) for tag, path in declared.items()}


def _check_unit(package, unit, *, is_page):
    for ending in (".js", ".wxml"):
        if not package.exists(unit + ending):
            package.report(unit + ending, 0, "没有这个文件")
    if not is_page and package.documents.get(f"{unit}.json", {}).get("component") is not True:
        package.report(f"{unit}.json", 0, '组件要写 "component": true')
    components = _components(package, unit)
    for tag, path in components.items():
        if not package.exists(f"{path}.js"):
            package.report(f"{unit}.json", 0, f"组件 <{tag}> 没有文件 {path}.js")
    script = package.text(f"{unit}.js") if package.exists(f"{unit}.js") else ""
    if script and not re.search(rf"^{'Page' if is_page else 'Component'}\(", script, re.MULTILINE):
        package.report(f"{unit}.js", 0, f"没有调用 {'Page' if is_page else 'Component'}()")
    if package.exists(f"{unit}.wxml"):
        _check_markup(package, f"{unit}.wxml", components, scripts.methods(script))


def _check_markup(package, path, components, methods):
    elements, faults = parse(package.text(path))
    for line, text in faults:
        package.report(path, line, text)
    for element in elements:
        for text in _element_faults(element, components, methods):
            package.report(path, element.line, text)


def _element_faults(element: Element, components, methods):
    tag, attributes = element.tag, element.attributes
    if tag not in BUILT_IN and tag not in components:
        yield f"没有 <{tag}> 这个标签"
    for name, value in attributes.items():
        if value.count("{{") != value.count("}}"):
            yield f"{name} 里的 {{{{ }}}} 不成对"
        if EVENT.match(name) and "{{" not in value and value not in methods:
            yield f"{name} 的方法 {value} 在 .js 里没有"
    events = {found[1] for name in attributes if (found := EVENT.match(name))}
    named = "aria-label" in attributes
    if "tap" in events and not (named or "aria-role" in attributes):
        yield f"<{tag}> 可以点，但没有 aria-label 或 aria-role"
    if tag in TYPED and not named:
        yield f"<{tag}> 没有 aria-label，读屏念不出来"
    if "wx:for" in attributes and "wx:key" not in attributes:
        yield "wx:for 没有 wx:key"


def _check_style(package, path):
    text = scripts.blanked(package.text(path), line_comments=False)
    if text.count("{") != text.count("}"):
        package.report(path, 0, "花括号不成对")
    for found in re.finditer(r"@import\s+[\"']([^\"']+)[\"']", text):
        if not package.exists(scripts.resolve(path, found[1])):
            package.report(path, _line(text, found.start()), f"@import 的文件 {found[1]} 不存在")
    if found := re.search(r"(?:^|[},\s])\*\s*[,{]", text):
        package.report(path, _line(text, found.start()), "WXSS 不支持 * 选择器")
    for found in re.finditer(r"url\(\s*[\"']?(?!data:)", text):
        package.report(path, _line(text, found.start()), "WXSS 里不能引用本地或外部文件")
    if PurePosixPath(path).name != "app.wxss" and (found := re.search(r"#[0-9a-fA-F]{3,8}\b", text)):
        package.report(path, _line(text, found.start()), "颜色只写在 app.wxss，别处用 var()")


def _line(text, at):
    return text.count("\n", 0, at) + 1
