"""Files that tests make themselves, and a phone that sends them in pieces."""

import hashlib
from io import BytesIO

from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import NameObject, StreamObject

UPLOADS = "/api/v1/me/uploads"
PIECE = 256 << 10


def picture(kind="JPEG", size=(640, 480), *, mode="RGB", color=None, **how):
    """A picture of one colour: `picture("PNG", (20, 20))`."""
    made = BytesIO()
    Image.new(mode, size, color).save(made, kind, **how)
    return made.getvalue()


def noise(size=(640, 480), kind="JPEG", **how):
    """A picture that does not pack well."""
    made = BytesIO()
    Image.effect_noise(size, 64).convert("RGB").save(made, kind, **how)
    return made.getvalue()


def document(pages=1, change=None):
    """A PDF of blank pages; `change(writer)` may put something in."""
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(595, 842)
    if change is not None:
        change(writer)
    made = BytesIO()
    writer.write(made)
    return made.getvalue()


def saying(content, **entries):
    """A change of a document: a stream with `content` as it is, drawn on the first page."""

    def change(writer):
        stream = StreamObject()
        stream._data = content
        stream.update({NameObject(f"/{key}"): value for key, value in entries.items()})
        writer.pages[0][NameObject("/Contents")] = writer._add_object(stream)

    return change


EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class Phone:
    """Somebody who uploads."""

    def __init__(self, client):
        self.client = client

    def begin(self, content, name="户口簿.jpg", **other):
        body = {"name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest(), **other}
        return self.client.post(UPLOADS, json=body)

    def send(self, upload_id, piece, offset):
        return self.client.put(
            f"{UPLOADS}/{upload_id}/content?offset={offset}",
            data=piece,
            content_type="application/octet-stream",
        )

    def finish(self, upload_id):
        return self.client.post(f"{UPLOADS}/{upload_id}/completion")

    def read(self, upload_id):
        return self.client.get(f"{UPLOADS}/{upload_id}").json

    def offer(self, content, name="户口簿.jpg", piece=PIECE):
        """Begin, send everything, finish; returns the last reply."""
        begun = self.begin(content, name)
        assert begun.status_code in {200, 201}, begun.json
        for offset in range(0, len(content), piece):
            sent = self.send(begun.json["id"], content[offset : offset + piece], offset)
            assert sent.status_code == 200, sent.json
        return self.finish(begun.json["id"])

    def upload(self, content, name="户口簿.jpg", **how):
        """Upload something that is taken; returns its id."""
        reply = self.offer(content, name, **how)
        assert (reply.status_code, reply.json["state"]) == (200, "pending_scan"), reply.json
        return reply.json["id"]
