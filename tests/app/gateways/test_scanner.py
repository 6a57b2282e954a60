"""clamd's protocol against the sandbox, over TCP and over a Unix socket that answers what it likes."""

import socket
import threading

import pytest

from app.gateways.scanner.clamd import Clamd
from app.gateways.scanner.port import ScannerDown
from launcher.processes import free_port
from tests.support.uploads import EICAR, document, noise, saying


@pytest.fixture
def scanner(addresses, clamd):
    return Clamd(addresses.clamd)


def test_what_is_clean_is_clean_and_eicar_is_found(scanner, clamd) -> None:
    assert scanner.scan(noise()).clean
    assert scanner.scan(EICAR).signature == "Eicar-Test-Signature"
    assert not scanner.scan(document(change=saying(EICAR))).clean
    assert [one["found"] for one in clamd.get("journal")["items"]] == [None, *["Eicar-Test-Signature"] * 2]


@pytest.mark.parametrize("effect", ["reset", "error", "garbage"])
def test_what_is_no_verdict_is_none(scanner, clamd, effect) -> None:
    clamd.post("faults", effect=effect)
    with pytest.raises(ScannerDown):
        scanner.scan(EICAR)


def test_a_stream_that_is_too_long_for_the_scanner_is_no_verdict(scanner) -> None:
    with pytest.raises(ScannerDown):
        scanner.scan(b"x" * (26 << 20))


def test_nobody_there_is_down() -> None:
    with pytest.raises(ScannerDown):
        Clamd(f"tcp://127.0.0.1:{free_port()}").scan(b"x")
    with pytest.raises(ScannerDown):
        Clamd("unix:///nowhere/clamd.ctl").scan(b"x")
    with pytest.raises(ValueError, match="clamd is at"):
        Clamd("http://127.0.0.1")


def test_a_unix_socket_serves_as_well(tmp_path) -> None:
    path = str(tmp_path / "clamd.ctl")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(path)
        listening.listen()

        def serve():
            connection, _ = listening.accept()
            with connection:
                while not (said := connection.recv(1 << 20)).endswith(b"\0\0\0\0"):
                    assert said
                connection.sendall(b"stream: Some.Virus-1 FOUND\0")

        thread = threading.Thread(target=serve)
        thread.start()
        assert Clamd(f"unix://{path}").scan(b"content").signature == "Some.Virus-1"
        thread.join(5)
