"""What a run found about the subjects of one partition: a file each, written whole, kept until the next run.

One row of Parquet: who, a fingerprint of what was known of each, and for every rule its two planes. It tells
who is eligible for what, so that it is kept like the snapshot: for its owner alone.
"""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from app.eligibility.population.rulebook import Rule
from app.foundation.errors import DomainError
from app.residents.columnar import ID_BYTES, Ids
from app.rules.planes.fingerprints import Hashes
from app.rules.planes.kernel import WORD, Planes, Words

_BYTES = pa.large_binary()
_SCHEMA = pa.schema([
    ("rows", pa.int64()), ("ids", _BYTES), ("known", _BYTES), ("policies", pa.list_(pa.string())),
    ("versions", pa.list_(pa.int32())), ("surely", pa.list_(_BYTES)), ("possibly", pa.list_(_BYTES)),
])  # fmt: skip
_RUN = b"run"
DRAFT = ".draft"


class ResultFaulty(DomainError):
    """The result of a run cannot be used: it is not finished, or a file is damaged."""

    code = "match_result.faulty"
    message = "匹配结果不完整，请重新运行匹配"


@dataclass(frozen=True, slots=True)
class Found:
    """The answers about the subjects of one partition."""

    ids: Ids
    known: Hashes
    rules: tuple[Rule, ...]
    planes: Planes


def write(path: Path, found: Found, *, run: str) -> None:
    """Write a partition's result, whole or not at all; `run` names the inputs it was made from."""
    row = {
        "rows": found.planes.rows,
        "ids": found.ids.tobytes(),
        "known": found.known.tobytes(),
        "policies": [policy for policy, _ in found.rules],
        "versions": [version for _, version in found.rules],
        "surely": [plane.tobytes() for plane in found.planes.surely],
        "possibly": [plane.tobytes() for plane in found.planes.possibly],
    }
    write_whole(path, pa.Table.from_pylist([row], _SCHEMA), run=run)


def write_whole(path: Path, table: pa.Table, *, run: str) -> None:
    """Write a Parquet file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    named = table.replace_schema_metadata({_RUN: run.encode()})
    with replacing(path) as file:
        pq.write_table(
            named, file, compression="zstd", compression_level=1, use_dictionary=["policy_id"],
            write_page_checksum=True,
        )  # fmt: skip


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a file beside its place, for the owner alone, and move it there: nobody ever sees a part of it.

    Its name is its own: a process thought dead may still be writing the same file somewhere.
    """
    number, draft = tempfile.mkstemp(DRAFT, f"{path.name}.", path.parent)
    try:
        with open(number, "wb") as file:  # noqa: PTH123 (a number, not a path)
            yield file
            file.flush()
            os.fsync(number)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def made_by(path: Path, run: str) -> bool:
    """Say whether a whole file made from the same inputs is there already."""
    try:
        return path.is_file() and (pq.read_schema(path).metadata or {}).get(_RUN) == run.encode()
    except (pa.ArrowException, OSError):
        return False


def read(path: Path, *, run: str) -> Found:
    """Read a partition's result; raises ResultFaulty where it is damaged, or of another run."""
    row = _row(path, _SCHEMA.names, run)
    try:
        rules = tuple(zip(row["policies"], row["versions"], strict=True))
        words = -(-row["rows"] // WORD)
        surely, possibly = (_planes(row[name], len(rules), words) for name in ("surely", "possibly"))
        known = np.frombuffer(row["known"], np.uint64, row["rows"])
        return Found(_ids(row), known, rules, Planes(surely, possibly, row["rows"]))
    except ValueError as error:
        raise _damaged(path) from error


def read_ids(path: Path, *, run: str) -> Ids:
    """Read only who is in a partition; raises ResultFaulty where it is damaged, or of another run."""
    return _ids(_row(path, ["ids"], run))


def _row(path: Path, columns: list[str], run: str) -> dict[str, Any]:
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            if (file.schema_arrow.metadata or {}).get(_RUN) != run.encode():
                raise ResultFaulty(f"结果文件 {path.name} 不是同一次匹配的，请重新运行当天的匹配")
            found: dict[str, Any] = file.read(columns, use_threads=False).to_pylist()[0]
            return found
    except (pa.ArrowException, OSError, IndexError) as error:
        raise _damaged(path) from error


def _damaged(path: Path) -> ResultFaulty:
    return ResultFaulty(f"上次结果的文件 {path.name} 已损坏，请重新运行当天的匹配")


def _ids(row: dict[str, bytes]) -> Ids:
    return np.frombuffer(row["ids"], f"S{ID_BYTES}")


def _planes(planes: Sequence[bytes], rules: int, words: int) -> Words:
    return np.frombuffer(b"".join(planes), np.uint64).reshape(rules, words)
