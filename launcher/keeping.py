"""Small JSON files under var/: written whole or not at all, readable by us alone."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from launcher.errors import LaunchError
from launcher.processes import free_port, port_is_free

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PORT_NAMES = (
    "web",
    "wechat",
    "wechat_control",
    "registries",
    "clamd",
    "clamd_control",
    "postgres",
    "valkey",
)


def write_json(path: Path, content: object) -> None:
    """Replace `path` in one step, mode 0600: passwords and ID numbers are nobody else's business."""
    path.parent.mkdir(parents=True, exist_ok=True)
    staging = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        staging.touch(mode=0o600)
        staging.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        staging.replace(path)
    finally:
        staging.unlink(missing_ok=True)


def read_json(path: Path) -> dict[str, Any]:
    """Read a file of ours; empty when absent, `LaunchError` when damaged."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (ValueError, UnicodeDecodeError):
        content = None
    if not isinstance(content, dict):
        raise LaunchError(
            f"{path} 已损坏：请删除它，或用 make run FRESH=1 清空重来",
            f"{path} is damaged: remove it, or start empty with make run FRESH=1",
        )
    return content


def choose_ports(path: Path, *, wanted: Mapping[str, int]) -> dict[str, int]:
    """Return a free port per name: the one asked for, else last time's, else a new one; remember them."""
    remembered = read_json(path)
    ports: dict[str, int] = {}
    for name in PORT_NAMES:
        port = wanted.get(name)
        if port is not None and not port_is_free(port):
            raise LaunchError(
                f"指定的端口 {port}（{name}）已被占用：请换一个 PORT，或不指定",
                f"the port asked for, {port} ({name}), is taken: choose another PORT, or none",
            )
        if port is None:
            port = remembered.get(name)
        while not isinstance(port, int) or port in ports.values() or not port_is_free(port):
            port = free_port()
        ports[name] = port
    write_json(path, ports)
    return ports
