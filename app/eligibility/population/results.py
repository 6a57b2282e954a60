"""What a run found about the subjects of one partition: a file each, written whole, kept until the next run.

One row of Parquet: who, a fingerprint of what was known of each, and for every rule its two planes. It tells
who is eligible for what, so that it is kept like the snapshot: for its owner alone.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from app.eligibility.population.rulebook import Rule
from app.foundation.errors import DomainError
from app.residents.columnar import ID_BYTES, Ids
from app.rules.planes.bits import WORD, Words
from app.rules.planes.fingerprints import Hashes
from app.rules.planes.kernel import Planes

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


class ResultOfAnotherDay(ResultFaulty):
    """The result of another day than the one its folder is named after."""

    code = "match_result.another_day"


@dataclass(frozen=True, slots=True)
class Found:
    """The answers about the subjects of one partition."""

    ids: Ids
    known: Hashes
    rules: tuple[Rule, ...]
    planes: Planes


def write(path: Path, found: Found, *, run: str) -> None:
    """Write a partition's result, whole or not at all; `run` names the inputs it was made from."""
    columns = [
        pa.array([found.planes.rows]),
        _buffers(found.ids[None, :]),
        _buffers(found.known[None, :]),
        pa.array([[policy for policy, _ in found.rules]], pa.list_(pa.string())),
        pa.array([[version for _, version in found.rules]], pa.list_(pa.int32())),
        *(_listed(_buffers(half)) for half in (found.planes.surely, found.planes.possibly)),
    ]
    write_whole(path, pa.Table.from_arrays(columns, schema=_SCHEMA), run=run)


def _buffers(rows: npt.NDArray[Any]) -> Any:
    """Return the rows of an array as one value of bytes each, nothing copied."""
    whole = np.ascontiguousarray(rows)
    ends = np.arange(len(rows) + 1, dtype=np.int64) * (whole.nbytes // max(len(rows), 1))
    raw = [None, pa.py_buffer(ends), pa.py_buffer(whole)]
    return pa.LargeBinaryArray.from_buffers(_BYTES, len(rows), raw)


def _listed(values: Any) -> Any:
    return pa.ListArray.from_arrays(pa.array([0, len(values)], pa.int32()), values)


def write_whole(path: Path, table: pa.Table, *, run: str) -> None:
    """Write a Parquet file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    named = table.replace_schema_metadata({_RUN: run.encode()})
    with replacing(path) as file:
        pq.write_table(
            named, file, compression="zstd", compression_level=1, use_dictionary=["policy_id"],
            write_page_checksum=True, write_statistics=False,
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


def read_changes(path: Path, *, run: str) -> pa.Table:
    """Read the differences of a partition; raises ResultFaulty where they are damaged, or of another run."""
    return _read(path, None, run)


def _row(path: Path, columns: list[str], run: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = _read(path, columns, run).to_pylist()
    if len(found) != 1:
        raise _damaged(path)
    return found[0]


def _read(path: Path, columns: list[str] | None, run: str) -> pa.Table:
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            if (file.schema_arrow.metadata or {}).get(_RUN) != run.encode():
                raise ResultFaulty(f"结果文件 {path.name} 不是同一次匹配的，请重新运行当天的匹配")
            return file.read(columns, use_threads=False)
    except (pa.ArrowException, OSError) as error:
        raise _damaged(path) from error


def _damaged(path: Path) -> ResultFaulty:
    return ResultFaulty(f"上次结果的文件 {path.name} 已损坏，请重新运行当天的匹配")


def _ids(row: dict[str, bytes]) -> Ids:
    return np.frombuffer(row["ids"], f"S{ID_BYTES}")


def _planes(planes: Sequence[bytes], rules: int, words: int) -> Words:
    return np.frombuffer(b"".join(planes), np.uint64).reshape(rules, words)
