"""What a content claims to be, by its first bytes; what somebody called it counts for nothing."""

from typing import Final

from app.materials.parsing.refusals import Reason, Refused
from app.materials.types import Kind

_BEGINNINGS: Final = (
    (b"\xff\xd8\xff", Kind.JPEG),
    (b"\x89PNG\r\n\x1a\n", Kind.PNG),
    (b"%PDF-", Kind.PDF),
    (b"PK\x03\x04", Kind.OFD),
)
_RIFF, _WEBP = b"RIFF", b"WEBP"


def kind_of(content: bytes) -> Kind:
    """Return the kind; raises Refused for every other. Whether it is true is for a parser to find out."""
    for beginning, kind in _BEGINNINGS:
        if content.startswith(beginning):
            return kind
    if content.startswith(_RIFF) and content[8:12] == _WEBP:
        return Kind.WEBP
    raise Refused(Reason.KIND)
