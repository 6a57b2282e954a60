"""Files that nobody should send, made here: nothing binary is kept with the sources."""

import io
import struct
import zipfile
import zlib

from PIL import Image
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NumberObject, TextStringObject

from tests.support.uploads import document, noise, picture, saying

NAME, ROOT = NameObject, "OFD.xml"
_OFD = (
    '<?xml version="1.0" encoding="UTF-8"?><ofd:OFD xmlns:ofd="http://www.ofdspec.org/2016" DocType="OFD">'
    "<ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>"
)


def ofd(pages=1, more=None, root=_OFD):
    """An OFD of empty pages; `more` are other entries of the zip."""
    made = io.BytesIO()
    listed = "".join(f'<ofd:Page ID="{n}" BaseLoc="Pages/Page_{n}/Content.xml"/>' for n in range(pages))
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as container:
        container.writestr(ROOT, root)
        container.writestr(
            "Doc_0/Document.xml", f"<ofd:Document><ofd:Pages>{listed}</ofd:Pages></ofd:Document>"
        )
        for name, content in (more or {}).items():
            container.writestr(name, content)
    return made.getvalue()


def empty_zip():
    """A zip that is no OFD."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as container:
        container.writestr("a.xml", "<a/>")
    return made.getvalue()


def lying_ofd():
    """A zip whose directory claims ten bytes of something that unpacks to sixty-four megabytes."""
    content = ofd(more={"Doc_0/big.xml": b"\0" * (64 << 20)})
    claimed = struct.pack("<L", 64 << 20)
    return content.replace(claimed, struct.pack("<L", 10))


def link_in_zip():
    """A zip with a symbolic link."""
    made = io.BytesIO(ofd())
    with zipfile.ZipFile(made, "a") as container:
        entry = zipfile.ZipInfo("Doc_0/link.xml")
        entry.external_attr = 0o120777 << 16
        container.writestr(entry, "/etc/passwd")
    return made.getvalue()


def picture_bomb():
    """48 KB that unpack to a picture of 20,000 by 20,000."""
    content = picture("PNG", (20_000, 20_000), mode="1")
    assert len(content) < 50_000
    return content


def webp_of(width, height):
    """The header of an extended WebP of a size, and nothing that could be shown."""
    body = b"VP8X" + struct.pack("<L", 10) + b"\0" * 4 + (width - 1).to_bytes(3, "little")
    body += (height - 1).to_bytes(3, "little") + b"VP8 " + struct.pack("<L", 10) + b"\0" * 10
    return b"RIFF" + struct.pack("<L", 4 + len(body)) + b"WEBP" + body


def animated(kind):
    """Two pictures, one after the other."""
    first, second = (Image.new("RGB", (60, 40), color) for color in ("red", "blue"))
    made = io.BytesIO()
    first.save(made, kind, save_all=True, append_images=[second])
    return made.getvalue()


def png_with_bomb_in_text():
    """A small PNG whose comment unpacks to 200 MiB."""
    content = picture("PNG", (10, 10))
    packed = b"Comment\0\0" + zlib.compress(b"\0" * (200 << 20), 9)
    chunk = (
        struct.pack("!L", len(packed)) + b"zTXt" + packed + struct.pack("!L", zlib.crc32(b"zTXt" + packed))
    )
    return content[:33] + chunk + content[33:]


def with_action(kind, **entries):
    """A PDF that does something when it is opened."""

    def change(writer):
        action = DictionaryObject({NAME("/S"): NAME(kind)})
        action.update({NAME(f"/{key}"): TextStringObject(value) for key, value in entries.items()})
        writer._root_object[NAME("/OpenAction")] = action

    return document(change=change)


def with_hidden_script():
    """A PDF whose script's name is written with an escape, packed into an object stream."""

    def change(writer):
        action = DictionaryObject({NAME("/S"): NAME("/JavaScript"), NAME("/JS"): TextStringObject("1")})
        writer._root_object[NAME("/OpenAction")] = action

    return document(change=change).replace(b"/JavaScript", b"/Java#53cript")


