"""A planted world to ask directly, and a stand-in on free ports with a callback receiver beside it."""

import asyncio
import http.client
import json
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode

import pytest
from aiohttp import web

from sandbox.wechat.api.dispatch import answer
from sandbox.wechat.call import Call
from sandbox.wechat.control import operations, phone
from sandbox.wechat.seed import plant
from sandbox.wechat.server import Server
from sandbox.wechat.world import World

APPID, SECRET = "wxba5fad812f8e6fb9", "ab12cd34ef56ab12cd34ef56ab12cd34"
OTHER_APPID, OTHER_SECRET = "wx4f4bc4dec97d474b", "00000000000000000000000000000000"
OPENID, STRANGER, RISKY, FOREIGNER = "oElder", "oStranger", "oRisky", "oForeigner"
ONE_TIME, LONG_TERM, BANNED = "template-once", "template-always", "template-banned"
CONTENT = "事项:{{thing1.DATA}}\n时间:{{time2.DATA}}"
AES_KEY, PREVIOUS_KEY = "A" * 43, "B" * 43
PUSH = {"token": "AAAAA", "aes_key": AES_KEY, "prev_aes_key": PREVIOUS_KEY, "appid_name": "gh_97417a04a28d"}
REAL_NAME = {"name": "张三", "id_number": "310101199801011234"}


def seed_document(**app):
    templates = [
        {"id": ONE_TIME, "title": "受理通知", "type": 2, "content": CONTENT},
        {"id": LONG_TERM, "title": "办理进度", "type": 3, "content": CONTENT},
        {"id": BANNED, "title": "已封禁", "type": 3, "content": CONTENT, "banned": True},
    ]
    first = {"appid": APPID, "secret": SECRET, "pages": ["pages/case"], "templates": templates} | app
    users = [
        {"openid": OPENID, "unionid": "uElder", "phone": "13812345678", "real_name": REAL_NAME},
        {"openid": STRANGER},
        {"openid": RISKY, "risk_blocked": True},
        {"openid": FOREIGNER, "appid": OTHER_APPID},
    ]
    return {
        "apps": [first, {"appid": OTHER_APPID, "secret": OTHER_SECRET}],
        "users": users,
        "words": ["违禁词", {"word": "加微信", "suggest": "review", "label": 10001}],
        "rng_seed": 7,
    }


@dataclass
class Client:
    """Asks the endpoints of a world without a network, and does what people do on their phones."""

    world: World
    appid: str = APPID
    secret: str = SECRET

    def get(self, path, *, remote="127.0.0.1", **query):
        return self._ask("GET", path, query, b"", remote)

    def post(self, path, body, *, remote="127.0.0.1", **query):
        raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        return self._ask("POST", path, query, raw, remote)

    def _ask(self, method, path, query, raw, remote):
        call = Call.read(method=method, target=f"{path}?{urlencode(query)}", raw=raw, remote=remote)
        with self.world.in_flight(call):
            given = answer(self.world, call)
        self.world.journal.note(call, given, at=0.0, seconds=0.0)
        return given.payload

    def plain(self, **changes):
        query = {"grant_type": "client_credential", "appid": self.appid, "secret": self.secret} | changes
        return self.get("/cgi-bin/token", **query)

    def stable(self, **changes):
        body = {"grant_type": "client_credential", "appid": self.appid, "secret": self.secret} | changes
        return self.post("/cgi-bin/stable_token", body)

    def token(self):
        return self.stable()["access_token"]

    def login_code(self, openid=OPENID):
        return phone.login_code(self.world, {"openid": openid})["code"]

    def login(self, code=None, **changes):
        query = {
            "appid": self.appid,
            "secret": self.secret,
            "js_code": self.login_code() if code is None else code,
            "grant_type": "authorization_code",
        }
        return self.get("/sns/jscode2session", **(query | changes))

    def subscribe(self, template=ONE_TIME, openid=OPENID, choice="accept"):
        return phone.subscribe(self.world, {"openid": openid, "choices": {template: choice}})

    def send(self, *, token=None, **changes):
        body = {
            "touser": OPENID,
            "template_id": ONE_TIME,
            "data": {"thing1": {"value": "高龄津贴"}, "time2": {"value": "2026年10月1日 15:01"}},
        }
        token = self.token() if token is None else token
        return self.post("/cgi-bin/message/subscribe/send", body | changes, access_token=token)

    def check_text(self, **changes):
        body = {"version": 2, "scene": 2, "openid": OPENID, "content": "我想咨询高龄津贴"} | changes
        return self.post("/wxa/msg_sec_check", body, access_token=self.token())

    def advance(self, seconds):
        operations.advance_clock(self.world, {"advance": seconds})

    def alive(self, token):
        return "ip_list" in self.get("/cgi-bin/getcallbackip", access_token=token)


