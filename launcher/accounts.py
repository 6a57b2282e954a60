"""The unprivileged account that embedded servers run as when we are root, and files it can reach."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from launcher.errors import LaunchError

if TYPE_CHECKING:
    from collections.abc import Sequence

_CANDIDATES = ("postgres", "nobody", "daemon")
_OTHERS_MAY_WRITE = 0o022


@dataclass(frozen=True, slots=True)
class Account:
    """Whom a server runs as; `uid` None means as ourselves."""

    uid: int | None = None
    gid: int | None = None

    def popen_arguments(self) -> dict[str, Any]:
        """Keyword arguments for `subprocess` that drop to this account."""
        return {} if self.uid is None else {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        """Give `path` (one file or folder) to this account."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


def account_for(data: Path) -> Account:
    """Choose whom to run as: ourselves, or, as root, whoever owns `data` already, or an existing account."""
    if os.geteuid() != 0:
        if data.exists() and data.stat().st_uid != os.geteuid():
            raise LaunchError(
                f"{data} 属于另一个账号：请换用该账号，或删除后重试",
                f"{data} belongs to another account: use that one, or remove it and try again",
            )
        return Account()
    if data.exists() and data.stat().st_uid != 0:
        status = data.stat()
        return Account(status.st_uid, status.st_gid)
    for name in _CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise LaunchError(
        "当前是 root，但系统里没有可用的普通账号（postgres、nobody、daemon）",
        "running as root, and none of the accounts postgres, nobody, daemon exists",
    )


def version_of(executable: Path, account: Account) -> str | None:
    """Return what `executable --version` prints when run as `account`; None where it cannot be run."""
    try:
        answer = subprocess.run(  # noqa: S603 — no shell, our own binaries
            [str(executable), "--version"],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            **account.popen_arguments(),
        )
    except OSError:
        return None
    return answer.stdout.strip() if answer.returncode == 0 else None


def reachable_copy(folders: Sequence[Path], executable: Path) -> Path:
    """Copy sibling `folders` where every account can read them; return where `executable` is then.

    The copy's name carries a digest of the original, so a second start finds it and an upgrade does not.
    A copy that somebody else could have planted or changed is never used.
    """
    status = executable.stat()
    mark = f"{executable.resolve()}|{status.st_size}|{status.st_mtime_ns}"
    name = f"zhangshangban-{executable.name}-{hashlib.sha256(mark.encode()).hexdigest()[:16]}"
    home = folders[0].parent
    inside = executable.relative_to(home)
    target = Path("/var/tmp") / name  # noqa: S108 — survives a reboot, and _trusted refuses what others planted
    if target.exists() and not _trusted(target):
        target = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=target.parent)) / "copy"
        target.parent.chmod(0o755)
    if not (target / inside).exists():
        _copy(folders, target)
    return target / inside


def _trusted(folder: Path) -> bool:
    status = folder.lstat()
    return (
        folder.is_dir()
        and not folder.is_symlink()
        and status.st_uid == os.geteuid()
        and not status.st_mode & _OTHERS_MAY_WRITE
    )


def _copy(folders: Sequence[Path], target: Path) -> None:
    staging = Path(tempfile.mkdtemp(prefix="zhangshangban-", dir=target.parent))
    try:
        for folder in folders:
            if folder.exists():
                shutil.copytree(
                    folder,
                    staging / folder.name,
                    ignore=shutil.ignore_patterns("include", "*.py", "__pycache__"),
                )
        for path in [staging, *staging.rglob("*")]:
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        try:
            staging.rename(target)
        except OSError:
            if not _trusted(target):
                raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)
