"""The sandboxes as processes, with their control ports."""

import subprocess
import sys

import orjson
import urllib3

_http = urllib3.PoolManager(retries=False)


class Emulator:
    """One sandbox process; `port` serves what the product sees, `control` what tests say."""

    def __init__(self, module, *arguments):
        command = [sys.executable, "-m", module, "--port", "0", *arguments]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE)
        ready = self._process.stdout.readline().decode()
        ports = dict(part.split("=") for part in ready.split() if "=" in part)
        self.base = f"http://127.0.0.1:{ports['port']}"
        self._control = f"http://127.0.0.1:{ports.get('control', ports['port'])}/__emu__/"

    def stop(self):
        self._process.terminate()
        self._process.wait(10)
        self._process.stdout.close()

    def post(self, path, document=None):
        return self._ask("POST", path, orjson.dumps(document or {}))

    def get(self, path):
        return self._ask("GET", path)

    def delete(self, path):
        return self._ask("DELETE", path)

    def calls(self, path):
        """The requests for one path of WeChat's, oldest first."""
        return self.get(f"journal?path={path}")

    def fault(self, path, effect, **more):
        """Spoil the requests for one path."""
        return self.post("faults", {"match": {"path": path}, "effect": effect, **more})

    def _ask(self, method, path, body=None):
        headers = {"Content-Type": "application/json"}
        reply = _http.request(method, self._control + path, body=body, headers=headers, timeout=5)
        assert reply.status < 300, reply.data
        return orjson.loads(reply.data) if reply.data else None
