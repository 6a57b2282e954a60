"""Pictures are encoded anew: what comes out is pixels, with no EXIF, no place, no passenger."""

import struct
from io import BytesIO
from typing import Final

from PIL import Image, ImageOps, MpoImagePlugin, WebPImagePlugin

from app.materials.parsing.answering import Kept, answer
from app.materials.parsing.refusals import Reason, Refused
from app.materials.parsing.stamps import stamp

MEMORY: Final = 768 << 20
"""A progressive JPEG of 40 million pixels: its coefficients, then the picture and its turned copy."""
MOST_PIXELS: Final = 40_000_000
QUALITY: Final = 90
_PLUGINS: Final = (MpoImagePlugin, WebPImagePlugin)
Image.MAX_IMAGE_PIXELS = None  # its own limit is four times ours and another exception
Image.preinit()  # Pillow loads its plugins when it first needs one: then no file can be opened any more
FORMATS: Final = ("JPEG", "PNG", "WEBP")
_VP8X, _VP8L, _VP8, _ANIMATION = b"VP8X", b"VP8L", b"VP8 ", 0x02


def clean(content: bytes, watermark: str) -> Kept:
    """Return the picture turned upright and encoded anew; raises Refused."""
    if content[8:12] == b"WEBP":
        _look_at_webp(content)  # Pillow's decoder takes the memory of two canvases just to open it
    with Image.open(BytesIO(content), formats=FORMATS) as opened:
        _must_fit(*opened.size)
        if opened.format != "MPO" and getattr(opened, "is_animated", False):
            raise Refused(Reason.ANIMATED)
        opened.load()
        picture = _plain(ImageOps.exif_transpose(opened), keep_alpha=opened.format == "PNG")
    if watermark:
        picture = _plain(picture, keep_alpha=False)
        stamp(picture, watermark)
    return _encoded(picture)


def _must_fit(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise Refused(Reason.PIXELS)


def _look_at_webp(content: bytes) -> None:
    """Read size and animation from the header (RFC 9649, 2.4 to 2.7)."""
    chunk, body = content[12:16], content[20:30]
    if chunk == _VP8X:
        if body[0] & _ANIMATION:
            raise Refused(Reason.ANIMATED)
        _must_fit(1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little"))
    elif chunk == _VP8L:
        (bits,) = struct.unpack("<I", body[1:5])
        _must_fit(1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    elif chunk == _VP8:
        width, height = struct.unpack("<HH", body[6:10])
        _must_fit(width & 0x3FFF, height & 0x3FFF)
    else:
        raise Refused(Reason.DAMAGED)


def _plain(picture: Image.Image, *, keep_alpha: bool) -> Image.Image:
    """Return 8 bits of gray or colour; what shines through becomes white unless alpha may stay."""
    if picture.mode in {"L", "RGB"} or (picture.mode == "RGBA" and keep_alpha):
        return picture
    if picture.mode == "1":
        return picture.convert("L")
    if picture.mode.startswith("I"):
        return picture.convert("I").point(lambda value: value / 256).convert("L")
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    with_alpha = picture.convert("RGBA")
    if keep_alpha:
        return with_alpha
    paper = Image.new("RGB", picture.size, "white")
    paper.paste(with_alpha, mask=with_alpha.getchannel("A"))
    return paper


def _encoded(picture: Image.Image) -> Kept:
    """Write a PNG where there is alpha, else a JPEG: what every screen and every archive can show."""
    made = BytesIO()
    if picture.mode == "RGBA":
        picture.info = {}
        picture.save(made, "PNG")
        return Kept(made.getvalue(), "png")
    picture.save(made, "JPEG", quality=QUALITY, exif=b"", comment=b"", icc_profile=None)
    return Kept(made.getvalue(), "jpeg")


if __name__ == "__main__":
    answer(clean, memory=MEMORY)
