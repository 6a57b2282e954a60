"""Where files lie: a folder, or a bucket behind a real S3 server (rclone) that checks signatures."""

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from app.foundation import clock
from app.gateways.objects.disk import Folder
from app.gateways.objects.port import ObjectMissing, StoreDown, name_of
from app.gateways.objects.s3 import Bucket
from app.gateways.wire import Unreached, Wire
from launcher.processes import dies_with_parent, free_port

KEY_ID, SECRET, BUCKET = "an-id", "a-secret", "materials"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """`rclone serve s3`, the address of its one bucket, and the folder behind it."""
    root, port = tmp_path_factory.mktemp("s3"), free_port()
    (root / BUCKET).mkdir()
    rclone = shutil.which("rclone", path=str(Path(sys.executable).parent))
    assert rclone is not None, "requirements-dev.txt has it"
    address = f"127.0.0.1:{port}"
    process = subprocess.Popen(
        [rclone, "serve", "s3", "--auth-key", f"{KEY_ID},{SECRET}", "--addr", address, str(root)],
        env={"HOME": str(root), "PATH": os.environ["PATH"]},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=dies_with_parent(signal.SIGTERM),  # noqa: PLW1509 only prctl and getppid are called
    )
    wire = Wire(f"http://{address}", connections=1)
    until = time.monotonic() + 20
    while True:
        try:
            wire.request("GET", "/")
            break
        except Unreached:
            assert time.monotonic() < until, "rclone did not start"
            time.sleep(0.05)
    yield f"http://{address}/{BUCKET}", root / BUCKET
    process.terminate()
    process.wait(10)


def bucket(server, secret=SECRET):
    return Bucket(server[0], region="us-east-1", key_id=KEY_ID, secret=secret)


@pytest.fixture(params=["folder", "bucket"])
def store(request, tmp_path):
    """Both kinds, to be told apart by nothing."""
    if request.param == "folder":
        return Folder(tmp_path / "materials")
    return bucket(request.getfixturevalue("server"))


def test_what_is_put_is_got_and_deleted(store) -> None:
    name, content = name_of("files", uuid4()), os.urandom(3 << 20)
    store.put(name, content)
    assert store.get(name) == content
    store.put(name, b"another")
    assert store.get(name) == b"another"
    assert name in {found.name for found in store.stored("files")}
    assert all(found.modified_at > clock.now() - timedelta(hours=1) for found in store.stored("files"))
    assert name not in {found.name for found in store.stored("pieces")}
    store.delete(name)
    store.delete(name)
    with pytest.raises(ObjectMissing):
        store.get(name)
    assert name not in {found.name for found in store.stored("files")}


@pytest.mark.parametrize(
    "name", ["files/../../etc/passwd", "/etc/passwd", "files/ab/x", "files/ab/" + "g" * 32, ""]
)
def test_a_name_that_we_did_not_make_is_never_used(store, name) -> None:
    for work in (lambda: store.put(name, b""), lambda: store.get(name), lambda: store.delete(name)):
        with pytest.raises(ValueError, match="not the name"):
            work()


def test_a_wrong_secret_is_refused_by_the_server(server) -> None:
    stranger = bucket(server, secret="guessed")
    name = name_of("files", uuid4())
    with pytest.raises(StoreDown):
        stranger.put(name, b"x")
    assert not (server[1] / name).exists()


def test_a_server_that_is_gone_is_said_to_be_down() -> None:
    gone = Bucket(f"http://127.0.0.1:{free_port()}/b", region="r", key_id="i", secret="s")
    with pytest.raises(StoreDown):
        gone.get(name_of("files", uuid4()))


def test_a_folder_that_takes_no_more_is_down_and_keeps_no_half_file(tmp_path) -> None:
    store, name = Folder(tmp_path), name_of("files", uuid4())
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, usual[1]))  # the write fails, as on a full disk
    try:
        with pytest.raises(StoreDown):
            store.put(name, b"x" * (2 << 20))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    store.put(name, b"small enough")


def test_what_a_killed_process_left_is_removed_after_a_day(tmp_path) -> None:
    store = Folder(tmp_path)
    store.put(name_of("files", uuid4()), b"x")
    left = tmp_path / "unfinished" / "old"
    left.write_bytes(b"half")
    os.utime(left, (time.time() - 90_000,) * 2)
    assert len(list(store.stored("files"))) == 1
    assert not left.exists()
