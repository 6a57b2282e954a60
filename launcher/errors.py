"""What may go wrong before the system stands, said in one line of Chinese and English."""

from __future__ import annotations

import errno
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class ExitCode(IntEnum):
    """What the shell learns from `make run`: 1 something failed, 2 a given server does not answer."""

    OK = 0
    FAILED = 1
    UNREACHABLE = 2


class LaunchError(Exception):
    """One sentence for the person at the terminal, Chinese first, then English, never a traceback."""

    def __init__(self, chinese: str, english: str, *, code: ExitCode = ExitCode.FAILED) -> None:
        super().__init__(f"{_one_line(chinese)} / {_one_line(english)}")
        self.code = code


def _one_line(text: str) -> str:
    return " ".join(text.split())


def disk_full(path: Path | str) -> LaunchError:
    """Say that nothing more fits where `path` lies."""
    return LaunchError(
        f"磁盘已满，无法写入 {path}：请腾出空间后重试",
        f"the disk is full at {path}: free some space and try again",
    )


def port_taken(name: str, port: int) -> LaunchError:
    """Say that `port`, asked for by name, belongs to another process."""
    return LaunchError(
        f"{name} 需要的端口 {port} 已被占用：请释放它或换一个端口",
        f"port {port} wanted by {name} is taken: free it or choose another",
    )


def from_os_error(error: OSError, path: Path | str) -> LaunchError:
    """Translate what the operating system refused while we prepared `path`."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return disk_full(path)
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return LaunchError(
            f"没有写入 {path} 的权限：请换用创建它的账号，或删除后重试",
            f"no permission to write {path}: use the account that made it, or remove it and try again",
        )
    return LaunchError(f"无法准备 {path}：{error.strerror}", f"cannot prepare {path}: {error.strerror}")


def from_server_log(name: str, text: str, path: Path) -> LaunchError:
    """Translate the last words of a server that did not start; `text` is its log or standard error."""
    lowered = text.lower()
    if (
        "no space left on device" in lowered
        or "file too large" in lowered
        or "disk quota exceeded" in lowered
    ):
        return disk_full(path)
    if "could not create shared memory segment" in lowered or "cannot allocate memory" in lowered:
        return LaunchError(f"内存不足，{name} 无法启动", f"not enough memory to start {name}")
    telling = [line for line in text.splitlines() if line.strip()]
    severe = [line for line in telling if "FATAL" in line or "PANIC" in line or "error" in line.lower()]
    last = (severe or telling or ["no output"])[-1].strip()
    return LaunchError(f"{name} 没有启动：{last}", f"{name} did not start")
