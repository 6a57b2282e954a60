"""Bad input: each refused or cleaned in under a second of processor time, with memory bounded."""

import io
import json
import os
import subprocess
import sys
import zipfile

import pytest
from PIL import Image

from app.materials import inspection
from app.materials.errors import InspectionBusy
from app.materials.inspection import inspect
from app.materials.kinds import kind_of
from app.materials.parsing.refusals import SENTENCES, Reason, Refused
from tests.app.materials.files import REFUSED, TAKEN, jpeg_and_zip
from tests.support.sources import ROOT
from tests.support.uploads import document, noise, picture

SECONDS, REFUSED_MIB, TAKEN_MIB = 1.0, 96, 512
PARSERS = {"jpeg": "pictures", "png": "pictures", "webp": "pictures", "pdf": "documents", "ofd": "containers"}


@pytest.fixture
def cost():
    """`with cost() as spent:` what the child processes meanwhile cost: seconds of processor time."""

    class Spent:
        def __enter__(self):
            self.before = os.times()
            return self

        def __exit__(self, *_):
            after = os.times()
            self.seconds = (after.children_user + after.children_system) - (
                self.before.children_user + self.before.children_system
            )

    return Spent


def peak_of(content, parser):
    """What the parser says it held at most, in MiB, and its head."""
    answer = subprocess.run(
        [sys.executable, "-m", f"app.materials.parsing.{parser}"],
        input=content,
        capture_output=True,
        cwd=ROOT,
        check=True,
    )
    head = json.loads(answer.stdout.partition(b"\n")[0])
    return head["peak_kib"] / 1024, head


@pytest.mark.parametrize(("make", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_hostile_is_refused_in_under_a_second(make, reason, cost) -> None:
    content = make()
    assert len(content) <= 10 << 20
    with cost() as spent, pytest.raises(Refused) as refused:
        inspect(content)
    assert refused.value.reason == reason
    assert spent.seconds < SECONDS


@pytest.mark.parametrize(("make", "kind"), TAKEN.values(), ids=TAKEN.keys())
def test_what_is_honest_is_taken(make, kind, cost) -> None:
    with cost() as spent:
        try:
            assert inspect(make()).kind == kind
        except Refused:
            assert kind is None
    assert spent.seconds < SECONDS


@pytest.mark.parametrize(
    "name", [name for name, (_, why) in REFUSED.items() if why in {"pixels", "bomb", "pages"}]
)
def test_refusing_takes_little_memory(name) -> None:
    content = REFUSED[name][0]()
    peak, head = peak_of(content, PARSERS[kind_of(content)])
    assert head["refused"] == REFUSED[name][1]
    assert peak < REFUSED_MIB


def test_the_largest_picture_that_is_taken_stays_within_its_memory() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    content = picture(size=(8000, 5000), progressive=True, exif=exif)
    peak, head = peak_of(content, "pictures")
    assert head["kind"] == "jpeg"
    assert peak < TAKEN_MIB


def test_a_parser_can_open_no_file_no_socket_and_start_nothing() -> None:
    tried = (
        "import os, socket, sys; from app.materials.parsing.confinement import confine; confine(1 << 29)\n"
        "for attempt in (lambda: open('/etc/hosts'), socket.socket, os.fork, lambda: bytearray(1 << 30)):\n"
        "    try: attempt()\n"
        "    except (OSError, MemoryError) as error: print(type(error).__name__)\n"
        "    else: print('allowed')\n"
        "print(os.geteuid())\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", tried], cwd=ROOT, capture_output=True, text=True, check=True
    )
    *attempts, user = answer.stdout.split()
    assert attempts == ["OSError", "OSError", "BlockingIOError", "MemoryError"]
    assert user != "0"


def test_a_parser_that_does_not_come_back_is_killed(monkeypatch) -> None:
    monkeypatch.setattr(inspection, "SECONDS", 0.01)
    with pytest.raises(Refused) as refused:
        inspect(document())
    assert refused.value.reason is Reason.DEMANDING


def test_seats_are_few_and_who_gets_none_is_told_to_come_again(monkeypatch) -> None:
    monkeypatch.setattr(inspection, "WAIT_SECONDS", 0.01)
    for _ in range(inspection.SEATS):
        inspection._seats.acquire()
    try:
        with pytest.raises(InspectionBusy):
            inspect(document())
    finally:
        for _ in range(inspection.SEATS):
            inspection._seats.release()
    assert inspect(document()).pages == 1


@pytest.mark.parametrize(
    "said", [b"", b"{", b'{"kind": "exe", "pages": 1}', b'{"refused": "no"}', b"[1]", b"\xff" * 9]
)
def test_what_a_parser_says_is_not_believed(said) -> None:
    assert inspection._head(said) == {"refused": "damaged"}


def test_nothing_but_pixels_comes_through() -> None:
    kept = inspect(jpeg_and_zip()).content
    assert not zipfile.is_zipfile(io.BytesIO(kept))
    assert b"setup.exe" not in kept


@pytest.mark.parametrize(
    "content",
    [noise((1200, 900)), picture("PNG", (1200, 900), mode="RGBA"), document(3)],
    ids=["jpeg", "png", "pdf"],
)
def test_a_watermark_lies_all_over_a_copy(content) -> None:
    plain, marked = inspect(content), inspect(content, watermark="仅用于办理高龄津贴申领")
    assert plain.pages == marked.pages
    assert plain.content != marked.content
    if plain.kind == "pdf":
        assert marked.content.count(b"/ZsbWatermark Do") == 3
        return
    with Image.open(io.BytesIO(marked.content)) as seen:
        reddish = [seen.convert("RGB").crop(box) for box in ((0, 0, 600, 450), (600, 450, 1200, 900))]
    assert all(any(r > b + 20 for r, _, b in part.get_flattened_data()) for part in reddish)


def test_every_reason_has_a_sentence() -> None:
    assert set(SENTENCES) == set(Reason)
    assert all(sentence.startswith(("只", "文件", "图片", "不支持")) for sentence in SENTENCES.values())
