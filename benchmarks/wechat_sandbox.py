"""How many requests a second the WeChat stand-in answers on one core: 4 s at 1,000/s, then 4 s flat out.

Run: python -m benchmarks.wechat_sandbox. The mix is 60 % sends, 20 % text checks, 10 % logins,
10 % tokens; no push target is set, so that only the API port is measured. CPU time is read from /proc.
"""

import asyncio
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

APPID, SECRET, TEMPLATE = "wxbenchmark0000000", "benchmark-secret", "template-long-term"
USERS, CODES_EACH = 300, 40
CONNECTIONS = 32
STEADY_RATE, SECONDS = 1_000, 4.0
UNLIMITED = 10**9
TEN = 10


@dataclass(slots=True)
class Measured:
    """Latencies in seconds, and how many answers carried an errcode."""

    latencies: list[float] = field(default_factory=list)
    refused: int = 0

    def percentile(self, percent: int) -> float:
        """Return the latency below which this share of requests lies, in milliseconds."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] * 1000


def seed() -> dict[str, object]:
    """One account without push, one long-term template, and users to send to."""
    template = {
        "id": TEMPLATE,
        "title": "办理进度",
        "type": 3,
        "content": "事项:{{thing1.DATA}}\n时间:{{time2.DATA}}",
    }
    limit = {"daily": UNLIMITED, "minute": UNLIMITED}
    limits = dict.fromkeys(
        ("/wxa/msg_sec_check", "/cgi-bin/stable_token", "/cgi-bin/message/subscribe/send"), limit
    )
    app = {
        "appid": APPID,
        "secret": SECRET,
        "pages": ["pages/case"],
        "templates": [template],
        "limits": limits,
    }
    return {"apps": [app], "users": [{"openid": f"o{n:027d}"} for n in range(USERS)], "words": ["违禁词"]}


def ask(url: str, document: object) -> dict[str, object]:
    """POST one JSON document with the standard library."""
    request = urllib.request.Request(url, data=json.dumps(document).encode(), method="POST")
    with urllib.request.urlopen(request, timeout=TEN) as response:
        return dict(json.load(response))


def prepare(api: str, control: str) -> Iterator[bytes]:
    """Subscribe everybody, log everybody in, fetch codes and a token; then yield requests without end."""
    credentials = {"grant_type": "client_credential", "appid": APPID, "secret": SECRET}
    token = ask(f"{api}/cgi-bin/stable_token", credentials)["access_token"]
    codes: list[str] = []
    for number in range(USERS):
        openid = f"o{number:027d}"
        ask(f"{control}/subscribe", {"openid": openid, "choices": {TEMPLATE: "accept"}})
        found = ask(f"{control}/login_code", {"openid": openid, "count": CODES_EACH})["codes"]
        codes.extend(str(code) for code in found) if isinstance(found, list) else None
    login = f"GET /sns/jscode2session?appid={APPID}&secret={SECRET}&grant_type=authorization_code&js_code="
    for code in codes[::CODES_EACH]:
        with urllib.request.urlopen(api + login.removeprefix("GET ") + code, timeout=TEN):
            pass
    fresh = (code for number, code in enumerate(codes) if number % CODES_EACH)
    return requests_for(str(token), login, itertools.chain(fresh))


def requests_for(token: str, login: str, codes: Iterator[str]) -> Iterator[bytes]:
    """Yield the mix, as bytes ready to be written."""
    for number in itertools.count():
        openid = f"o{number % USERS:027d}"
        match number % TEN:
            case 0:
                yield f"{login}{next(codes)} HTTP/1.1\r\nHost: api\r\n\r\n".encode()
            case 1:
                yield post(
                    "/cgi-bin/stable_token",
                    {"grant_type": "client_credential", "appid": APPID, "secret": SECRET},
                )
            case 2 | 3:
                check = {"version": 2, "scene": 2, "openid": openid, "content": "我想咨询高龄津贴怎么办理"}
                yield post(f"/wxa/msg_sec_check?access_token={token}", check)
            case _:
                data = {"thing1": {"value": "高龄津贴"}, "time2": {"value": "2026年10月1日 15:01"}}
                send = {"touser": openid, "template_id": TEMPLATE, "page": "pages/case?id=1", "data": data}
                yield post(f"/cgi-bin/message/subscribe/send?access_token={token}", send)


def post(target: str, document: object) -> bytes:
    """One POST as it goes over the wire."""
    body = json.dumps(document, ensure_ascii=False).encode()
    head = f"POST {target} HTTP/1.1\r\nHost: api\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def run(port: int, source: Iterator[bytes], *, rate: int | None) -> Measured:
    """Send from all connections for the time of one phase, at a rate or as fast as answers come."""
    measured, began = Measured(), time.perf_counter()
    slots = itertools.count()

    async def one_connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while True:
            due = began + next(slots) / rate if rate else time.perf_counter()
            if due > began + SECONDS:
                break
            await asyncio.sleep(max(0.0, due - time.perf_counter())) if rate else None
            writer.write(next(source))
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"Content-Length: (\d+)", head)
            body = await reader.readexactly(int(length.group(1)) if length else 0)
            measured.latencies.append(time.perf_counter() - due)
            measured.refused += b'"errcode":' in body and b'"errcode":0' not in body
        writer.close()
        await writer.wait_closed()

    await asyncio.gather(*(one_connection() for _ in range(CONNECTIONS)))
    return measured


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def report(name: str, measured: Measured, *, wall: float, cpu: float) -> None:
    """Print one phase."""
    count = len(measured.latencies)
    print(
        f"{name}: {count / wall:,.0f} req/s, p50 {measured.percentile(50):.1f} ms,"
        f" p99 {measured.percentile(99):.1f} ms, {count / max(cpu, 1e-9):,.0f} requests per CPU second,"
        f" refused {measured.refused}"
    )


def main() -> int:
    """Start the stand-in, measure both phases, stop it; 1 if it cannot hold 1,000/s on one core."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(seed(), file)
        file.flush()
        command = [sys.executable, "-m", "sandbox.wechat", "--seed", file.name]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own module
        try:
            ready = process.stdout.readline() if process.stdout else ""
            port, control = (int(found) for found in re.findall(r"=(\d+)", ready))
            source = prepare(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{control}/__emu__")
            throughput = 0.0
            for name, rate in (("steady", STEADY_RATE), ("flat out", None)):
                began, used = time.perf_counter(), cpu_seconds(process.pid)
                measured = asyncio.run(run(port, source, rate=rate))
                cpu = cpu_seconds(process.pid) - used
                report(name, measured, wall=time.perf_counter() - began, cpu=cpu)
                throughput = len(measured.latencies) / cpu
        finally:
            process.terminate()
            process.wait(timeout=TEN)
    return 0 if throughput >= STEADY_RATE else 1


if __name__ == "__main__":
    sys.exit(main())
