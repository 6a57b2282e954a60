"""Facts of many subjects as Parquet: which type each fact has there, writing rows, reading columns.

One file holds neighbours: `subject_id` (16 bytes), `region` (whose parameters hold), `changed_on`, a column a
fact of the catalogue, a list of structs a list. Ages are not kept: they follow from dates.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from app.foundation.errors import DomainError
from app.residents import fact_catalogue
from app.rules.planes.columns import (
    Coded,
    Column,
    Dates,
    Flagged,
    Flags,
    Items,
    Numbers,
    Table,
    coded,
    narrowed,
)
from app.rules.planes.lowering import Needed
from app.rules.types import Fact, FactType

SUBJECT, REGION, CHANGED = "subject_id", "region", "changed_on"
ID_BYTES = 16
MOST_DECIMALS = 18
CODES = (FactType.ENUM, FactType.REGION, FactType.TEXT)
_STRINGS = pa.dictionary(pa.int32(), pa.string())
_KINDS: Mapping[FactType, tuple[Any, str]] = {
    FactType.BOOL: (pa.types.is_boolean, "bool"),
    FactType.DATE: (pa.types.is_date32, "date32"),
    FactType.INT: (
        lambda kind: pa.types.is_integer(kind) or pa.types.is_decimal128(kind),
        "整数或 decimal128",
    ),
    FactType.DECIMAL: (
        lambda kind: pa.types.is_integer(kind) or pa.types.is_decimal128(kind),
        "整数或 decimal128",
    ),
}


class SnapshotFaulty(DomainError):
    """A snapshot cannot be used: malformed, of another schema, incomplete."""

    code = "snapshot.faulty"
    message = "事实快照不能使用，请重新导出后再匹配"


Ids = npt.NDArray[np.bytes_]


@dataclass(frozen=True, slots=True)
class Row:
    """One subject as it is written."""

    subject_id: UUID
    region: str | None
    changed_on: date
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Part:
    """One file as it is read: who, and what is known of them."""

    ids: Ids
    table: Table


def write(path: Path, rows: Sequence[Row], scope: str) -> None:
    """Write rows as one file, readable by its owner alone; raises SnapshotFaulty for too long a number."""
    columns: dict[str, pa.Array] = {
        SUBJECT: pa.array([row.subject_id.bytes for row in rows], pa.binary(ID_BYTES)),
        REGION: pa.array([row.region for row in rows], pa.string()),
        CHANGED: pa.array([row.changed_on for row in rows], pa.date32()),
        **_fact_columns([row.values for row in rows], scope),
    }
    for kind in fact_catalogue.vocabulary().lists.values():
        if kind.owner == scope:
            columns[kind.name] = _list_column([row.values.get(kind.name) for row in rows], kind.name)
    write_table(path, pa.table(columns))


def write_table(path: Path, table: pa.Table) -> None:
    """Write columns as one file, readable by its owner alone, in what is read fastest (measured)."""
    path.touch(mode=0o600)
    leaves = [leaf for field in table.schema for leaf in _leaves(field, field.name)]
    few = [leaf for leaf in leaves if leaf != SUBJECT]  # no id comes twice
    pq.write_table(table, path, compression="snappy", use_dictionary=few)


def _leaves(field: Any, path: str) -> Iterator[str]:
    """Yield the columns of a file that a field becomes."""
    if pa.types.is_list(field.type):
        yield from _leaves(field.type.value_field, f"{path}.list.element")
    elif pa.types.is_struct(field.type):
        for inner in field.type:
            yield from _leaves(inner, f"{path}.{inner.name}")
    else:
        yield path


def _fact_columns(values: Sequence[Mapping[str, Any]], scope: str) -> dict[str, pa.Array]:
    facts = fact_catalogue.vocabulary().facts[scope].values()
    return {
        fact.name: _array(fact, [known.get(fact.name) for known in values])
        for fact in facts
        if not fact.derived_from
    }


def _array(fact: Fact, values: Sequence[Any]) -> pa.Array:
    try:
        match fact.type:
            case FactType.BOOL:
                return pa.array(values, pa.bool_())
            case FactType.DATE:
                return pa.array(values, pa.date32())
            case FactType.INT | FactType.DECIMAL:
                exact = [None if value is None else Decimal(value) for value in values]
                return (
                    pa.array(exact)
                    if any(value is not None for value in exact)
                    else pa.nulls(len(exact), pa.int64())
                )
            case _:
                return pa.array(values, pa.string())
    except (pa.ArrowInvalid, OverflowError) as error:
        raise SnapshotFaulty(f"{fact.name} 有无法精确保存的数，请核对数据来源后重新导出") from error


def _list_column(lists: Sequence[Any], name: str) -> pa.Array:
    flat = [item for items in lists for item in items or ()]
    fields = _fact_columns(flat, name)
    ends = np.cumsum([0, *(len(items or ()) for items in lists)], dtype=np.int32)
    unknown = pa.array([items is None for items in lists] if lists else [], pa.bool_())
    structs = pa.StructArray.from_arrays(list(fields.values()), list(fields))
    return pa.ListArray.from_arrays(pa.array(ends), structs, mask=unknown)


def read(path: Path, scope: str, needed: Needed) -> Part:
    """Read the columns needed of one file; raises SnapshotFaulty naming what is wrong with it."""
    try:
        file = pq.ParquetFile(path, read_dictionary=_dictionaries(scope, needed))
        _check(path, file.schema_arrow, scope, needed)
        read_table = file.read(
            columns=[SUBJECT, REGION, *_paths(needed, scope)], use_threads=False
        ).combine_chunks()
    except KeyError as error:  # a column of codes that is not there
        missing = bytes(error.args[0]).decode(errors="replace")
        raise SnapshotFaulty(f"{path.name} 缺少规则用到的列 {missing}") from error
    except (pa.ArrowException, OSError) as error:
        raise _malformed(path) from error
    return Part(_ids(path, read_table), _table(read_table, scope, needed))


def read_ids(path: Path) -> Ids:
    """Read only who is in a file; raises SnapshotFaulty naming what is wrong with it."""
    try:
        return _ids(path, pq.read_table(path, columns=[SUBJECT], use_threads=False))
    except (pa.ArrowException, OSError, KeyError) as error:
        raise _malformed(path) from error


def _malformed(path: Path) -> SnapshotFaulty:
    return SnapshotFaulty(f"{path.name} 不是完整的 Parquet 文件，请重新导出快照")


def _facts(needed: Needed, scope: str) -> list[Fact]:
    """Return what is read: facts that are derived from dates are not kept, their dates are read instead."""
    facts = fact_catalogue.vocabulary().facts[scope]
    return [facts[name] for name in sorted(needed.facts) if not facts[name].derived_from]


def _paths(needed: Needed, scope: str) -> list[str]:
    own = [fact.name for fact in _facts(needed, scope)]
    return own + [
        f"{name}.list.element.{path}" for name, inner in needed.lists.items() for path in _any(inner, name)
    ]


def _any(needed: Needed, scope: str) -> list[str]:
    """Read at least one field of the items, to know how many there are."""
    return _paths(needed, scope) or [next(iter(fact_catalogue.vocabulary().facts[scope].values())).name]


def _dictionaries(scope: str, needed: Needed) -> list[str]:
    return [REGION, *(fact.name for fact in _facts(needed, scope) if fact.type in CODES)]


def _check(path: Path, schema: Any, scope: str, needed: Needed) -> None:
    known = {field.name: field.type for field in schema}
    if known.get(SUBJECT) != pa.binary(ID_BYTES) or REGION not in known:
        raise SnapshotFaulty(f"{path.name} 缺少 {SUBJECT}（16字节）或 {REGION} 列，不是事实快照")
    for fact in _facts(needed, scope):
        _check_type(path, fact, known.get(fact.name))
    for name, inner in needed.lists.items():
        kind = known.get(name)
        if kind is None or not pa.types.is_list(kind) or not pa.types.is_struct(kind.value_type):
            raise SnapshotFaulty(f"{path.name} 的 {name} 列应是结构的列表")
        fields = {
            kind.value_type.field(i).name: kind.value_type.field(i).type
            for i in range(kind.value_type.num_fields)
        }
        for fact in _facts(inner, name):
            _check_type(path, fact, fields.get(fact.name))


def _check_type(path: Path, fact: Fact, kind: Any) -> None:
    fits, wanted = _KINDS.get(fact.type, (_is_text, "string"))
    if kind is None:
        raise SnapshotFaulty(f"{path.name} 缺少规则用到的列 {fact.name}")
    if not fits(kind) and not pa.types.is_null(kind):
        raise SnapshotFaulty(f"{path.name} 的列 {fact.name} 应是 {wanted}，不是 {kind}")


def _is_text(kind: Any) -> bool:
    return bool(
        pa.types.is_string(kind) or (pa.types.is_dictionary(kind) and pa.types.is_string(kind.value_type))
    )


def _ids(path: Path, read_table: Any) -> Ids:
    ids = read_table[SUBJECT].combine_chunks()
    if ids.null_count:
        raise SnapshotFaulty(f"{path.name} 有没有编号的行，请重新导出快照")
    raw = ids.buffers()[1]
    return np.frombuffer(raw, f"S{ID_BYTES}", len(ids), ids.offset * ID_BYTES)


def _table(read_table: Any, scope: str, needed: Needed) -> Table:
    columns = {
        fact.name: column(fact, read_table[fact.name].combine_chunks()) for fact in _facts(needed, scope)
    }
    lists = {
        name: _items(read_table[name].combine_chunks(), name, inner) for name, inner in needed.lists.items()
    }
    return Table(read_table.num_rows, columns, lists, _codes(read_table[REGION].combine_chunks()))


def _items(lists: Any, name: str, needed: Needed) -> Items:
    offsets = lists.offsets.to_numpy().astype(np.int64)
    first, last = int(offsets[0]), int(offsets[-1])
    structs = lists.values.slice(first, last - first)
    columns = {fact.name: column(fact, structs.field(fact.name)) for fact in _facts(needed, name)}
    inner = {one: _items(structs.field(one), one, below) for one, below in needed.lists.items()}
    return Items(Table(last - first, columns, inner), offsets - first, _known(lists))


def column(fact: Fact, array: Any) -> Column:
    """Return an Arrow array as the column of a fact; raises SnapshotFaulty for numbers too exact to hold."""
    known = _known(array)
    if pa.types.is_null(array.type):
        array = array.cast(_STRINGS if fact.type in CODES else pa.int64())
    match fact.type:
        case FactType.BOOL:
            flags = array if pa.types.is_boolean(array.type) else array.cast(pa.bool_())
            return Flagged(_filled(flags), known)
        case FactType.DATE:
            return Dates(_filled(array.cast(pa.int32())), known)
        case FactType.INT | FactType.DECIMAL:
            return _numbers(fact, array, known)
        case _:
            return _enum(fact, _codes(array))


def _filled(array: Any, *, fill: object = 0) -> Any:
    """Return the values, `fill` where there is none."""
    if pa.types.is_boolean(array.type):
        flags = _bits(array, 1)
        return flags if not array.null_count else flags & _bits(array, 0)
    return (array.fill_null(fill) if array.null_count else array).to_numpy(zero_copy_only=False)


def _known(array: Any) -> Flags | None:
    return _bits(array, 0) if array.null_count else None


def _bits(array: Any, buffer: int) -> Flags:
    """Return the bits of a buffer as booleans: many times as fast as asking Arrow for them."""
    raw = array.buffers()[buffer]
    if raw is None:  # nobody has a value
        return np.zeros(len(array), np.bool_)
    bits = np.frombuffer(raw, np.uint8)
    count = array.offset + len(array)
    return np.unpackbits(bits, count=count, bitorder="little").view(np.bool_)[array.offset :]


def _codes(array: Any) -> Coded:
    encoded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
    codes = tuple(encoded.dictionary.to_pylist())
    return coded(_filled(encoded.indices, fill=len(codes)), codes)


def _enum(fact: Fact, found: Coded) -> Coded:
    """Hold a code outside the enum for unknown, as everywhere."""
    if fact.type is not FactType.ENUM or set(found.codes) <= set(fact.values):
        return found
    own = tuple(code for code in found.codes if code in fact.values)
    places = np.array([own.index(code) if code in own else -1 for code in (*found.codes, "")], np.int64)
    return coded(places[found.values], own)


def _numbers(fact: Fact, array: Any, known: Flags | None) -> Numbers:
    if pa.types.is_integer(array.type):
        return Numbers(narrowed(_filled(array).astype(np.int64)), known)
    try:
        for decimals in range(min(array.type.scale, MOST_DECIMALS) + 1):
            whole = _at_scale(array, decimals)
            if whole is not None:
                return Numbers(narrowed(_filled(whole).astype(np.int64)), known, 10**decimals)
    except pa.ArrowInvalid as error:
        raise SnapshotFaulty(f"列 {fact.name} 有超出范围的数，请核对数据来源后重新导出") from error
    raise SnapshotFaulty(f"列 {fact.name} 的小数位数过多，请核对数据来源后重新导出")


def _at_scale(array: Any, decimals: int) -> Any:
    """Return the numbers as so many decimal places make whole, None where digits would be lost."""
    try:
        exact = array.cast(pa.decimal128(38, decimals))
    except pa.ArrowInvalid:
        return None
    return _raw(exact)


def _raw(array: Any) -> Any:
    """Return the 128-bit integers of decimals as 64-bit ones; raises ArrowInvalid where one is larger."""
    words = np.frombuffer(array.buffers()[1], np.int64, 2 * len(array), array.offset * ID_BYTES).reshape(
        -1, 2
    )
    low, high = words[:, 0], words[:, 1]
    valid = (
        np.ones(len(array), np.bool_)
        if not array.null_count
        else array.is_valid().to_numpy(zero_copy_only=False)
    )
    if np.any((high != low >> 63) & valid):
        raise pa.ArrowInvalid("a number of more than 64 bits")
    return pa.array(np.where(valid, low, 0))


def subject_ids(ids: Ids) -> Iterable[UUID]:
    """Return ids as they are known everywhere else."""
    return (UUID(bytes=raw.ljust(ID_BYTES, b"\0")) for raw in ids.tolist())
