"""Sends a second through our client and through stock wechatpy, against the WeChat sandbox, as a ratio.

Run: python benchmarks/wechat_sends.py (about 9 s). Both send with the same token from four threads; rounds
alternate, so that whatever else the machine does hits both. The CPU ratio is the steadier figure: at WeChat's
own latency it is CPU that bounds how much one process can send.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from redis import Redis
from wechatpy import WeChatClient
from wechatpy.client.api import WeChatWxa

from app.gateways.wechat.client import MiniProgramClient
from app.gateways.wechat.live import LiveMessages
from app.gateways.wire import Wire
from launcher.embedded import Valkey

APP_ID, SECRET, TEMPLATE = "wxbenchmark0000000", "benchmark-secret", "template-long-term"
THREADS, ROUNDS, SECONDS = 4, 3, 1.2
UNLIMITED = 10**9
OPENIDS = [f"oSender{number:021d}" for number in range(THREADS)]
DATA = {"thing1": {"value": "高龄津贴申请"}, "time2": {"value": "2026年6月15日 10:00"}}

Send = Callable[[str], object]


@dataclass(slots=True)
class Measured:
    """One client's rounds: sends per second, and microseconds of our CPU per send."""

    rates: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{statistics.median(self.rates):8.0f} sends/s {statistics.median(self.costs):8.0f} µs CPU/send"
        )


class Sandbox:
    """The WeChat stand-in as a process, with one account that may send without limit."""

    def __init__(self, folder: Path) -> None:
        seed = folder / "seed.json"
        seed.write_text(json.dumps(_seed()), encoding="utf-8")
        command = [
            sys.executable,
            "-m",
            "sandbox.wechat",
            "--port",
            "0",
            "--control-port",
            "0",
            "--seed",
            str(seed),
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 our own program
        ready = self.process.stdout.readline() if self.process.stdout else ""
        ports = dict(part.split("=") for part in ready.split() if "=" in part)
        self.base = f"http://127.0.0.1:{ports['port']}/"
        for openid in OPENIDS:
            accepted = {"openid": openid, "choices": {TEMPLATE: "accept"}}
            _post(f"http://127.0.0.1:{ports['control']}/__emu__/subscribe", accepted)

    def stop(self) -> None:
        """End the process."""
        self.process.terminate()
        self.process.wait(10)


def stock(base: str, token: str) -> Send:
    """Build wechatpy as it comes, pointed at the sandbox, its token given so that it fetches none."""

    class Wxa(WeChatWxa):  # type: ignore[misc] # wechatpy ships no types
        API_BASE_URL = base

    class Client(WeChatClient):  # type: ignore[misc] # wechatpy ships no types
        API_BASE_URL = f"{base}cgi-bin/"
        wxa = Wxa()

    client = Client(APP_ID, SECRET, access_token=token)
    return lambda openid: client.wxa.send_subscribe_message(openid, TEMPLATE, DATA)


def ours(base: str, redis: Redis) -> tuple[Send, str]:
    """Build our client; returns the token it got, too."""
    wire = Wire(base, connections=THREADS)
    client = MiniProgramClient(APP_ID, SECRET, base_url=base, wire=wire, redis=lambda: redis)
    messages, texts = LiveMessages(client), {key: field["value"] for key, field in DATA.items()}
    return lambda openid: messages.send(openid, TEMPLATE, texts), str(client.access_token)


def measure(send: Send, into: Measured) -> None:
    """Send from every thread for one round."""
    counts = [0] * THREADS
    end = time.perf_counter() + SECONDS

    def work(number: int) -> None:
        while time.perf_counter() < end:
            send(OPENIDS[number])
            counts[number] += 1

    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    began, cpu = time.perf_counter(), time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sends = sum(counts)
    into.rates.append(sends / (time.perf_counter() - began))
    into.costs.append((time.process_time() - cpu) / sends * 1e6)


def main() -> None:
    """Alternate rounds of both and print the ratios."""
    with tempfile.TemporaryDirectory() as folder, Valkey(Path(folder) / "valkey") as valkey:
        sandbox = Sandbox(Path(folder))
        try:
            redis = Redis.from_url(valkey.url)
            send, token = ours(sandbox.base, redis)
            with_stock = stock(sandbox.base, token)
            mine, theirs = Measured(), Measured()
            for _ in range(ROUNDS):
                measure(with_stock, theirs)
                measure(send, mine)
            redis.close()
        finally:
            sandbox.stop()
    rate = statistics.median(mine.rates) / statistics.median(theirs.rates)
    cost = statistics.median(theirs.costs) / statistics.median(mine.costs)
    print(f"stock wechatpy 1.8.18  {theirs}\nour client             {mine}")
    print(f"ratio                  {rate:8.2f} sends/s {cost:8.2f} CPU/send")


def _seed() -> dict[str, object]:
    template = {"id": TEMPLATE, "title": "办理进度", "type": 3, "content": "{{thing1.DATA}}{{time2.DATA}}"}
    limits = {"/cgi-bin/message/subscribe/send": {"daily": UNLIMITED, "minute": UNLIMITED}}
    account = {"appid": APP_ID, "secret": SECRET, "templates": [template], "limits": limits}
    return {"apps": [account], "users": [{"openid": openid} for openid in OPENIDS]}


def _post(url: str, document: object) -> None:
    request = urllib.request.Request(url, json.dumps(document).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=5):
        pass


if __name__ == "__main__":
    main()
