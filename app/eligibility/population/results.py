"""What a run found about the subjects of one partition: a file each, written whole, kept until the next run.

One row of Parquet: who, a fingerprint of what was known of each, and for every rule its two planes. It tells
who is eligible for what, so that it is kept like the snapshot: for its owner alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
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
    """Write a Parquet file beside its place and move it there: nobody ever sees a part of it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    named = table.replace_schema_metadata({_RUN: run.encode()})
    pq.write_table(named, draft, compression="zstd", compression_level=1, use_dictionary=["policy_id"])
    draft.replace(path)


def made_by(path: Path, run: str) -> bool:
    """Say whether a whole file made from the same inputs is there already."""
    try:
        return path.is_file() and (pq.read_schema(path).metadata or {}).get(_RUN) == run.encode()
    except (pa.ArrowException, OSError):
        return False


def read(path: Path) -> Found:
    """Read a partition's result; raises ResultFaulty."""
    try:
        row = pq.read_table(path, schema=_SCHEMA).to_pylist()[0]
        rules = tuple(zip(row["policies"], row["versions"], strict=True))
        words = -(-row["rows"] // WORD)
        surely, possibly = (_planes(row[name], len(rules), words) for name in ("surely", "possibly"))
        known = np.frombuffer(row["known"], np.uint64, row["rows"])
        return Found(_ids(row), known, rules, Planes(surely, possibly, row["rows"]))
    except (pa.ArrowException, OSError, ValueError, IndexError) as error:
        raise ResultFaulty(f"上次结果的文件 {path.name} 已损坏，请重新运行当天的匹配") from error


def read_ids(path: Path) -> Ids:
    """Read only who is in a partition; raises ResultFaulty."""
    try:
        return _ids(pq.read_table(path, columns=["rows", "ids"]).to_pylist()[0])
    except (pa.ArrowException, OSError, ValueError, IndexError) as error:
        raise ResultFaulty(f"上次结果的文件 {path.name} 已损坏，请重新运行当天的匹配") from error


def _ids(row: dict[str, bytes]) -> Ids:
    return np.frombuffer(row["ids"], f"S{ID_BYTES}")


def _planes(planes: Sequence[bytes], rules: int, words: int) -> Words:
    return np.frombuffer(b"".join(planes), np.uint64).reshape(rules, words)