@pytest.fixture
def make_client():
    def make(**app):
        world = World()
        plant(world, seed_document(**app))
        return Client(world)

    return make


@pytest.fixture
def document():
    return seed_document()


@pytest.fixture
def client(make_client):
    return make_client()


@dataclass
class Received:
    method: str
    query: dict[str, str]
    body: bytes
    content_type: str


@dataclass
class Receiver:
    """A callback URL: answers from a script of (status, text, seconds to wait), then `success`."""

    script: list = field(default_factory=list)
    received: list[Received] = field(default_factory=list)

    async def __call__(self, request):
        query = dict(parse_qsl(request.query_string))
        self.received.append(
            Received(request.method, query, await request.read(), request.headers.get("Content-Type", ""))
        )
        status, text, wait = self.script.pop(0) if self.script else (200, query.get("echostr", "success"), 0)
        await asyncio.sleep(wait)
        return web.Response(status=status, text=text)


@dataclass
class StandIn:
    """A running stand-in with both ports and a receiver."""

    port: int
    control_port: int
    callback: str
    receiver: Receiver

    def raw(self, method, target, body=b"", *, port=None):
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=10)
        try:
            connection.request(method, target, body=body)
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()

    def api(self, method, target, document=None):
        body = b"" if document is None else json.dumps(document, ensure_ascii=False).encode()
        return json.loads(self.raw(method, target, body)[2])

    def control(self, method, path, document=None, *, status=200):
        body = b"" if document is None else json.dumps(document).encode()
        got, _, reply = self.raw(method, f"/__emu__/{path}", body, port=self.control_port)
        assert got == status, reply
        return json.loads(reply)

    def token(self):
        body = {"grant_type": "client_credential", "appid": APPID, "secret": SECRET}
        return self.api("POST", "/cgi-bin/stable_token", body)["access_token"]

    def send(self, token=None, **changes):
        body = {
            "touser": OPENID,
            "template_id": ONE_TIME,
            "data": {"thing1": {"value": "高龄津贴"}, "time2": {"value": "15:01"}},
        } | changes
        token = token or self.token()
        return self.api("POST", f"/cgi-bin/message/subscribe/send?access_token={token}", body)

    def subscribe(self, template=ONE_TIME, times=1):
        for _ in range(times):
            reply = self.control("POST", "subscribe", {"openid": OPENID, "choices": {template: "accept"}})
        return reply

    def ended(self, number, *, attempts=0):
        """The push of that id, once it is neither planned nor under way and was tried so often."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            push = self.control("GET", f"pushes?id={number}")[0]
            if push["state"] not in {"planned", "delivering"} and len(push["attempts"]) >= attempts:
                return push
            time.sleep(0.01)
        raise AssertionError(f"push {number} has not ended")


class _Running:
    """The stand-in and the receiver on a loop in a thread of their own."""

    def __init__(self):
        self.receiver = Receiver()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.server = Server(host="127.0.0.1")
        self.addresses = self.do(self.server.start())
        self.callback = self.do(self._listen())

    async def _listen(self):
        self.hook = web.ServerRunner(web.Server(self.receiver, access_log=None), shutdown_timeout=0.1)
        await self.hook.setup()
        await web.TCPSite(self.hook, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self.hook.addresses[0][1]}/callback"

    def do(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(timeout=20)

    def stop(self):
        self.do(self.server.stop())
        self.do(self.hook.cleanup())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


@pytest.fixture(scope="module")
def _running():
    running = _Running()
    yield running
    running.stop()


@pytest.fixture
def make_stand_in(_running):
    def make(**push):
        receiver = _running.receiver
        receiver.script, receiver.received = [], []
        where = _running.addresses
        stand_in = StandIn(where.port, where.control_port, _running.callback, receiver)
        stand_in.control("POST", "reset", seed_document(push=PUSH | {"url": _running.callback} | push))
        return stand_in

    return make


@pytest.fixture
def stand_in(make_stand_in):
    return make_stand_in()
