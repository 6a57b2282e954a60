"""The smallest application that granian serves, for the launcher's tests."""

from collections.abc import Callable, Iterable


def create() -> Callable[..., Iterable[bytes]]:
    """Return a WSGI application that says one word."""

    def application(_environ: dict[str, object], start_response: Callable[..., object]) -> list[bytes]:
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    return application
