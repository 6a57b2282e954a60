"""Nothing leaves this machine: a socket may reach loopback and nothing else."""

import ipaddress
import socket


class OutsideWorld(RuntimeError):
    """A test tried to reach another machine."""


def pytest_configure():
    """Guard `connect`: it raises OutsideWorld for any address but loopback."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def guarded_connect(self, address):
        _check(self, address)
        return connect(self, address)

    def guarded_connect_ex(self, address):
        _check(self, address)
        return connect_ex(self, address)

    socket.socket.connect = guarded_connect
    socket.socket.connect_ex = guarded_connect_ex


def _check(sock, address):
    if sock.family not in {socket.AF_INET, socket.AF_INET6} or address[0] == "localhost":
        return
    try:
        local = ipaddress.ip_address(address[0]).is_loopback
    except ValueError:
        local = False
    if not local:
        raise OutsideWorld(f"a test tried to reach {address[0]}")
