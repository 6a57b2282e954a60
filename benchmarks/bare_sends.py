"""The yardstick of `benchmarks.push`: how many sends the WeChat sandbox takes from a bare urllib3 client.

Run: python -m benchmarks.bare_sends URL FIRST THREADS BEGIN SECONDS; prints how many this process sent.
"""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import urllib3

SECONDS, WARMING = 4.0, 1.5
TEMPLATE = "template-of-the-bare-client"


def openid(number: int) -> str:
    """Return the openid of a phone that only the bare client sends to."""
    return f"b{number:027d}"


def rate(url: str, *, processes: int, threads: int) -> float:
    """Return the sends a second of so many processes with so many threads each, a phone per thread."""
    begin = time.time() + WARMING
    command = [sys.executable, "-m", "benchmarks.bare_sends", url]
    started = [
        subprocess.Popen(  # noqa: S603 our own module
            [*command, str(number * threads), str(threads), str(begin), str(SECONDS)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(processes)
    ]
    return sum(int(process.communicate()[0]) for process in started) / SECONDS


def main(arguments: Sequence[str]) -> int:
    """Send from `threads` threads between two moments and print how often."""
    url, first, threads, begin, seconds = arguments
    print(_sends(url, range(int(first), int(first) + int(threads)), float(begin), float(seconds)))
    return 0


def _sends(url: str, phones: Sequence[int], begin: float, seconds: float) -> int:
    http = urllib3.PoolManager(maxsize=len(phones))

    def work(number: int) -> int:
        body, count = json.dumps(_message(number)).encode(), 0
        time.sleep(max(0.0, begin - time.time()))
        while time.time() < begin + seconds:
            reply = http.request("POST", url, body=body).json()
            if reply["errcode"] != 0:
                raise RuntimeError(f"the sandbox refused the bare client: {reply['errcode']}")
            count += 1
        return count

    with ThreadPoolExecutor(len(phones)) as pool:
        return sum(pool.map(work, phones))


def _message(number: int) -> dict[str, object]:
    data = {
        "thing1": "重庆市渝中区高龄补贴",
        "thing2": "每季度300元",
        "thing3": "年满80周岁",
        "time4": "2026年11月23日 09:30",
    }
    return {
        "touser": openid(number),
        "template_id": TEMPLATE,
        "page": "pages/matches/detail?policy_id=cq-yuzhong-elder",
        "data": {name: {"value": value} for name, value in data.items()},
        "miniprogram_state": "formal",
        "lang": "zh_CN",
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
