"""Uploading: in pieces, resumed, compared, looked at, scanned, lent for five minutes."""

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from app.materials import scanning
from tests.support.uploads import EICAR, PIECE, UPLOADS, Phone, document, noise, picture, saying


def test_a_picture_is_sent_in_pieces_scanned_and_seen_again(phone) -> None:
    content = noise((1600, 1200))
    assert len(content) > 3 * PIECE
    upload_id = phone.upload(content)
    assert phone.client.post(f"{UPLOADS}/{upload_id}/link").status_code == 404, "not before the scan"
    assert scanning.scan_due() == 1
    assert phone.read(upload_id)["state"] == "clean"
    link = phone.client.post(f"{UPLOADS}/{upload_id}/link").json
    reply = phone.client.get(link["url"])
    assert reply.status_code == 200
    assert (
        reply.headers["Content-Disposition"] == "attachment; filename*=UTF-8''%E6%88%B7%E5%8F%A3%E7%B0%BF.jpg"
    )
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in reply.headers["Content-Security-Policy"]
    with Image.open(BytesIO(reply.data)) as seen:
        assert (seen.format, seen.size) == ("JPEG", (1600, 1200))


def test_an_upload_goes_on_where_it_broke_off(phone) -> None:
    content = noise((1600, 1200))
    begun = phone.begin(content).json
    phone.send(begun["id"], content[:PIECE], 0)
    other_start = phone.begin(content)
    assert (other_start.status_code, other_start.json["id"]) == (200, begun["id"]), "the same content"
    head = phone.client.head(f"{UPLOADS}/{begun['id']}")
    assert head.headers["Upload-Offset"] == str(PIECE)
    assert phone.send(begun["id"], content[:PIECE], 0).json["offset"] == PIECE, "a repeated piece is no fault"
    ahead = phone.send(begun["id"], content[2 * PIECE : 3 * PIECE], 2 * PIECE)
    assert (ahead.status_code, ahead.json["code"]) == (409, "materials.offset_differs")
    early = phone.finish(begun["id"])
    assert (early.status_code, early.json["code"]) == (409, "materials.incomplete")
    for offset in range(PIECE, len(content), PIECE):
        assert phone.send(begun["id"], content[offset : offset + PIECE], offset).status_code == 200
    assert phone.finish(begun["id"]).json["state"] == "pending_scan"
    assert phone.finish(begun["id"]).json["state"] == "pending_scan", "twice is once"


def test_what_was_damaged_on_the_way_is_noticed_and_may_be_sent_again(phone) -> None:
    content = document()
    begun = phone.begin(content).json
    phone.send(begun["id"], content[:-1] + b"x", 0)
    wrong = phone.finish(begun["id"])
    assert (wrong.status_code, wrong.json["code"]) == (422, "materials.checksum_differs")
    assert phone.read(begun["id"])["offset"] == 0
    phone.send(begun["id"], content, 0)
    assert phone.finish(begun["id"]).json["state"] == "pending_scan"


def test_an_infected_file_is_destroyed(phone) -> None:
    upload_id = phone.upload(document(change=saying(EICAR)))
    assert scanning.scan_due() == 1
    assert phone.read(upload_id)["state"] == "infected"
    assert phone.client.post(f"{UPLOADS}/{upload_id}/link").status_code == 404


@pytest.mark.parametrize("effect", ["reset", "error", "garbage"])
def test_while_the_scanner_is_down_a_file_waits_and_is_scanned_later(phone, clamd, effect, session) -> None:
    clamd.post("faults", effect=effect, times=1)
    upload_id = phone.upload(document())
    assert scanning.scan_due() == 0
    assert phone.read(upload_id)["state"] == "pending_scan"
    session.connection().exec_driver_sql("UPDATE materials_upload SET leased_until = NULL")
    assert scanning.scan_due() == 1
    assert phone.read(upload_id)["state"] == "clean"


