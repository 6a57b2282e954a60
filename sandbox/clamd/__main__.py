"""`python -m sandbox.clamd`: serve until SIGTERM or SIGINT; the first line printed says where."""

import argparse
import asyncio
import signal
import socket
import sys

from aiohttp import web

from sandbox.clamd.control import routes
from sandbox.clamd.daemon import Daemon


def arguments() -> argparse.Namespace:
    """Read the command line; port 0 means any free one."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.clamd", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--control-port", type=int, required=True)
    return parser.parse_args()


async def serve(host: str, port: int, control_port: int) -> None:
    """Answer until told to stop; raises OSError if an address is taken."""
    daemon = Daemon()
    server = await asyncio.start_server(daemon.answer, sock=socket.create_server((host, port), backlog=128))
    app = web.Application()
    app.add_routes(routes(daemon))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    listener = socket.create_server((host, control_port))
    await web.SockSite(runner, listener).start()
    at = server.sockets[0].getsockname()[1]
    sys.stdout.write(f"clamd sandbox ready port={at} control={listener.getsockname()[1]}\n")
    sys.stdout.flush()
    stop = asyncio.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signal_number, stop.set)
    await stop.wait()
    server.close()
    await runner.cleanup()


def main() -> int:
    """Return 0 when told to stop, 1 when an address cannot be had."""
    options = arguments()
    try:
        asyncio.run(serve(options.host, options.port, options.control_port))
    except OSError as taken:
        sys.stderr.write(f"clamd sandbox: {options.host}:{options.port} cannot be used: {taken.strerror}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
