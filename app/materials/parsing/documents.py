"""PDF is looked through, object by object, and kept as it is: a signature over it stays whole.

Refused: encryption, scripts and actions that leave the document, attachments, more than 200 pages, streams
that unpack to far more than they are, and bytes of another format before or behind it (ISO 32000-2, 7.5,
12.6, 7.11).
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any, Final

from pypdf import PdfReader, filters
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, NameObject, StreamObject

from app.materials.parsing.answering import Kept, answer
from app.materials.parsing.endorsing import endorsed
from app.materials.parsing.refusals import Reason, Refused

MEMORY: Final = 512 << 20
_LATE: Final = (filters,)
"""pypdf loads it when it first needs it: then no file can be opened any more."""
MOST_PAGES, MOST_OBJECTS, DEEPEST = 200, 60_000, 40
LARGEST_STREAM, LARGEST_ALTOGETHER = 64 << 20, 192 << 20
"""Of what streams unpack to: a page scanned at 300 dpi in colour is 26 MB."""
MOST_PIXELS: Final = 40_000_000
_SCRIPTS: Final = frozenset(
    {
        "/JavaScript",
        "/Launch",
        "/SubmitForm",
        "/ImportData",
        "/GoToE",
        "/RichMediaExecute",
        "/Rendition",
        "/Movie",
    }
)
_SCRIPT_KEYS: Final = frozenset({"/JS", "/XFA", "/RichMediaContent", "/RichMediaSettings"})
_ATTACHMENT_KEYS: Final = frozenset({"/EmbeddedFiles", "/EF", "/AF"})
_ATTACHMENTS: Final = frozenset({"/EmbeddedFile", "/FileAttachment"})
_IN_CLEAR: Final = re.compile(rb"/(?:JavaScript|Launch|EmbeddedFiles?|RichMedia)\b")
"""Also where no table of objects leads: another reader may look there. Too long to occur by chance."""
_ESCAPED: Final = re.compile(rb"/[A-Za-z#0-9]*#[0-9A-Fa-f]{2}[A-Za-z#0-9]*")
_END: Final = re.compile(rb"%%EOF[\s\0]*\Z")
_TAIL, _CHUNK = 1024, 1 << 16


def look(content: bytes, watermark: str) -> Kept:
    """Return the document, with the watermark on every page where one is asked for; raises Refused."""
    _must_be_alone(content)
    _must_say_nothing_in_clear(content)
    reader = PdfReader(BytesIO(content), strict=False)
    if reader.is_encrypted:
        raise Refused(Reason.ENCRYPTED)
    pages = _count_pages(reader)
    _look_through(reader)
    return Kept(endorsed(content, watermark) if watermark else content, "pdf", pages)


def _must_be_alone(content: bytes) -> None:
    if not content.startswith(b"%PDF-"):
        raise Refused(Reason.KIND)
    if not _END.search(content[-_TAIL:]):
        raise Refused(Reason.DAMAGED if b"%%EOF" not in content else Reason.POLYGLOT)
    if zipfile.is_zipfile(BytesIO(content)):
        raise Refused(Reason.POLYGLOT)


def _must_say_nothing_in_clear(content: bytes) -> None:
    found = _IN_CLEAR.search(content)
    if found is None:
        for name in _ESCAPED.finditer(content):
            found = found or _IN_CLEAR.search(_unescaped(name[0]) + b" ")
    if found is not None:
        raise Refused(Reason.ATTACHMENT if b"Embedded" in found[0] else Reason.SCRIPT)


def _unescaped(name: bytes) -> bytes:
    return re.sub(rb"#([0-9A-Fa-f]{2})", lambda code: bytes([int(code[1], 16)]), name)


def _count_pages(reader: PdfReader) -> int:
    """Walk the tree of pages by hand: it is not followed further than 200 pages go."""
    root: Any = reader.trailer["/Root"]
    waiting: list[tuple[Any, int]] = [(root["/Pages"], 0)]
    pages = steps = 0
    while waiting:
        node, depth = waiting.pop()
        node = node.get_object()
        steps += 1
        if depth > DEEPEST or steps > 2 * MOST_PAGES + MOST_PAGES:
            raise Refused(Reason.PAGES)
        if "/Kids" in node:
            kids = node["/Kids"]
            if len(kids) + pages > 2 * MOST_PAGES:
                raise Refused(Reason.PAGES)
            waiting += [(kid, depth + 1) for kid in kids]
        else:
            pages += 1
    if pages > MOST_PAGES:
        raise Refused(Reason.PAGES)
    if pages == 0:
        raise Refused(Reason.DAMAGED)
    return pages


def _look_through(reader: PdfReader) -> None:
    unpacked = 0
    for stored in _every_object(reader):
        for part in _parts_of(stored):
            _must_be_harmless(part)
        if isinstance(stored, StreamObject):
            unpacked += _unpacks_to(stored)
            if unpacked > LARGEST_ALTOGETHER:
                raise Refused(Reason.BOMB)


def _every_object(reader: PdfReader) -> Iterator[Any]:
    numbers = [(generation, number) for generation, found in reader.xref.items() for number in found]
    numbers += [(0, number) for number in reader.xref_objStm]
    if len(numbers) > MOST_OBJECTS:
        raise Refused(Reason.BOMB)
    yield reader.trailer
    for generation, number in numbers:
        yield reader.get_object(IndirectObject(number, generation, reader))


def _parts_of(stored: Any) -> Iterator[DictionaryObject]:
    """Yield every dictionary that stands within one object, without following references."""
    waiting: list[tuple[Any, int]] = [(stored, 0)]
    while waiting:
        part, depth = waiting.pop()
        if depth > DEEPEST:
            raise Refused(Reason.DAMAGED)
        if isinstance(part, DictionaryObject):
            yield part
            waiting += [(value, depth + 1) for value in part.values()]
        elif isinstance(part, ArrayObject):
            waiting += [(value, depth + 1) for value in part]


def _must_be_harmless(part: DictionaryObject) -> None:
    keys = part.keys()
    values = {
        str(part.raw_get(key)) for key in ("/S", "/Type", "/Subtype") if isinstance(part.get(key), NameObject)
    }
    if values & _SCRIPTS or keys & _SCRIPT_KEYS:
        raise Refused(Reason.SCRIPT)
    if values & _ATTACHMENTS or keys & _ATTACHMENT_KEYS:
        raise Refused(Reason.ATTACHMENT)
    if "/Encrypt" in keys:
        raise Refused(Reason.ENCRYPTED)
    if int(part.get("/Width", 0)) * int(part.get("/Height", 0)) > MOST_PIXELS:
        raise Refused(Reason.PIXELS)


def _unpacks_to(stream: StreamObject) -> int:
    """Return how many bytes a packed stream unpacks to, keeping none; others are as large as they are."""
    filters = stream.get("/Filter", ArrayObject())
    names = [str(name) for name in (filters if isinstance(filters, ArrayObject) else [filters])]
    packed = [name for name in names if name in {"/FlateDecode", "/Fl"}]
    if len(packed) > 1:  # packed twice: a bomb within a bomb
        raise Refused(Reason.BOMB)
    if not packed or names[0] != packed[0]:
        return 0
    unpacker, left, size = zlib.decompressobj(), stream._data, 0  # noqa: SLF001 the raw bytes; decoding is what is avoided
    while left and not unpacker.eof:
        try:
            size += len(unpacker.decompress(left, _CHUNK))
        except zlib.error:
            return size  # damaged: a reader shows what it can
        left = unpacker.unconsumed_tail
        if size > LARGEST_STREAM:
            raise Refused(Reason.BOMB)
    return size


if __name__ == "__main__":
    answer(look, memory=MEMORY)
