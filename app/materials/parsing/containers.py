"""OFD (GB/T 33190-2016) is a zip of XML: names, sizes and pages are looked at, in memory only."""

import codecs
import re
import stat
import zipfile
from io import BytesIO
from pathlib import PurePosixPath
from typing import Final

from app.materials.parsing.answering import Kept, answer
from app.materials.parsing.refusals import Reason, Refused

MEMORY: Final = 256 << 20
MOST_ENTRIES, MOST_PAGES = 2_000, 200
LARGEST_ALTOGETHER, MOST_RATIO, PLAIN = 64 << 20, 200, 1 << 20
"""XML packs to a twentieth; a megabyte that packs to less than a two-hundredth is made to explode."""
_NAMES: Final = codecs.lookup("cp437")
"""What zip writes names in; looked up here, since later no file can be opened any more."""
_ROOT: Final = "OFD.xml"
_ENDINGS: Final = frozenset(
    {
        ".xml",
        ".png",
        ".jpg",
        ".jpeg",
        ".bmp",
        ".tif",
        ".tiff",
        ".jb2",
        ".gbig2",
        ".ttf",
        ".otf",
        ".ttc",
        ".cff",
        ".esl",
        ".dat",
        ".ofd",
        ".xbrl",
    }
)
_UNWANTED: Final = re.compile(r"[\0-\x1f\x7f\\:*?\"<>|\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_DOCUMENT: Final = re.compile(rb"<(?:\w+:)?DocRoot>\s*([^<>]{1,200}?)\s*</")
_PAGE: Final = re.compile(rb"<(?:\w+:)?Page[\s>/]")
_ENTITIES: Final = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_STORED, _DEFLATED, _ENCRYPTED = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, 0x1
_CHUNK, _LARGEST_XML = 1 << 16, 16 << 20


def look(content: bytes, watermark: str) -> Kept:
    """Return the document as it is; raises Refused. A watermark is not laid on OFD."""
    del watermark
    if not content.startswith(b"PK\x03\x04"):
        raise Refused(Reason.KIND)
    with zipfile.ZipFile(BytesIO(content)) as container:
        entries = container.infolist()
        _must_be_modest(entries)
        for entry in entries:
            _must_be_named_well(entry)
        _must_unpack(container, entries)
        return Kept(content, "ofd", _count_pages(container))


def _must_be_modest(entries: list[zipfile.ZipInfo]) -> None:
    """Compare what the directory claims; what is not true of it shows when it is unpacked."""
    if len(entries) > MOST_ENTRIES or sum(entry.file_size for entry in entries) > LARGEST_ALTOGETHER:
        raise Refused(Reason.BOMB)
    for entry in entries:
        if entry.file_size > PLAIN and entry.file_size > MOST_RATIO * max(1, entry.compress_size):
            raise Refused(Reason.BOMB)


def _must_be_named_well(entry: zipfile.ZipInfo) -> None:
    path = PurePosixPath(entry.filename)
    if path.is_absolute() or ".." in path.parts or _UNWANTED.search(entry.orig_filename):
        raise Refused(Reason.NAMES)
    if entry.flag_bits & _ENCRYPTED:
        raise Refused(Reason.ENCRYPTED)
    if entry.compress_type not in {_STORED, _DEFLATED} or stat.S_ISLNK(entry.external_attr >> 16):
        raise Refused(Reason.NAMES)
    if not entry.is_dir() and path.suffix.lower() not in _ENDINGS:
        raise Refused(Reason.ATTACHMENT)


def _must_unpack(container: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> None:
    """Unpack all of it once, keeping nothing: sizes and checksums are true, no entity is declared."""
    if len({entry.filename for entry in entries}) != len(entries):
        raise Refused(Reason.NAMES)
    for entry in entries:
        with container.open(entry) as opened:
            tail = b""
            while piece := opened.read(_CHUNK):
                if entry.filename.lower().endswith(".xml") and _ENTITIES.search(tail + piece):
                    raise Refused(Reason.SCRIPT)
                tail = piece[-16:]


def _count_pages(container: zipfile.ZipFile) -> int:
    """Count the pages that the document's own list names (7.5); raises Refused where it is no OFD."""
    try:
        document = _DOCUMENT.search(_read(container, _ROOT))
        if document is None:
            raise Refused(Reason.KIND)
        pages = len(_PAGE.findall(_read(container, document[1].decode().strip("/"))))
    except KeyError:
        raise Refused(Reason.KIND) from None
    if not 0 < pages <= MOST_PAGES:
        raise Refused(Reason.PAGES if pages else Reason.DAMAGED)
    return pages


def _read(container: zipfile.ZipFile, name: str) -> bytes:
    with container.open(name) as opened:
        return opened.read(_LARGEST_XML)


if __name__ == "__main__":
    answer(look, memory=MEMORY)
