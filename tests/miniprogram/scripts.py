"""What can be said about a client's JavaScript without running it."""

import posixpath
import re

FORBIDDEN = re.compile(
    r"(?<![\w.$'])(window|document|localStorage|sessionStorage|XMLHttpRequest|fetch|alert|eval|Function)\s*[.(\[]"
)
REQUIRE = re.compile(r"\brequire\(\s*(?:'([^']+)'|\"([^\"]+)\"|([^)]*))\s*\)")
METHOD = re.compile(
    r"^\s+(?:async\s+)?([A-Za-z_]\w*)\s*(?:\([^)\n]*\)\s*\{|:\s*(?:async\s+)?function\b)", re.MULTILINE
)
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
OPENING, CLOSING, QUOTES, TEMPLATE = "([{", ")]}", "'\"`", "${"
TOKEN = re.compile(r"\\.|\$\{|[()\[\]{}'\"`]", re.DOTALL)


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
    for character, line in _brackets(blanked(text)):
        if character in OPENING:
            stack.append((character, line))
        elif not stack or OPENING.index(stack.pop()[0]) != CLOSING.index(character):
            return line
    return stack[-1][1] if stack else None


def _brackets(text):
    """Yield the brackets outside strings with their lines; `${…}` inside a template is code again."""
    quote, outer = "", []
    for found in TOKEN.finditer(text):
        token = found[0]
        if quote:
            quote = _in_string(quote, token, outer)
        elif token in QUOTES:
            quote = token
        elif token == "}" and outer and outer[-1] == TEMPLATE:
            outer.pop()
            quote = "`"
        elif token[-1] in OPENING + CLOSING:
            _keep_depth(outer, token[-1])
            yield token[-1], _line(text, found)


def _in_string(quote, token, outer):
    """Return the quote that holds after the token; `${` in a template leads back into code."""
    if quote == "`" and token == TEMPLATE:
        outer.append(TEMPLATE)
        return ""
    return "" if token == quote else quote


def _keep_depth(outer, bracket):
    if outer and bracket == "{":
        outer.append(bracket)
    elif outer and bracket == "}":
        outer.pop()


def _line(text, found):
    return text.count("\n", 0, found.start()) + 1
