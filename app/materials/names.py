"""What a file is called: shown to people, never a path and never a reason to believe anything."""

import re
import unicodedata
from typing import Final

from app.materials.types import Kind

LONGEST: Final = 80
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Controls, marks that turn the direction of writing, halves of characters, what nobody can see."""
_FOLDERS: Final = re.compile(r"[/\\]")
_UNFIT: Final = re.compile(r'[<>:"|?*%;\']')
_ENDING: Final = re.compile(r"(?<=.)\.[A-Za-z0-9]{1,8}\Z")
_ENDINGS: Final = {
    Kind.JPEG: ".jpg",
    Kind.PNG: ".png",
    Kind.WEBP: ".webp",
    Kind.PDF: ".pdf",
    Kind.OFD: ".ofd",
}
NAMELESS: Final = "文件"


def cleaned(name: str) -> str:
    """Return the last part of a name in visible characters; `文件` where nothing is left."""
    seen = "".join(c for c in unicodedata.normalize("NFKC", name) if unicodedata.category(c) not in _UNSEEN)
    last = _FOLDERS.split(seen)[-1]
    kept = _UNFIT.sub("", last).strip(" .")
    return kept[:LONGEST].strip(" .") or NAMELESS


def ending_with(name: str, kind: Kind) -> str:
    """Return a clean name with the ending of what the content is."""
    return _ENDING.sub("", name)[: LONGEST - 5] + _ENDINGS[kind]
