"""Files at rest, their names, and what time, leaving and crashes take away."""

import os
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.foundation.crypto import Undecipherable
from app.foundation.ids import new_id
from app.foundation.transaction import atomic
from app.gateways.objects.port import name_of, objects
from app.materials import envelopes, names, scanning, sweeping
from app.materials.types import TRANSITIONS, Kind, UploadState
from app.residents import events
from tests.support.uploads import UPLOADS, Phone, document, noise, picture


@pytest.fixture
def phone(sign_in, clamd):
    return Phone(sign_in.resident().client)


@pytest.fixture
def root(settings):
    return Path(settings.materials_store.removeprefix("file://"))


def lying(root, kind="*"):
    return {path for path in root.glob(f"{kind}/*/*") if path.is_file()}


def test_a_file_is_bound_to_its_upload_and_its_place(application) -> None:
    upload_id, other = new_id(), new_id()
    key = envelopes.new_key(upload_id)
    sealed = envelopes.seal(b"content", upload_id=upload_id, key=key, name="a")
    assert envelopes.unseal(sealed, upload_id=upload_id, key=key, name="a") == b"content"
    for wrong in (
        {"upload_id": other, "key": key, "name": "a"},
        {"upload_id": upload_id, "key": envelopes.new_key(upload_id), "name": "a"},
        {"upload_id": upload_id, "key": key, "name": "b"},
    ):
        with pytest.raises(Undecipherable):
            envelopes.unseal(sealed, **wrong)
    for damaged in (sealed[:-1], b"\2" + sealed[1:], b"", sealed[:9]):
        with pytest.raises(Undecipherable):
            envelopes.unseal(damaged, upload_id=upload_id, key=key, name="a")


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("户口簿.jpg", "户口簿.jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\我\\身份证.png", "身份证.png"),
        ("a\0b.pdf", "ab.pdf"),
        ("gpj.\u202eexe", "gpj.exe"),
        ("\u200b\ufeff", "文件"),
        ("...", "文件"),
        ("/", "文件"),
        ('a"b<c>;d\r\nSet-Cookie: x.jpg', "abcdSet-Cookie x.jpg"),
    ],
)
def test_names_are_cleaned(said, kept) -> None:
    assert names.cleaned(said) == kept


@given(st.text(max_size=300))
def test_a_clean_name_is_short_visible_no_path_and_clean_already(said) -> None:
    kept = names.cleaned(said)
    assert 0 < len(kept) <= names.LONGEST
    assert not set(kept) & set('/\\\0\r\n"')
    assert names.cleaned(kept) == kept
    assert len(names.ending_with(kept, Kind.JPEG)) <= names.LONGEST


def test_a_name_ends_as_the_content_is() -> None:
    assert names.ending_with("身份证.exe", Kind.PDF) == "身份证.pdf"
    assert names.ending_with(".hidden", Kind.JPEG) == ".hidden.jpg"


def test_a_hostile_name_is_only_ever_shown(phone, root) -> None:
    upload_id = phone.upload(picture(), "../../../tmp/\u202egpj.exe")
    assert scanning.scan_due() == 1
    assert phone.read(upload_id)["name"] == "gpj.exe"
    link = phone.client.post(f"{UPLOADS}/{upload_id}/link").json
    assert (
        phone.client.get(link["url"]).headers["Content-Disposition"] == "attachment; filename*=UTF-8''gpj.jpg"
    )
    assert all("gpj" not in str(path) for path in root.rglob("*"))


def test_pieces_are_gone_when_a_file_is_whole(phone, root) -> None:
    before = lying(root, "pieces")
    phone.upload(noise((1600, 1200)))
    assert lying(root, "pieces") == before


def test_an_upload_that_nobody_goes_on_with_expires(phone, clock, root, sign_in) -> None:
    content, before = noise((1600, 1200)), lying(root)
    begun = phone.begin(content).json
    phone.send(begun["id"], content[: 256 << 10], 0)
    assert lying(root) > before
    clock.advance(hours=25)
    with atomic():
        assert sweeping.expire_due() == 1
        assert sweeping.expire_due() == 0
    assert lying(root) == before


def test_a_file_that_no_case_needs_is_erased_after_a_month(phone, clock, session) -> None:
    phone.upload(picture())
    scanning.scan_due()
    clock.advance(days=29)
    with atomic():
        assert sweeping.expire_due() == 0
    clock.advance(days=2)
    with atomic():
        assert sweeping.expire_due() == 1
    row = session.connection().exec_driver_sql("SELECT state, key FROM materials_upload").one()
    assert tuple(row) == ("erased", None)


