"""What is refused of a delivery before anything is applied: foreign columns, values and regions, half of it.

Reading (`app.residents.columnar`) already refuses damaged files, wrong types and with them NaN; where a
resident's own snapshot lets a strange code count as unknown, a platform is told to mend it.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from app.catalogue import regions
from app.eligibility.outreach.errors import ForeignColumn, ForeignRegion, ForeignValue, PersonTwice, TooFew
from app.foundation.regions import county
from app.residents import fact_catalogue
from app.residents.columnar import CHANGED, ID_BYTES, REGION, SUBJECT, Part, SnapshotFaulty
from app.residents.fact_catalogue import COMMUNITY, EARLIEST
from app.residents.snapshots import PartFile, Snapshot
from app.rules.planes.columns import Column, Dates, Numbers, Table
from app.rules.planes.lowering import Needed
from app.rules.planes.spans import day_number
from app.rules.types import Fact, FactType

FEWER = 10
"""A delivery with so many times fewer people than the last is more likely half of one."""
_PLACES = (REGION, COMMUNITY)


def inspect(snapshot: Snapshot, needed: Needed, *, last: int | None, fewer_meant: bool) -> None:
    """Look through every part of a delivery; raises SnapshotFaulty, DeliveryRefused with the first fault."""
    people = sum(part.rows for part in snapshot.parts)
    if last is not None and people * FEWER <= last and not fewer_meant:
        raise TooFew(
            f"这次只有{people}人，上次有{last}人，少了一个数量级。请数据平台核对；"
            "确实如此的，由运维人员加 --accept-fewer 说明理由后再处理"
        )
    everybody = []
    for part in snapshot.parts:
        read = snapshot.read(part, needed)
        _check_columns(snapshot, part)
        _check_values(part, snapshot, read, needed)
        everybody.append(read.ids)
    ids = np.concatenate([*everybody, np.zeros(0, f"S{ID_BYTES}")])
    if len(np.unique(ids)) != len(ids):
        raise PersonTwice


def _check_columns(snapshot: Snapshot, part: PartFile) -> None:
    """Refuse what is no fact: a name or a number in clear must not even lie there."""
    vocabulary, scope = fact_catalogue.vocabulary(), snapshot.scope.value
    facts = {name for name, fact in vocabulary.facts[scope].items() if not fact.derived_from}
    lists = {name for name, kind in vocabulary.lists.items() if kind.owner == scope}
    path = snapshot.folder / part.path
    try:
        found = set(pq.read_schema(path).names)
    except (pa.ArrowException, OSError) as error:
        raise SnapshotFaulty(f"{part.path} 不是完整的 Parquet 文件，请重新交付") from error
    foreign = sorted(found - facts - lists - {SUBJECT, REGION, CHANGED})
    if foreign:
        named = "、".join(foreign[:5])
        raise ForeignColumn(
            f"{part.path} 有事实目录里没有的列：{named}。姓名、证件号等不得交付，请去掉后重新交付"
        )


def _check_values(part: PartFile, snapshot: Snapshot, read: Part, needed: Needed) -> None:
    """Refuse codes, numbers, dates and regions that the catalogue does not know."""
    scope = snapshot.scope.value
    _check_codes(part, snapshot, needed)
    for name, column in read.table.columns.items():
        _check_range(part, fact_catalogue.vocabulary().facts[scope][name], column, snapshot.as_of)
    for name, items in read.table.lists.items():
        _check_items(part, name, items.table, snapshot.as_of)


def _check_items(part: PartFile, scope: str, table: Table, as_of: date) -> None:
    for name, column in table.columns.items():
        _check_range(part, fact_catalogue.vocabulary().facts[scope][name], column, as_of)


def _check_codes(part: PartFile, snapshot: Snapshot, needed: Needed) -> None:
    """Compare the distinct codes as they lie in the file: reading would hold strange ones for unknown."""
    facts = fact_catalogue.vocabulary().facts[snapshot.scope.value]
    coded = [name for name in sorted(needed.facts) if facts[name].type is FactType.ENUM]
    places = [name for name in _PLACES if name == REGION or name in needed.facts]
    table = pq.ParquetFile(snapshot.folder / part.path).read(columns=[*coded, *places])
    for name in coded:
        strange = sorted(_distinct(table[name]) - set(facts[name].values))
        if strange:
            raise ForeignValue(f"{part.path} 的 {name} 有目录里没有的代码：{_shown(strange)}")
    for name in places:
        strange = sorted(code for code in _distinct(table[name]) if not _is_place(name, code))
        if strange:
            raise ForeignRegion(f"{part.path} 的 {name} 有行政区划里没有的代码：{_shown(strange)}")


def _distinct(column: pa.ChunkedArray) -> set[str]:
    return {str(code) for code in pc.unique(column).to_pylist() if code is not None}


def _is_place(name: str, code: str) -> bool:
    """Say whether a code is a division of the tree, or twelve digits below one."""
    length = 12 if name == COMMUNITY else 6
    return len(code) == length and code.isascii() and code.isdigit() and regions.known(county(code))


def _check_range(part: PartFile, fact: Fact, column: Column, as_of: date) -> None:
    low, high = _bounds(fact, column, as_of)
    values = column.values if column.known is None else column.values[column.known]
    if not len(values) or (low is None and high is None):
        return
    if (low is not None and values.min() < low) or (high is not None and values.max() > high):
        raise ForeignValue(f"{part.path} 的 {fact.name}（{fact.label}）有超出范围的值，请核对后重新交付")


def _bounds(fact: Fact, column: Column, as_of: date) -> tuple[int | None, int | None]:
    """Return the least and greatest value as the column holds it; nothing is known ahead of its own day."""
    match column:
        case Dates():
            born = fact.name in {"birth_date", "child_birth_date"}
            return day_number(EARLIEST), day_number(as_of) if born else None
        case Numbers(scale=scale):
            return _scaled(fact.minimum or Decimal(0), scale), _scaled(fact.maximum, scale)
        case _:
            return None, None


def _scaled(bound: Decimal | None, scale: int) -> int | None:
    return None if bound is None else int(bound * scale)


def _shown(codes: Sequence[str]) -> str:
    return "、".join(code[:20] for code in codes[:5])
