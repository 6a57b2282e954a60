"""A phone for tests: Node runs the mini-program's scripts, the test answers for WeChat and the network."""

import json
import subprocess
from urllib.parse import urlsplit

from tests.support.sources import ROOT

CLIENT = ROOT / "miniprogram_stub"
RUNNER = ROOT / "tests/miniprogram/phone.js"
PREFIX = "/api/v1"


class Phone:
    """One phone; `client` is the server it reaches, `code()` gives what wx.login would."""

    def __init__(self, node, client=None, *, code=None):
        self._client, self._code = client, code
        self.requests, self.subscribed, self.faces, self.written = [], [], [], []
        self.on_face = lambda _ticket: None
        self.losses = 0
        self.choices = "accept"
        self.state = {"data": {}, "log": [], "drawn": {}, "stored": {}}
        self._process = subprocess.Popen(
            [node, str(RUNNER), str(CLIENT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def close(self):
        """End the process."""
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()

    @property
    def data(self):
        """What the page shows now."""
        return self.state["data"]

    @property
    def log(self):
        """What the phone did since the last command, in order: `request`, `subscribe`, `navigateTo …`."""
        return self.state["log"]

    def remember(self, **values):
        """Put values into the phone's storage."""
        return self._run({"do": "storage", "values": values})

    def open(self, page, **options):
        """Open a page and wait until it is quiet."""
        return self._run({"do": "open", "unit": page, "options": options})

    def tap(self, method, *, detail=None, **dataset):
        """Call what a tap or an answer is bound to, and wait until the page is quiet."""
        return self._run({"do": "call", "method": method, "dataset": dataset, "detail": detail or {}})

    def tap_twice(self, method):
        """Tap faster than the network answers."""
        return self._run({"do": "calls", "method": method, "times": 2})

    def answer(self, key, value):
        """Answer one question of a form."""
        return self.tap("answered", detail={"path": key, "key": key, "value": value, "settled": True})

    def draw(self, component, **properties):
        """Draw a component by itself; returns its data."""
        return self._run({"do": "draw", "unit": component, "properties": properties})["drawn"]

    def act(self, method, *, detail=None, **dataset):
        """Do something to the component that was drawn; returns the events it raised."""
        done = self._run({"do": "act", "method": method, "dataset": dataset, "detail": detail or {}})
        return done["drawn"]["events"]

    def _run(self, command):
        self._say(command)
        while True:
            line = self._process.stdout.readline()
            assert line, "the phone's process has ended"
            message = json.loads(line)
            assert "broken" not in message, message["broken"]
            if message.get("done"):
                self.state = message
                return message
            self._say({"answer": message["id"], **getattr(self, f"_{message['ask']}")(message)})

    def _say(self, message):
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()

    def _request(self, asked):
        address = urlsplit(asked["url"])
        path = address.path.removeprefix(PREFIX)
        self.requests.append((asked["method"], path, asked["header"]))
        body = asked.get("data")
        reply = self._client.open(
            f"{address.path}?{address.query}",
            method=asked["method"],
            headers=asked["header"],
            data=None if body is None else json.dumps(body),
        )
        if self.losses:
            self.losses -= 1
            return {"failed": True, "result": {"errMsg": "request:fail"}}
        data = reply.get_json(silent=True)
        return {"result": {"statusCode": reply.status_code, "header": dict(reply.headers), "data": data}}

    def _login(self, _asked):
        return {"result": {"code": self._code()}}

    def _subscribe(self, asked):
        self.subscribed.append(asked["templates"])
        return {"result": {"errMsg": "ok"} | dict.fromkeys(asked["templates"], self.choices)}

    def _face(self, asked):
        self.on_face(asked["ticket"])
        return {"result": {"errCode": 0}}

    def _write(self, asked):
        self.written.append(asked["data"])
        return {"result": {}}
