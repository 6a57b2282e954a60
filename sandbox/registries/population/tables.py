"""A block of drawn facts becomes the Arrow table of a delivery, with what nobody knows taken out."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sandbox.registries.population.block import Block
from sandbox.registries.population.draws import Draws, Flags, Numbers
from sandbox.registries.population.schema import CHILD, ENTERPRISE, HIRE, PERSON, Codes, Columns, Kind

NAMES = pa.dictionary(pa.int32(), pa.string())
SUBJECT = pa.binary(16)
TYPES: Mapping[Kind, pa.DataType] = {
    Kind.BOOL: pa.bool_(),
    Kind.INT: pa.int32(),
    Kind.DECIMAL: pa.decimal128(18, 2),
    Kind.DATE: pa.date32(),
    Kind.REGION: NAMES,
}
ITEMS: Mapping[str, Columns] = {"children": CHILD, "hires": HIRE}
HOME: Mapping[str, tuple[str, ...]] = {
    "person": ("residence_region", "hukou_region"),
    "enterprise": ("ent_region",),
}
"""Whose parameters hold: the first of these that is known."""


def arrow_type(kind: Kind | Codes, *, inside: bool = False) -> pa.DataType:
    """Return the type of a column; inside a list codes are plain strings."""
    found = NAMES if isinstance(kind, Codes) else TYPES[kind]
    return pa.string() if inside and found == NAMES else found


def list_type(name: str) -> pa.DataType:
    """Return list<struct> of the facts of a list's items."""
    return pa.list_(pa.struct([(fact, arrow_type(kind, inside=True)) for fact, kind in ITEMS[name].items()]))


def subject_table(kind: str, block: Block, subjects: pa.Array) -> pa.Table:
    """Return people or enterprises as rows: who, whose parameters hold, since when, facts and lists.

    `missing_of_<list>` of the shares are the rates of a list's items.
    """
    columns, shares = (
        (PERSON, block.shares.people) if kind == "person" else (ENTERPRISE, block.shares.enterprises)
    )
    unknown = _unknown(block.draws, shares["missing"])
    facts = {name: _column(block, name, found, unknown[name]) for name, found in columns.items()}
    lists = {name: _list(block, name, unknown[name], shares[f"missing_of_{name}"]) for name in block.items}
    homes = [facts[name].cast(pa.string()) for name in HOME[kind]]
    changed = np.full(len(subjects), block.as_of, dtype="datetime64[D]")
    about = {"subject_id": subjects, "region": pc.coalesce(*homes), "changed_on": pa.array(changed)}
    return pa.table(about | facts | lists)


def _unknown(draws: Draws, missing: Mapping[str, Any]) -> dict[str, Flags]:
    """Draw what nobody knows of whom: a department may have nothing at all about somebody."""
    unknown: dict[str, Flags] = {}
    for department in missing.values():
        silent = draws.share(department["silent"])
        for name, percent in department["facts"].items():
            unknown[name] = silent | draws.share(percent)
    return unknown


def _column(block: Block, name: str, kind: Kind | Codes, unknown: Flags) -> pa.Array:
    applies = block.applies.get(name)
    mask = unknown if applies is None else unknown | ~applies
    values = block.values[name]
    match kind:
        case Codes():
            return _named(values, mask, np.array(kind.values))
        case Kind.REGION:
            codes, places = np.unique(values, return_inverse=True)
            return _named(places, mask, np.array([f"{code:06d}" for code in codes], dtype=str))
        case Kind.DECIMAL:
            return _hundredths(values, mask)
        case _:
            return pa.array(values, mask=mask).cast(TYPES[kind])


def _hundredths(values: Numbers, mask: Flags) -> pa.Array:
    """Return amounts of at most two places exactly: a binary fraction would not be what was drawn."""
    whole = np.where(mask, 0, np.rint(np.asarray(values, dtype=float) * 100)).astype(np.int64)
    words = np.column_stack((whole, whole >> 63))
    valid = pa.array(~mask).buffers()[1]
    return pa.Array.from_buffers(TYPES[Kind.DECIMAL], len(whole), [valid, pa.py_buffer(words.tobytes())])


def _named(places: Numbers, mask: Flags, names: Numbers) -> pa.Array:
    indices = pa.array(places.astype(np.int32), mask=mask)
    return pa.DictionaryArray.from_arrays(indices, pa.array(names.tolist(), pa.string()))


def _list(block: Block, name: str, unknown: Flags, missing: Mapping[str, Mapping[str, float]]) -> pa.Array:
    """Return a list fact: null where nobody knows it, empty where it is known that there is nothing."""
    items, counts = block.items[name], block.owners[name]
    rates = {fact: percent for facts in missing.values() for fact, percent in facts.items()}
    fields = [
        _plain(_column(items, fact, kind, items.draws.share(rates[fact])))
        for fact, kind in ITEMS[name].items()
    ]
    structs = pa.StructArray.from_arrays(fields, fields=list(list_type(name).value_type))
    offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), structs, mask=pa.array(unknown))


def _plain(array: pa.Array) -> pa.Array:
    return array.dictionary_decode() if isinstance(array, pa.DictionaryArray) else array
