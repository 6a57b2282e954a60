"""Real sandboxes, a real Valkey, and clients with short limits for the tests of the gateways."""

import os
import secrets
import shutil
import tempfile
import threading
from collections import Counter
from pathlib import Path

import pytest
from redis import Redis

from app.foundation import cache
from app.gateways.wechat.client import MiniProgramClient
from app.gateways.wire import Wire
from config.settings import Settings
from launcher.embedded import Valkey
from tests.app.gateways.emulators import Emulator
from tests.app.gateways.raw_server import RawServer
from tests.support import canary

SECRET = "5ec2e7" + "0123456789abcdef" + "0123456789"
PUSH_TOKEN = "pushtoken"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
ONE_TIME, LONG_TERM, WITH_NAME = "tmplOneTime", "tmplLongTerm", "tmplWithEnum"
OPENID, OTHER, BLOCKED = (
    "oAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "oBBBBBBBBBBBBBBBBBBBBBBBBBBB",
    "oCCCCCCCCCCCCCCCCCCCCCCCCCCC",
)


@pytest.fixture(scope="session")
def redis_url():
    if "TEST_REDIS_URL" in os.environ:
        yield os.environ["TEST_REDIS_URL"]
        return
    root = Path(tempfile.mkdtemp(prefix="zsb-gateways-"))
    server = Valkey(root).start()
    yield server.url
    server.stop()
    shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(scope="session")
def wechat_sandbox():
    emulator = Emulator("sandbox.wechat", "--control-port", "0")
    yield emulator
    emulator.stop()


@pytest.fixture
def app_id():
    """Unique, so that no test finds another's token in the shared Valkey."""
    return f"wx{secrets.token_hex(8)}"


@pytest.fixture
def emulator(wechat_sandbox, app_id):
    """WeChat with one account, three templates and three people."""
    wechat_sandbox.post("reset", seed_of(app_id))
    return wechat_sandbox


@pytest.fixture
def settings(emulator, app_id, redis_url):
    return settings_of(emulator.base, app_id, redis_url)


@pytest.fixture
def redis(settings):
    client = cache.open_client(settings)
    yield client
    client.close()


@pytest.fixture
def dead_redis():
    """A Redis that nobody serves."""
    return Redis(host="127.0.0.1", port=1, socket_connect_timeout=0.2)


@pytest.fixture
def connect(app_id, redis):
    """Make clients: by default of the emulator's host, all with the same Valkey, with short limits."""
    wires = []

    def make(base, *, secret=SECRET, read_seconds=5.0, connect_seconds=2.0, shared=redis):
        canary.register(secret)
        wire = Wire(base, connections=40, read_seconds=read_seconds, connect_seconds=connect_seconds)
        wires.append(wire)
        return MiniProgramClient(app_id, secret, base_url=base, wire=wire, redis=lambda: shared)

    yield make
    for wire in wires:
        wire.close()


@pytest.fixture
def raw_server():
    """Start servers that misbehave."""
    servers = []

    def start(behaviour, **options):
        servers.append(RawServer(behaviour, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def at_once():
    """Run `work(number)` in many threads at the same moment; count results by kind."""

    def run(count, work):
        outcomes, barrier = [], threading.Barrier(count)

        def one(number):
            barrier.wait()
            try:
                work(number)
                outcomes.append("done")
            except Exception as error:  # noqa: BLE001 the test looks at what kind it was
                outcomes.append(type(error).__name__)

        threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return Counter(outcomes)

    return run


def settings_of(base, app_id, redis_url, **more):
    """Settings for the gateways; the database is not theirs."""
    given = {
        "environment": "test",
        "database_url": "postgresql+psycopg://nobody@127.0.0.1:1/none",
        "redis_url": redis_url,
        "wechat_api_base": base,
        "wechat_app_id": app_id,
        "wechat_app_secret": SECRET,
        "wechat_push_token": PUSH_TOKEN,
        "wechat_push_aes_key": AES_KEY,
        "registries_base": "http://127.0.0.1:1",
        "materials_store": "file:///nowhere",
        "clamd_address": "tcp://127.0.0.1:1",
        "registries_key": "registries-test-key",
        "field_keys": "1:" + "A" * 43 + "=",
        "index_key": "A" * 43 + "=",
    }
    return Settings(**(given | more))


def seed_of(app_id, **app):
    """What the sandbox starts with."""
    templates = [
        {
            "id": ONE_TIME,
            "title": "办理进度",
            "type": 2,
            "content": "事项:{{thing1.DATA}}\n时间:{{time2.DATA}}",
        },
        {"id": LONG_TERM, "title": "政策提醒", "type": 3, "content": "政策:{{thing1.DATA}}"},
        {
            "id": WITH_NAME,
            "title": "结果",
            "type": 2,
            "content": "结果:{{enum_string1.DATA}}",
            "enums": {"enum_string1": ["通过", "不通过"]},
        },
    ]
    person = {"name": "测试人", "id_number": "110101199001010015"}
    users = [
        {"openid": OPENID, "unionid": "uAAAA", "phone": "13800000001", "real_name": person},
        {"openid": OTHER, "phone": "13800000002"},
        {"openid": BLOCKED, "risk_blocked": True},
    ]
    words = [{"word": "可疑", "suggest": "review"}, {"word": "违禁", "suggest": "risky", "label": 20006}]
    account = {"appid": app_id, "secret": SECRET, "pages": ["pages/case/case"], "templates": templates, **app}
    return {"apps": [account], "users": users, "words": words}
