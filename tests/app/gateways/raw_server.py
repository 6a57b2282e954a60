"""A TCP server that misbehaves on purpose, below the level at which a stand-in of WeChat could."""

import contextlib
import socket
import struct
import threading
import time

PATIENCE = 20.0


class RawServer:
    """Runs `behaviour(connection)` for every connection, each in its own thread; counts them."""

    def __init__(self, behaviour, *, wrap=None, backlog=128):
        self.connections = 0
        self.requests = []
        self._behaviour, self._wrap = behaviour, wrap
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=backlog)
        self._open = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self):
        return self._socket.getsockname()[1]

    @property
    def base(self):
        return f"http://127.0.0.1:{self.port}"

    def close(self):
        self._socket.close()
        for connection in self._open:
            connection.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                connection.settimeout(PATIENCE)
                self.connections += 1
                self._open.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with contextlib.suppress(OSError):
            if self._wrap is not None:
                connection = self._wrap.wrap_socket(connection, server_side=True)
            self._behaviour(self, connection)
        connection.close()

    def read_request(self, connection):
        """Read one request with its body; empty at the end of the connection."""
        seen = b""
        while b"\r\n\r\n" not in seen:
            more = connection.recv(65536)
            if not more:
                return seen
            seen += more
        head, _, body = seen.partition(b"\r\n\r\n")
        lengths = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
        length = int(lengths[0].split(b":")[1]) if lengths else 0
        while len(body) < length:
            body += connection.recv(65536)
        self.requests.append(head + b"\r\n\r\n" + body)
        return self.requests[-1]


def answering(body, *, status=b"200 OK", headers=b"", content_type=b"application/json"):
    """Answer every request of a connection with the same reply."""

    def behave(server, connection):
        while server.read_request(connection):
            head = b"HTTP/1.1 " + status + b"\r\nContent-Type: " + content_type + b"\r\n" + headers
            connection.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    return behave


def silent(server, connection):
    """Read and never answer."""
    server.read_request(connection)
    time.sleep(PATIENCE)


def resetting(server, connection):
    """Close with a reset as soon as somebody connects and speaks."""
    server.read_request(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def half_answering(server, connection):
    """Promise a hundred bytes, send ten, close."""
    server.read_request(connection)
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"errcode"')


def dripping_body(server, connection):
    """Send a byte now and then, for ever: no single wait is long."""
    server.read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        connection.sendall(b" ")
        time.sleep(0.05)


def dripping_headers(server, connection):
    """The same, in the headers already."""
    server.read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while True:
        connection.sendall(b"a")
        time.sleep(0.05)