def test_nobody_else_sees_an_upload_or_follows_a_link(phone, sign_in, clean_upload) -> None:
    upload_id = clean_upload(picture())
    stranger = Phone(sign_in.resident().client)
    assert stranger.client.get(f"{UPLOADS}/{upload_id}").status_code == 404
    assert stranger.client.post(f"{UPLOADS}/{upload_id}/link").status_code == 404
    assert stranger.finish(upload_id).status_code == 404
    url = phone.client.post(f"{UPLOADS}/{upload_id}/link").json["url"]
    lent = stranger.client.get(url)
    assert (lent.status_code, lent.json["code"]) == (404, "materials.link_expired")
    officer = sign_in.officer().client.get(url.replace("/me/", "/staff/"))
    assert officer.status_code == 404


def test_a_link_is_over_after_five_minutes(phone, clean_upload, clock) -> None:
    upload_id = clean_upload(picture())
    url = phone.client.post(f"{UPLOADS}/{upload_id}/link").json["url"]
    clock.advance(minutes=4, seconds=59)
    assert phone.client.get(url).status_code == 200
    clock.advance(seconds=1)
    assert phone.client.get(url).json["code"] == "materials.link_expired"
    assert phone.client.get(f"{url}x").json["code"] == "materials.link_expired"


def test_exif_goes_and_the_picture_stands_upright(phone, clean_upload) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "a phone"
    exif.get_ifd(0x8825)[1] = "N"
    upload_id = clean_upload(picture(size=(400, 300), exif=exif))
    url = phone.client.post(f"{UPLOADS}/{upload_id}/link").json["url"]
    data = phone.client.get(url).data
    with Image.open(BytesIO(data)) as seen:
        assert (seen.size, dict(seen.getexif())) == ((300, 400), {})
    assert b"a phone" not in data


def test_thirty_uploads_an_hour_are_enough(phone) -> None:
    for number in range(30):
        assert phone.begin(b"%d" % number).status_code == 201
    refused = phone.begin(b"one more")
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0


def test_what_is_announced_is_bounded(phone) -> None:
    assert phone.begin(b"x", size=10 * 1024 * 1024 + 1).status_code == 422
    assert phone.begin(b"x", size=0).status_code == 422
    assert phone.begin(b"x", sha256="zz").status_code == 422
    content = noise((1600, 1200))
    begun = phone.begin(content).json
    assert phone.send(begun["id"], content[:100], 0).json["code"] == "materials.piece_unfit"
    assert phone.send(begun["id"], b"", 0).json["code"] == "materials.piece_unfit"
    assert phone.send(begun["id"], b"x" * (1 << 20) + b"x", 0).status_code == 413
    assert phone.send(begun["id"], (content * 9)[: 1 << 20], 0).status_code == (
        200 if len(content) >= 1 << 20 else 422
    )


def test_my_files_are_listed_and_may_be_erased(phone, clean_upload, session) -> None:
    upload_id = clean_upload(picture())
    assert [one["id"] for one in phone.client.get(UPLOADS).json["items"]] == [upload_id]
    assert phone.client.delete(f"{UPLOADS}/{upload_id}").status_code == 204
    assert phone.client.get(UPLOADS).json["items"] == []
    assert phone.client.delete(f"{UPLOADS}/{upload_id}").status_code == 204
    key = session.connection().exec_driver_sql("SELECT key FROM materials_upload").scalar()
    assert key is None


def test_a_piece_is_never_in_clear_on_the_disk(phone, settings) -> None:
    upload_id = phone.upload(document(change=saying(b"clear text canary")))
    assert phone.read(upload_id)["state"] == "pending_scan"
    root = Path(settings.materials_store.removeprefix("file://"))
    lying = [path for path in root.rglob("*") if path.is_file()]
    assert lying
    assert not any(
        b"clear text canary" in path.read_bytes() or b"%PDF" in path.read_bytes() for path in lying
    )
