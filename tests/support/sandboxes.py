"""WeChat, the registries, the virus scanner: sandboxes as processes, a set per test process."""

import json
import os
import select
import signal
import subprocess
import sys
from dataclasses import dataclass, field

import pytest
import urllib3

from launcher.demo import demo_people, person_key, settle_secrets, template_ids, wechat_seed
from launcher.processes import dies_with_parent, free_port
from tests.support.sources import ROOT

NOTIFICATIONS, PEOPLE = ROOT / "config/notifications.yaml", ROOT / "sandbox/registries/people.yaml"
READY_SECONDS = 20
_http = urllib3.PoolManager(retries=False)


@dataclass(frozen=True)
class Addresses:
    """Where the sandboxes listen, and the secrets that both sides know."""

    wechat: str
    wechat_control: str
    registries: str
    clamd: str
    clamd_control: str
    secret: dict = field(repr=False)
    templates: dict = field(repr=False)


class Control:
    """The control port of one sandbox; what it answers with a status of 300 or more fails the test."""

    def __init__(self, base):
        self._base = base

    def get(self, path):
        """`get("inbox/oXYZ")`, `get("journal?path=/wxa/msg_sec_check")`."""
        return self._ask("GET", path)

    def post(self, path, **document):
        """`post("faults", match={"path": …}, effect=…)`."""
        return self._ask("POST", path, document)

    def delete(self, path):
        """`delete("faults")`."""
        return self._ask("DELETE", path)

    def login_code(self, openid):
        """What wx.login would hand to this person's phone."""
        return self.post("login_code", openid=openid)["code"]

    def _ask(self, method, path, document=None):
        body = None if document is None else json.dumps(document).encode()
        headers = {"Content-Type": "application/json"}
        reply = _http.request(method, f"{self._base}/__emu__/{path}", body=body, headers=headers, timeout=5)
        assert reply.status < 300, reply.data
        return json.loads(reply.data) if reply.data else None


@pytest.fixture(scope="session")
def addresses(tmp_path_factory):
    """The sandboxes' addresses and secrets of this test process; both run from here on.

    The system chooses their ports as they bind them: a port chosen beforehand may be somebody else's by then.
    """
    secret = settle_secrets(tmp_path_factory.mktemp("secrets") / "secrets.json")
    seed = wechat_seed(
        notifications=NOTIFICATIONS,
        people=PEOPLE,
        secret=secret,
        push_url=f"http://127.0.0.1:{free_port()}/api/v1/wechat/callback",
    )
    path = tmp_path_factory.mktemp("wechat") / "seed.json"
    path.write_text(json.dumps(seed), encoding="utf-8")
    wechat, said = _start("sandbox.wechat", "--port", "0", "--control-port", "0", "--seed", str(path))
    registries, told = _start(
        "sandbox.registries", "--port", "0", "--key", secret["REGISTRIES_KEY"], PERSON_KEY=person_key(secret)
    )
    clamd, heard = _start("sandbox.clamd", "--port", "0", "--control-port", "0")
    yield Addresses(
        wechat=_at(said["port"]),
        wechat_control=_at(said["control"]),
        registries=_at(told["port"]),
        clamd=f"tcp://127.0.0.1:{heard['port']}",
        clamd_control=_at(heard["control"]),
        secret=secret,
        templates=template_ids(NOTIFICATIONS),
    )
    for sandbox in (wechat, registries, clamd):
        _stop(sandbox)


@pytest.fixture
def wechat(addresses):
    """The WeChat sandbox's control port, reset to the demo people: `wechat.login_code(openid)`."""
    control = Control(addresses.wechat_control)
    control.post("reset")
    return control


@pytest.fixture
def registries(addresses):
    """The registries sandbox's control side, reset to the demo people: `registries.post("faults", …)`."""
    control = Control(addresses.registries)
    control.post("reset")
    return control


@pytest.fixture
def clamd(addresses):
    """The virus scanner's control side, without faults: `clamd.post("faults", effect="reset")`."""
    control = Control(addresses.clamd_control)
    control.post("reset")
    return control


@pytest.fixture(scope="session")
def demo():
    """The demo people by their key: `demo["…"]["openid"]`, `["name"]`, `["id_number"]`, `["phone"]`."""
    return {person["key"]: person for person in demo_people(PEOPLE)}


def _at(port):
    return f"http://127.0.0.1:{port}"


def _start(module, *arguments, **told):
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **told}
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=environment,
        preexec_fn=dies_with_parent(signal.SIGTERM),  # noqa: PLW1509 only prctl and getppid are called
    )
    ready, _, _ = select.select([process.stdout], [], [], READY_SECONDS)
    line = process.stdout.readline().decode() if ready else ""
    assert "ready" in line, f"{module} did not start"
    return process, dict(word.split("=") for word in line.split() if "=" in word)


def _stop(process):
    process.terminate()
    process.wait(10)
    process.stdout.close()
