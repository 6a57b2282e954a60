"""Lays the watermark over every page of a PDF, as a picture with a mask: no font has to be embedded."""

import zlib
from io import BytesIO
from typing import Any, Final

from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NumberObject, StreamObject

from app.materials.parsing.stamps import INK, tile

_NAME: Final = NameObject("/ZsbWatermark")
_SHEET: Final = (1190, 1684)
"""A4 at 144 dpi; stretched to whatever a page is."""
_CHARACTER: Final = 44


def endorsed(content: bytes, text: str) -> bytes:
    """Return the document with `text` all over each page."""
    writer = PdfWriter(clone_from=PdfReader(BytesIO(content), strict=False))
    mark = writer._add_object(_mark(writer, text))  # noqa: SLF001 pypdf's own way to add an object
    before, after = _stream(writer, b"q\n"), None
    for page in writer.pages:
        box = page.mediabox
        place = f"\nQ\nq {box.width} 0 0 {box.height} {box.left} {box.bottom} cm {_NAME} Do Q\n".encode()
        after = _stream(writer, place)
        page[NameObject("/Contents")] = ArrayObject([before, *_contents(page), after])
        page[NameObject("/Resources")] = _with_mark(page, mark)
    made = BytesIO()
    writer.write(made)
    return made.getvalue()


def _mark(writer: PdfWriter, text: str) -> StreamObject:
    """Return one pixel of ink behind a mask of the sheet."""
    sheet, once = Image.new("L", _SHEET, 0), tile(text, _CHARACTER)
    for y in range(-once.height // 3, sheet.height, once.height):
        for x in range(-once.width // 3, sheet.width, once.width):
            sheet.paste(once, (x, y))
    mask = writer._add_object(_image(*_SHEET, "/DeviceGray", sheet.tobytes()))  # noqa: SLF001 as above
    ink = _image(1, 1, "/DeviceRGB", bytes(INK))
    ink[NameObject("/SMask")] = mask
    return ink


def _image(width: int, height: int, colours: str, samples: bytes) -> StreamObject:
    made = StreamObject()
    made.update(
        {
            NameObject("/Type"): NameObject("/XObject"),
            NameObject("/Subtype"): NameObject("/Image"),
            NameObject("/Width"): NumberObject(width),
            NameObject("/Height"): NumberObject(height),
            NameObject("/ColorSpace"): NameObject(colours),
            NameObject("/BitsPerComponent"): NumberObject(8),
            NameObject("/Filter"): NameObject("/FlateDecode"),
        }
    )
    made._data = zlib.compress(samples)  # noqa: SLF001 packed already
    return made


def _stream(writer: PdfWriter, content: bytes) -> Any:
    made = StreamObject()
    made._data = content  # noqa: SLF001 plain
    return writer._add_object(made)  # noqa: SLF001 as above


def _contents(page: Any) -> list[Any]:
    if "/Contents" not in page:
        return []
    found = page.raw_get("/Contents")
    whole = found.get_object()
    return list(whole) if isinstance(whole, ArrayObject) else [found]


def _with_mark(page: Any, mark: Any) -> DictionaryObject:
    """Return a copy of what the page draws with, the mark added: the original may belong to many pages."""
    resources = DictionaryObject(_within(page, "/Resources"))
    drawn = DictionaryObject(_within(resources, "/XObject"))
    drawn[_NAME] = mark
    resources[NameObject("/XObject")] = drawn
    return resources


def _within(outer: Any, key: str) -> Any:
    return outer[key].get_object() if key in outer else {}