def with_packed_script():
    """A PDF whose script lies in an object stream, so that no byte of its name is in clear."""
    inner = b"<< /S /JavaScript /JS (app.alert(1)) >>"
    packed = zlib.compress(b"9 0 " + inner)
    parts = [
        b"%PDF-1.7\n",
        b"1 0 obj << /Type /Catalog /Pages 2 0 R /OpenAction 9 0 R >> endobj\n",
        b"2 0 obj << /Type /Pages /Kids [3 0 R] /Count 1 >> endobj\n",
        b"3 0 obj << /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >> endobj\n",
        b"4 0 obj << /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length %d >> stream\n" % len(packed)
        + packed
        + b"\nendstream endobj\n",
    ]
    offsets, content = [], b""
    for part in parts:
        offsets.append(len(content))
        content += part
    begin = len(content)
    rows = [b"\0\0\0\0\0\0"] + [b"\1" + struct.pack("!L", offset) + b"\0" for offset in offsets[1:]]
    rows += [
        b"\1" + struct.pack("!L", begin) + b"\0",
        *[b"\0\0\0\0\0\0"] * 3,
        b"\2" + struct.pack("!L", 4) + b"\0",
    ]
    table = zlib.compress(b"".join(rows))
    content += (
        b"5 0 obj << /Type /XRef /Size 10 /W [1 4 1] /Root 1 0 R /Filter /FlateDecode /Length %d >> stream\n"
        % len(table)
        + table
        + b"\nendstream endobj\nstartxref\n%d\n%%%%EOF\n" % begin
    )
    return content


def with_attachment():
    """A PDF that carries another file."""
    return document(change=lambda writer: writer.add_attachment("harmless.exe", b"MZ"))


def encrypted():
    """A PDF with a password."""
    return document(change=lambda writer: writer.encrypt("secret"))


def flate_bomb(size=300 << 20):
    """A PDF whose page unpacks to 300 MiB."""
    packed = zlib.compress(b"\0" * size, 9)
    return document(change=saying(packed, Filter=NAME("/FlateDecode")))


def double_bomb():
    """A PDF whose page is packed twice."""
    packed = zlib.compress(zlib.compress(b"\0" * (300 << 20), 9), 9)
    return document(change=saying(packed, Filter=ArrayObject([NAME("/FlateDecode"), NAME("/FlateDecode")])))


def page_bomb():
    """A PDF of ten levels, each of which says ten times the next."""

    def change(writer):
        below = writer.pages[0].indirect_reference
        for _ in range(10):
            node = DictionaryObject(
                {
                    NAME("/Type"): NAME("/Pages"),
                    NAME("/Kids"): ArrayObject([below] * 10),
                    NAME("/Count"): NumberObject(10),
                }
            )
            below = writer._add_object(node)
        writer._root_object[NAME("/Pages")] = below

    return document(change=change)


def pdf_and_zip():
    """A PDF that is a zip as well."""
    made = io.BytesIO(document())
    with zipfile.ZipFile(made, "a") as container:
        container.writestr("setup.exe", "MZ")
    return made.getvalue()


def jpeg_and_zip():
    """A picture with a zip behind it."""
    made = io.BytesIO(noise((60, 40)))
    made.seek(0, 2)
    with zipfile.ZipFile(made, "a") as container:
        container.writestr("setup.exe", "MZ")
    return made.getvalue()


