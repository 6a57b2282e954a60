"""What can be said about a client's JavaScript without running it."""

import posixpath
import re

FORBIDDEN = re.compile(
    r"(?<![\w.$'])(window|document|localStorage|sessionStorage|XMLHttpRequest|fetch|alert|eval|Function)\s*[.(\[]"
)
REQUIRE = re.compile(r"\brequire\(\s*(?:'([^']+)'|\"([^\"]+)\"|([^)]*))\s*\)")
METHOD = re.compile(r"^\s+(?:async\s+)?([A-Za-z_]\w*)\s*(?:\([^)\n]*\)\s*\{|:\s*(?:async\s+)?function\b)", re.MULTILINE)
COMMENTS = re.compile(r"/\*.*?\*/", re.DOTALL)
LINE_COMMENT = re.compile(r"(?<!:)//[^\n]*")
SECRET = re.compile(r"(?i)app_?secret\s*[:=]|encodingaeskey|['\"][0-9a-f]{32}['\"]")
ONLY_IN = {
    "request": "services/api.js",
    "login": "services/session.js",
    "requestSubscribeMessage": "services/subscribe.js",
}
POP_UPS = re.compile(r"\bwx\.(showModal|showActionSheet|showToast|showLoading)\b")
KEYWORDS = frozenset({"if", "for", "while", "switch", "catch", "function", "return"})
OPENING, CLOSING = "([{", ")]}"


def resolve(base, path):
    """Return where `path`, written in `base`, leads inside the package."""
    joined = path.lstrip("/") if path.startswith("/") else posixpath.join(posixpath.dirname(base), path)
    return posixpath.normpath(joined)


def blanked(text, *, line_comments=True):
    """Return the text without comments, line numbers kept."""
    text = COMMENTS.sub(lambda found: "\n" * found[0].count("\n"), text)
    return LINE_COMMENT.sub("", text) if line_comments else text


def methods(text):
    """Return the names of the methods an object literal of the file may have."""
    return {name for name in METHOD.findall(blanked(text)) if name not in KEYWORDS}


def faults(path, text, exists):
    """Yield (line, sentence) for every fault of one file."""
    code = blanked(text)
    yield from _requires(path, code, exists)
    for found in FORBIDDEN.finditer(code):
        yield _line(code, found), f"小程序里没有 {found[1]}"
    for name, home in ONLY_IN.items():
        if path != home and (found := re.search(rf"\bwx\.{name}\b", code)):
            yield _line(code, found), f"wx.{name} 只能在 {home} 里调用"
    for found in POP_UPS.finditer(code):
        yield _line(code, found), f"不弹窗：{found[1]}"
    if found := re.search(r"['\"]PATCH['\"]", code):
        yield _line(code, found), "wx.request 发不出 PATCH"
    if found := SECRET.search(code):
        yield _line(code, found), "包里不许有密钥"
    if (line := unbalanced(text)) is not None:
        yield line, "括号不成对"


def _requires(path, code, exists):
    for found in REQUIRE.finditer(code):
        wanted = found[1] or found[2]
        if wanted is None:
            yield _line(code, found), "require 要写明文件"
        elif not wanted.startswith((".", "/")):
            yield _line(code, found), f"不用第三方包：{wanted}"
        elif not any(exists(resolve(path, wanted) + ending) for ending in ("", ".js")):
            yield _line(code, found), f"require 的文件 {wanted} 不存在"


def unbalanced(text):
    """Return the line of the first bracket without its partner, None where all have one."""
    stack = []
    for character, line in _code_characters(text):
        if character in OPENING:
            stack.append((character, line))
        elif character in CLOSING:
            if not stack or OPENING.index(stack.pop()[0]) != CLOSING.index(character):
                return line
    return stack[-1][1] if stack else None


def _code_characters(text):
    """Yield the brackets outside comments and strings; `${…}` inside a template is code again."""
    text = blanked(text)
    quote, templates, line, at = "", [], 1, 0
    while at < len(text):
        character = text[at]
        line += character == "\n"
        if quote:
            if character == "\\":
                at += 1
            elif quote == "`" and text.startswith("${", at):
                templates.append("${")
                quote, at = "", at + 1
            elif character == quote:
                quote = ""
        elif character in "'\"`":
            quote = character
        elif character == "}" and templates and templates[-1] == "${":
            templates.pop()
            quote = "`"
        elif character in OPENING + CLOSING:
            if templates and character in "{}":
                templates.append("{") if character == "{" else templates.pop()
            yield character, line
        at += 1


def _line(text, found):
    return text.count("\n", 0, found.start()) + 1
