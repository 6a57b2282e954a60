"""What a broken line, server or reply comes to, and that nothing waits or talks too much."""

import logging
import socket
import ssl
import time
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from app.gateways.wechat import errors, live
from app.gateways.wire import CONNECT_SECONDS, READ_SECONDS, Unanswered, Wire
from tests.app.gateways import raw_server as raw
from tests.app.gateways.conftest import OPENID, SECRET

HTML = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
CODE = "code-1234567890abcdef"
ABOUT_WECHAT = ("http://", "https://", "127.0.0.1", "access_token", "secret=", "js_code", SECRET, CODE)


def _login(client):
    return live.LiveLogin(client).exchange(CODE)


REPLIES = {
    "http_503": raw.answering(HTML, status=b"503 Service Unavailable", content_type=b"text/html"),
    "http_404": raw.answering(b"{}", status=b"404 Not Found"),
    "http_302": raw.answering(b"", status=b"302 Found", headers=b"Location: http://127.0.0.1:1/\r\n"),
    "not_json html": raw.answering(HTML, content_type=b"text/html"),
    "not_json empty": raw.answering(b""),
    "not_an_object": raw.answering(b"[]"),
    "not_json deep": raw.answering(b"[" * 200_000),
    "errcode_unreadable": raw.answering(b'{"errcode":"soon"}'),
    "no_openid_in_answer": raw.answering(b'{"session_key":"k"}'),
    "reply_too_large": raw.answering(b" " * (2 << 20)),
    "cut_off reset": raw.resetting,
    "cut_off half": raw.half_answering,
    "timeout silent": raw.silent,
    "timeout body": raw.dripping_body,
    "timeout headers": raw.dripping_headers,
}


@pytest.mark.parametrize("reply", REPLIES)
def test_a_reply_that_is_none_leaves_the_outcome_unknown(raw_server, connect, reply):
    server = raw_server(REPLIES[reply])
    began = time.monotonic()
    with pytest.raises(errors.OutcomeUnknown) as caught:
        _login(connect(server.base, read_seconds=0.4))
    assert caught.value.reason == reply.split()[0]
    assert time.monotonic() - began < 2, "every wait has an end"
    assert len(server.requests) == 1, "a login is never tried twice"


def test_login_is_not_retried_after_a_read_timeout_though_wechat_has_used_the_code(emulator, connect):
    code = emulator.post("login_code", {"openid": OPENID})["code"]
    emulator.fault("/sns/jscode2session", {"latency": 2}, phase="after_commit", count=1)
    login = live.LiveLogin(connect(emulator.base, read_seconds=0.3))
    with pytest.raises(errors.OutcomeUnknown, match="timeout"):
        login.exchange(code)
    time.sleep(2.2)
    assert len(emulator.calls("/sns/jscode2session")) == 1
    with pytest.raises(errors.Relogin) as caught:
        login.exchange(code)
    assert caught.value.kind is errors.CodeProblem.USED


def test_nobody_listening_means_nothing_was_sent(connect):
    with pytest.raises(errors.NotSent, match="no_connection"):
        _login(connect(f"http://127.0.0.1:{_unused_port()}"))


def test_a_connection_that_is_never_taken_up_means_nothing_was_sent(connect):
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        crowd = [socket.socket() for _ in range(4)]
        for one in crowd:
            one.settimeout(0)
            one.connect_ex(listener.getsockname())
        began = time.monotonic()
        with pytest.raises(errors.NotSent, match="no_connection"):
            _login(connect(f"http://127.0.0.1:{listener.getsockname()[1]}", connect_seconds=0.3))
        assert time.monotonic() - began < 1
        for one in crowd:
            one.close()


def test_a_name_that_nobody_knows_means_nothing_was_sent(connect):
    with pytest.raises(errors.NotSent):
        _login(connect("http://wechat.invalid"))


def test_a_server_that_cannot_prove_who_it_is_gets_nothing(raw_server, connect, tmp_path):
    server = raw_server(raw.answering(b"{}"), wrap=_self_signed(tmp_path))
    with pytest.raises(errors.NotSent, match="no_connection"):
        _login(connect(f"https://localhost:{server.port}"))
    assert server.requests == []


def test_no_free_connection_in_time_means_nothing_was_sent(raw_server, at_once):
    server = raw_server(raw.silent)
    wire = Wire(server.base, connections=1, read_seconds=3.5)
    assert at_once(2, lambda _: wire.request("GET", "/")) == {"Unanswered": 1, "Unreached": 1}
    assert server.connections == 1