REFUSED = {
    "a picture of 20,000 squared in 48 KB": (picture_bomb, "pixels"),
    "a webp of 16,000 squared": (lambda: webp_of(16_000, 16_000), "pixels"),
    "an animated webp": (lambda: animated("WEBP"), "animated"),
    "an animated png": (lambda: animated("PNG"), "animated"),
    "a gif": (lambda: picture("GIF", mode="P"), "kind"),
    "a tiff": (lambda: picture("TIFF"), "kind"),
    "half a jpeg": (lambda: noise()[:20_000], "damaged"),
    "half a png": (lambda: noise(kind="PNG")[:20_000], "damaged"),
    "half a webp": (lambda: noise(kind="WEBP")[:3_000], "damaged"),
    "three bytes of a jpeg": (lambda: b"\xff\xd8\xff", "damaged"),
    "svg called jpg": (
        lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        "kind",
    ),
    "html called pdf": (lambda: b"<!DOCTYPE html><script>alert(1)</script>", "kind"),
    "a program": (lambda: b"MZ" + b"\0" * 1000, "kind"),
    "text": ("户口簿".encode, "kind"),
    "html behind the name of a jpeg": (lambda: b"\xff\xd8\xff<script>alert(1)</script>", "damaged"),
    "a pdf of 201 pages": (lambda: document(201), "pages"),
    "a pdf with a script": (lambda: with_action("/JavaScript", JS="app.alert(1)"), "script"),
    "a pdf that starts something": (lambda: with_action("/Launch", F="cmd.exe"), "script"),
    "a pdf that sends a form": (lambda: with_action("/SubmitForm", F="http://example.com"), "script"),
    "a pdf with an escaped script": (with_hidden_script, "script"),
    "a pdf with a packed script": (with_packed_script, "script"),
    "a pdf with an attachment": (with_attachment, "attachment"),
    "a pdf with a password": (encrypted, "encrypted"),
    "half a pdf": (lambda: document(9)[:500], "damaged"),
    "a pdf of nothing": (lambda: b"%PDF-1.7\n%%EOF\n", "damaged"),
    "a pdf that is a zip": (pdf_and_zip, "polyglot"),
    "a pdf with html behind it": (lambda: document() + b"<script>alert(1)</script>", "polyglot"),
    "a pdf that unpacks to 300 MiB": (flate_bomb, "bomb"),
    "a pdf packed twice": (double_bomb, "bomb"),
    "a pdf of ten to the tenth pages": (page_bomb, "pages"),
    "200 MiB of zeros as ofd": (lambda: ofd(more={"Doc_0/zeros.xml": b"\0" * (200 << 20)}), "bomb"),
    "an ofd that lies about its size": (lying_ofd, "damaged"),
    "an ofd of 201 pages": (lambda: ofd(201), "pages"),
    "an ofd with many entries": (lambda: ofd(more={f"{n}.xml": "" for n in range(2001)}), "bomb"),
    "an ofd that climbs out": (lambda: ofd(more={"../../etc/cron.d/x.xml": "x"}), "names"),
    "an ofd with a backslash": (lambda: ofd(more={"a\\..\\b.xml": "x"}), "names"),
    "an ofd with a right-to-left mark": (lambda: ofd(more={"a\u202egnp.xml": "x"}), "names"),
    "an ofd with a program": (lambda: ofd(more={"Doc_0/setup.exe": "MZ"}), "attachment"),
    "an ofd with entities": (lambda: ofd(root='<!DOCTYPE x [<!ENTITY a "b">]>' + _OFD), "script"),
    "an ofd with a link": (link_in_zip, "names"),
    "a zip that is no ofd": (empty_zip, "kind"),
    "half an ofd": (lambda: ofd()[:200], "damaged"),
}
"""What is refused, and why."""
TAKEN = {
    "a picture": (noise, "jpeg"),
    "a gray png": (lambda: picture("PNG", mode="L"), "jpeg"),
    "a png that shines through": (lambda: picture("PNG", mode="RGBA"), "png"),
    "a png of 16 bits": (lambda: picture("PNG", mode="I;16"), "jpeg"),
    "a png with a palette": (lambda: picture("PNG", mode="P"), "jpeg"),
    "a webp": (lambda: noise(kind="WEBP"), "jpeg"),
    "a webp that shines through": (lambda: picture("WEBP", mode="RGBA"), "jpeg"),
    "a cmyk jpeg": (lambda: picture(mode="CMYK"), "jpeg"),
    "a jpeg with a zip behind it": (jpeg_and_zip, "jpeg"),
    "a png whose comment is a bomb": (png_with_bomb_in_text, None),
    "a pdf of 200 pages": (lambda: document(200), "pdf"),
    "an ofd": (lambda: ofd(200, more={"Doc_0/Res/a.png": noise(kind="PNG")}), "ofd"),
}
"""What is taken, and as what; None where it may as well be refused."""