def test_who_leaves_takes_their_files_along_and_no_copy_of_the_store_helps(
    sign_in, clamd, session, root
) -> None:
    person = sign_in.resident()
    Phone(person.client).upload(picture())
    scanning.scan_due()
    before = {path: path.read_bytes() for path in lying(root)}
    upload = session.connection().exec_driver_sql("SELECT id, key FROM materials_upload").one()
    with atomic():
        events.erased.send(person.id)
    assert session.connection().exec_driver_sql("SELECT key FROM materials_upload").scalar() is None
    assert any(not path.exists() for path in before), "and the objects go as well"
    assert upload.key is not None


def test_what_was_written_and_never_booked_is_swept_up(phone, root, settings) -> None:
    upload_id = phone.upload(picture())
    orphan, fresh = name_of("files", uuid4()), name_of("pieces", uuid4())
    objects().put(orphan, b"old")
    objects().put(fresh, b"new")
    os.utime(root / orphan, (time.time() - timedelta(days=2).total_seconds(),) * 2)
    for path in lying(root, "files"):
        os.utime(path, (time.time() - timedelta(days=2).total_seconds(),) * 2)
    assert sweeping.sweep_orphans() >= 1
    assert not (root / orphan).exists()
    assert (root / fresh).exists(), "it may be booked in a moment"
    assert scanning.scan_due() == 1
    assert phone.client.post(f"{UPLOADS}/{upload_id}/link").status_code == 200, "what a row names stays"


def test_a_file_whose_object_is_lost_is_not_found(phone, root) -> None:
    upload_id = phone.upload(picture())
    scanning.scan_due()
    url = phone.client.post(f"{UPLOADS}/{upload_id}/link").json["url"]
    newest = max(lying(root, "files"), key=lambda path: path.stat().st_mtime_ns)
    newest.unlink()
    assert phone.client.get(url).json["code"] == "materials.file_not_found"


def test_the_quota_of_a_person_is_bounded(phone, session) -> None:
    phone.upload(document())
    session.connection().exec_driver_sql("ALTER TABLE materials_upload DISABLE TRIGGER USER")
    session.connection().exec_driver_sql("UPDATE materials_upload SET size = 10485760")
    session.connection().exec_driver_sql(
        "INSERT INTO materials_upload (id, owner_id, name, size, sha256, state, received, pieces,"
        " key, attempts)"
        " SELECT gen_random_uuid(), owner_id, name, size, sha256(n::text::bytea), state, received, pieces,"
        " key, 0"
        " FROM materials_upload, generate_series(1, 19) n"
    )
    full = phone.begin(b"one more")
    assert (full.status_code, full.json["code"]) == (409, "materials.quota_used_up")


def test_the_database_refuses_every_change_of_state_that_the_table_does_not_have(phone, session) -> None:
    phone.begin(b"x")
    connection, allowed = session.connection(), set()
    for before in UploadState:
        for after in set(UploadState) - {before}:
            with connection.begin_nested() as attempt:
                connection.exec_driver_sql("ALTER TABLE materials_upload DISABLE TRIGGER USER")
                connection.exec_driver_sql(
                    "ALTER TABLE materials_upload DROP CONSTRAINT ck_materials_upload_key_while_held"
                )
                connection.execute(text("UPDATE materials_upload SET state = :s"), {"s": before})
                connection.exec_driver_sql("ALTER TABLE materials_upload ENABLE TRIGGER USER")
                refused = suppress(IntegrityError)
                with refused, connection.begin_nested():
                    connection.execute(text("UPDATE materials_upload SET state = :s"), {"s": after})
                    allowed.add((before, after))
                attempt.rollback()
    assert allowed == TRANSITIONS


def test_two_phones_sending_at_once_make_one_file(together, phone) -> None:
    content = noise((1600, 1200))
    upload_id = phone.begin(content).json["id"]
    token = phone.client.token

    def send(_):
        other = Phone(phone.client.application.test_client())
        other.client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        piece, offset = 256 << 10, 0
        while offset < len(content):
            reply = other.send(upload_id, content[offset : offset + piece], offset)
            offset = reply.json.get("offset") or other.read(upload_id)["offset"]
        return other.finish(upload_id)

    replies = together(send, times=3)
    assert {reply.status_code for reply in replies} <= {200, 503}
    assert phone.finish(upload_id).json["state"] == "pending_scan"
    assert scanning.scan_due() == 1
    link = phone.client.post(f"{UPLOADS}/{upload_id}/link").json
    assert phone.client.get(link["url"]).status_code == 200
