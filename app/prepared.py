"""`python -m app.prepared FILE < roster`: `app.commands prepare`, unless it would find nothing to do.

What that command does follows from what it reads alone: our code and data, the settings, the roster, and
the rows it compares them with. FILE keeps the digest of all these from the last time. Where it is the same
now, the command would change nothing, and a start is spared the import of the whole domain. So this module
imports little.
"""

import argparse
import hashlib
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import psycopg
from psycopg import sql

from app.catalogue import compared as services
from app.eligibility import compared as policies
from app.identity import compared as officers
from config.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ("app", "config", "migrations", "requirements.txt")
ROWS = ("SELECT version_num FROM alembic_version", *services.ROWS, *policies.ROWS, *officers.ROWS)
CONNECT_SECONDS = 3
_DIGEST = sql.SQL(
    """
    SELECT md5(coalesce(string_agg(one::text, chr(10) ORDER BY one::text COLLATE "C"), ''))
    FROM ({}) AS one
    """
)


def digest(settings: Settings, roster: bytes) -> str | None:
    """Return the digest of all that preparing reads; None where the database cannot say."""
    found = hashlib.sha256(sys.version.encode())
    for part in (*_sources(), *_plain(settings), roster):
        found.update(len(part).to_bytes(8))
        found.update(part)
    try:
        found.update(_rows(settings))
    except psycopg.Error:
        return None
    return found.hexdigest()


def _sources() -> Iterator[bytes]:
    """Give the name and the content of every file of ours that preparing may depend on."""
    for name in SOURCES:
        place = ROOT / name
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if path.is_file() and path.suffix != ".pyc":
                yield path.relative_to(ROOT).as_posix().encode()
                yield path.read_bytes()


def _plain(settings: Settings) -> Iterator[bytes]:
    for name, value in settings:
        plain = value.get_secret_value() if hasattr(value, "get_secret_value") else value
        yield f"{name}={plain}".encode()


def _rows(settings: Settings) -> bytes:
    address = settings.database_url.get_secret_value().replace("postgresql+psycopg://", "postgresql://", 1)
    with psycopg.connect(address, connect_timeout=CONNECT_SECONDS) as connection:
        found = [connection.execute(_DIGEST.format(sql.SQL(statement))).fetchone() for statement in ROWS]
    return repr(found).encode()


def main(arguments: Sequence[str] | None = None) -> int:
    """Prepare where something differs from the last time; returns the exit code."""
    described = argparse.ArgumentParser(prog="python -m app.prepared", description=__doc__)
    described.add_argument("kept", type=Path, metavar="FILE")
    kept: Path = described.parse_args(arguments).kept
    settings = Settings.model_validate({})  # reads the environment
    roster = sys.stdin.buffer.read()
    if kept.exists() and kept.read_text(encoding="ascii", errors="replace") == digest(settings, roster):
        sys.stdout.write("nothing differs from the last time\n")
        return 0
    command = [sys.executable, "-m", "app.commands", "prepare"]
    code = subprocess.run(command, input=roster, check=False).returncode  # noqa: S603 our own module
    if code == 0:
        with suppress(OSError):  # not to know the next time costs only time
            kept.write_text(digest(settings, roster) or "", encoding="ascii")
    return code


if __name__ == "__main__":
    sys.exit(main())
