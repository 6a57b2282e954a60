"""HTTP replies as they come in: whole or not at all, however they are cut into pieces."""

import socket
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.gateways.exchange import LARGEST_REPLY, NotHttp, Reply, TooLarge, ask, request

JSON = b'{"errcode":0,"msgid":1}'
PLAIN = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 23\r\n\r\n" + JSON
CHUNKED = (
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n"
    b'a;note=x\r\n{"errcode"\r\nD\r\n:0,"msgid":1}\r\n0\r\nTrailer: 1\r\n\r\n'
)
CONTINUED = b"HTTP/1.1 100 Continue\r\n\r\n" + PLAIN
UNTIL_CLOSED = b"HTTP/1.0 200\r\n\r\n" + JSON
KEPT = {"plain": (PLAIN, True), "chunked": (CHUNKED, True), "continued": (CONTINUED, True)}
CLOSED = {
    "until closed": (UNTIL_CLOSED, False),
    "said so": (PLAIN.replace(b"\r\n\r\n", b"\r\nConnection: Close\r\n\r\n"), False),
    "more than the reply": (PLAIN + b"HTTP", False),
}


def answered(*pieces):
    """Send a request to somebody who answers with these pieces and closes."""
    ours, theirs = socket.socketpair()

    def serve():
        theirs.recv(65536)
        for piece in pieces:
            theirs.sendall(piece)
        theirs.close()

    server = threading.Thread(target=serve)
    server.start()
    try:
        return ask(ours, request("GET", "h", "/x", {}, None), seconds=5)
    finally:
        ours.close()
        server.join()


@pytest.mark.parametrize("reply", {**KEPT, **CLOSED}.values(), ids={**KEPT, **CLOSED})
def test_a_whole_reply_is_understood_and_says_whether_the_connection_may_be_kept(reply):
    assert answered(reply[0]) == (Reply(200, JSON), reply[1])


@given(st.sampled_from([PLAIN, CHUNKED, CONTINUED, UNTIL_CLOSED]), st.data())
def test_it_does_not_matter_how_a_reply_is_cut(whole, data):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=6)))
    pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert answered(*[piece for piece in pieces if piece])[0] == Reply(200, JSON)


@given(st.sampled_from([PLAIN, CHUNKED]), st.data())
def test_a_reply_cut_short_is_none(whole, data):
    end = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(NotHttp):
        answered(*([whole[:end]] if end else []))


@pytest.mark.parametrize(
    "wrong",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 999 Odd\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1_0\r\n\r\n0123456789",
        b"HTTP/1.1 200 OK\r\nContent-Length : 1\r\n\r\na",
        b"HTTP/1.1 200 OK\r\n folded\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000,
    ],
    ids=range(12),
)
def test_what_is_no_reply_is_never_an_answer(wrong):
    with pytest.raises(NotHttp):
        answered(wrong)


@pytest.mark.parametrize(
    "large",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (LARGEST_REPLY + 1),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffff\r\n",
    ],
)
def test_a_reply_too_large_is_not_even_read(large):
    with pytest.raises(TooLarge):
        answered(large)


@pytest.mark.parametrize(
    ("target", "headers"),
    [("/a b", {}), ("/a\r\nX: 1", {}), ("/名", {}), ("/", {"X": "a\r\nY: b"}), ("/", {"X: y": "1"})],
)
def test_nothing_breaks_out_of_its_line(target, headers):
    with pytest.raises(ValueError, match="printable"):
        request("GET", "h", target, headers, None)
