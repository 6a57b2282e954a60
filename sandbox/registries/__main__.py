"""`python -m sandbox.registries`: serve until SIGTERM or SIGINT; the first line printed says where.

`python -m sandbox.registries generate …` writes a made-up population instead (see `population`).
"""

import argparse
import asyncio
import runpy
import signal
import socket
import sys
from pathlib import Path

from aiohttp import web

from sandbox.registries.server import make_app

DEMO_KEY = "registries-sandbox-key"


def arguments() -> argparse.Namespace:
    """Read the command line; port 0 means any free one."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.registries", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--key", default=DEMO_KEY, help="what askers send as X-Sharing-Key")
    parser.add_argument("--register", type=Path, help="who the people of generated deliveries are")
    return parser.parse_args()


async def serve(host: str, port: int, key: str, register: Path | None) -> None:
    """Answer until told to stop; raises OSError if the address is taken."""
    runner = web.AppRunner(make_app(key, kept=register), access_log=None, shutdown_timeout=1)
    await runner.setup()
    listener = socket.create_server((host, port), backlog=512)
    site = web.SockSite(runner, listener)
    await site.start()
    sys.stdout.write(f"registries sandbox ready port={listener.getsockname()[1]}\n")
    sys.stdout.flush()
    stop = asyncio.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signal_number, stop.set)
    await stop.wait()
    await runner.cleanup()


def main() -> int:
    """Return 0 when told to stop, 1 when the address cannot be had."""
    if sys.argv[1:2] == ["generate"]:
        del sys.argv[1]
        # A program of its own: a server that only answers does not load NumPy and Arrow.
        runpy.run_module("sandbox.registries.population", run_name="__main__", alter_sys=True)
    options = arguments()
    try:
        asyncio.run(serve(options.host, options.port, options.key, options.register))
    except OSError as taken:
        sys.stderr.write(
            f"registries sandbox: {options.host}:{options.port} cannot be used: {taken.strerror}\n"
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
