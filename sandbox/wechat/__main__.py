"""Run the stand-in: python -m sandbox.wechat --host 127.0.0.1 --port 0 --control-port 0 --seed FILE.json."""

import argparse
import asyncio
import signal
import sys
from pathlib import Path
from typing import Any

import orjson

from sandbox.wechat.documents import BadDocument
from sandbox.wechat.server import Server

CANNOT_START = 2


async def serve(options: argparse.Namespace, seed: Any) -> None:
    """Listen until SIGTERM or SIGINT."""
    server = Server(host=options.host, port=options.port, control_port=options.control_port, seed=seed)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    try:
        where = await server.start()
        print(f"wechat sandbox ready port={where.port} control={where.control_port}", flush=True)  # noqa: T201 - the ready line
        await stopped.wait()
    finally:
        await server.stop()


def main() -> int:
    """Read the options and the seed, and serve; returns the exit code."""
    parser = argparse.ArgumentParser(prog="sandbox.wechat", description="WeChat stand-in")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="API port; 0 takes a free one")
    parser.add_argument("--control-port", type=int, default=0, help="control port; 0 takes a free one")
    parser.add_argument("--seed", type=Path, help="JSON file with apps, users and words")
    options = parser.parse_args()
    try:
        seed = orjson.loads(options.seed.read_bytes()) if options.seed else None
        asyncio.run(serve(options, seed))
    except (OSError, orjson.JSONDecodeError, BadDocument) as error:
        print(f"wechat sandbox cannot start: {error}", file=sys.stderr)  # noqa: T201 - for the person at the terminal
        return CANNOT_START
    return 0


if __name__ == "__main__":
    sys.exit(main())
