"""The watermark 仅用于办理…: a tile of slanted text, to be laid over pictures and pages."""

from importlib import resources
from io import BytesIO
from typing import Final

from PIL import Image, ImageDraw, ImageFile, ImageFont

_FONT: Final = resources.files("pylopdf_fonts_zh_cn").joinpath("NotoSansSC-Regular.otf").read_bytes()
"""Noto Sans SC (SIL Open Font License), read while files may still be opened."""
_LATE: Final = (ImageFile,)
"""Pillow loads it when it first needs it: then no file can be opened any more."""
INK: Final = (176, 32, 32)
STRENGTH: Final = 96
"""Of 255: what stands under it stays readable, and it does not come off."""
_SLANT: Final = 30


def tile(text: str, size: int) -> Image.Image:
    """Return the text once, slanted, as a mask (mode L); `size` is the height of a character."""
    font = ImageFont.truetype(BytesIO(_FONT), size)
    left, top, right, bottom = (int(edge) for edge in font.getbbox(text))
    line = Image.new("L", (right - left + 2 * size, bottom - top + size), 0)
    ImageDraw.Draw(line).text((size - left, size // 2 - top), text, fill=STRENGTH, font=font)
    return line.rotate(_SLANT, expand=True)


def stamp(picture: Image.Image, text: str) -> None:
    """Lay the text all over a picture, in place: no second picture of its size is made."""
    width, height = picture.size
    size = max(12, min(width, height) // 22)
    mask = tile(text, size)
    ink = INK if picture.mode == "RGB" else sum(INK) // len(INK)
    for y in range(-mask.height // 3, height, mask.height):
        for x in range(-mask.width // 3, width, mask.width):
            picture.paste(ink, (x, y), mask)
