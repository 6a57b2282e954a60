"""One registries process per test module, back at its seed before every test."""

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
KEY = "the-agreed-key"


@dataclass(frozen=True)
class Registries:
    """A client that knows HTTP and nothing else."""

    port: int

    def raw(
        self, method: str, path: str, body: bytes | None = None, *, key: str | None = KEY
    ) -> tuple[int, str, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body=body, headers={"X-Sharing-Key": key} if key else {})
            response = connection.getresponse()
            return response.status, response.headers.get_content_type(), response.read()
        finally:
            connection.close()

    def call(self, method: str, path: str, body: Any = None, *, key: str | None = KEY) -> tuple[int, Any]:
        status, _, content = self.raw(
            method, path, None if body is None else json.dumps(body).encode(), key=key
        )
        return status, json.loads(content) if content else None

    def ask(self, department: str, **question: Any) -> Any:
        status, answer = self.call(
            "POST", f"/v1/{department}/query", {"purpose": "policy_match", "request_id": "r-1"} | question
        )
        assert status == 200, answer
        return answer


@pytest.fixture(scope="module")
def process() -> Iterator[Registries]:
    command = [sys.executable, "-m", "sandbox.registries", "--port", "0", "--key", KEY]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout
        line = child.stdout.readline()
        assert line.startswith("registries sandbox ready port=")
        yield Registries(int(line.rpartition("=")[2]))
        child.terminate()
        assert child.wait(timeout=10) == 0


@pytest.fixture
def registries(process: Registries) -> Registries:
    assert process.call("POST", "/__emu__/reset")[0] == 204
    return process
