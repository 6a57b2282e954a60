"""Where the sandboxes listen; each is a process, started on first use."""

from dataclasses import dataclass

import pytest

from launcher.processes import free_port


@dataclass(frozen=True)
class Addresses:
    """Ports are chosen before anything starts, so that settings can name them."""

    wechat: str
    wechat_control: str
    registries: str
    app_id: str = "wx0123456789abcdef"
    app_secret: str = "0123456789abcdef0123456789abcdef"
    push_token: str = "testpushtoken"
    aes_key: str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
    registries_key: str = "registries-test-key"


@pytest.fixture(scope="session")
def addresses():
    """The sandboxes' addresses of this test process."""
    wechat, control, registries = (f"http://127.0.0.1:{free_port()}" for _ in range(3))
    return Addresses(wechat, control, registries)