def test_connections_are_kept_and_never_more_than_the_pool_holds(raw_server, at_once):
    server = raw_server(raw.answering(b"{}"))
    wire = Wire(server.base, connections=3)
    assert at_once(30, lambda _: wire.request("POST", "/x", body=b"{}")) == {"done": 30}
    assert server.connections <= 3


def test_a_reply_read_halfway_spoils_no_later_request(raw_server):
    server = raw_server(raw.answering(b" " * (2 << 20)))
    wire = Wire(server.base, connections=1)
    for _ in range(3):
        with pytest.raises(Unanswered, match="reply_too_large"):
            wire.request("GET", "/")
    assert server.connections == 3


def test_a_chunked_reply_with_a_byte_order_mark_and_a_textual_errcode_is_understood(raw_server, connect):
    body = b'\xef\xbb\xbf{"errcode":"0","openid":"o1","session_key":"k","note":"a\tb"}'
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (
        len(body),
        body,
    )

    def behave(server, connection):
        while server.read_request(connection):
            connection.sendall(chunked)

    server = raw_server(behave)
    client = connect(server.base)
    assert [_login(client).openid for _ in range(3)] == ["o1"] * 3
    assert server.connections == 1


def test_the_environments_proxies_are_not_used(raw_server, connect, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    server = raw_server(raw.answering(b'{"openid":"o1","session_key":"k"}'))
    assert _login(connect(server.base)).openid == "o1"


def test_a_base_with_a_path_is_kept(raw_server, connect):
    server = raw_server(raw.answering(b'{"openid":"o1","session_key":"k"}'))
    _login(connect(f"{server.base}/wx"))
    assert server.requests[0].startswith(b"GET /wx/sns/jscode2session?appid=")


def test_a_host_that_wechatpy_hard_codes_is_never_asked(emulator, connect):
    with pytest.raises(ValueError, match="not configured"):
        connect(emulator.base).get("https://api.weixin.qq.com/cgi-bin/x")


def test_the_product_waits_two_seconds_for_a_connection_and_five_for_a_reply(settings):
    assert (CONNECT_SECONDS, READ_SECONDS) == (2.0, 5.0)
    wire = live.client_of(settings)._http._wire
    assert (wire.limits.connect_seconds, wire.limits.read_seconds) == (2.0, 5.0)
    assert wire.connections == settings.push_concurrency + live.SPARE_CONNECTIONS


@pytest.mark.parametrize("reply", [*REPLIES, "nobody"])
def test_no_error_and_no_log_line_tells_a_secret(raw_server, connect, caplog, reply):
    caplog.set_level(logging.DEBUG)
    base = raw_server(REPLIES[reply]).base if reply in REPLIES else f"http://127.0.0.1:{_unused_port()}"
    client = connect(base, read_seconds=0.3)
    for attempt in (lambda: _login(client), lambda: live.LiveTemplates(client).list()):
        with pytest.raises(errors.WeChatError) as caught:
            attempt()
        _tells_nothing(caught.value, ABOUT_WECHAT)
    for told in (SECRET, CODE, "secret=", "js_code="):
        assert told not in caplog.text


def test_a_refusal_tells_neither_token_nor_secret(emulator, connect, caplog, redis, app_id):
    caplog.set_level(logging.DEBUG)
    client = connect(emulator.base)
    live.LiveTemplates(client).list()
    token = redis.get(f"wx:{app_id}:stable_token").decode()
    for errcode in (-1, 40001, 43101, 45009, 48001, 99999):
        emulator.delete("faults")
        emulator.fault("/wxaapi/newtmpl/gettemplate", {"errcode": errcode})
        with pytest.raises(errors.WeChatError) as caught:
            live.LiveTemplates(client).list()
        _tells_nothing(caught.value, (*ABOUT_WECHAT, token))
    assert token not in caplog.text
    assert "access_token=" not in caplog.text


def _tells_nothing(error, words):
    """Walk the whole chain, suppressed parts included, and everything each exception holds."""
    seen = set()
    queue = [error]
    while queue:
        one = queue.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        told = f"{one!s} {one!r} {one.args!r} {vars(one)!r} {getattr(one, '__notes__', '')}"
        assert not [word for word in words if word in told], type(one)
        queue += [one.__cause__, one.__context__]


def _unused_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def _self_signed(folder):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime(2020, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=36500))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    pem.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context
