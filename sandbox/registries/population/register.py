"""The platform's own register of the people it delivers: who an index is, and where they live.

It stays with the platform (one SQLite file): the delivery names nobody, and whoever may know is told of one
person at a time (`sandbox.registries.whereabouts`). Names and addresses are as made up as the rest.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from sandbox.registries.population.draws import Numbers

TABLE = (
    "CREATE TABLE IF NOT EXISTS person (person_index BLOB PRIMARY KEY, name TEXT, address TEXT) WITHOUT ROWID"
)
FAMILY = "王李张刘陈杨黄赵周吴徐孙马朱胡林郭何高罗"
GIVEN = "安平和顺远明德兴家诚志新春秋文华玉珍兰芳"


def keep(path: Path, indexes: pa.Array, communities: Numbers, rng: np.random.Generator) -> None:
    """Add people to the register, made for its owner alone."""
    path.touch(mode=0o600)
    with sqlite3.connect(path) as register:
        register.execute(TABLE)
        register.executemany(
            "INSERT OR REPLACE INTO person VALUES (?, ?, ?)", _rows(indexes, communities, rng)
        )
    register.close()


def _rows(
    indexes: pa.Array, communities: Numbers, rng: np.random.Generator
) -> Iterator[tuple[bytes, str, str]]:
    count = len(indexes)
    family, first, second = (rng.integers(0, len(FAMILY), count) for _ in range(3))
    house, room = rng.integers(1, 60, count), rng.integers(101, 1800, count)
    for place, index in enumerate(indexes.to_pylist()):
        name = FAMILY[family[place]] + GIVEN[first[place]] + GIVEN[second[place]]
        street, community = divmod(int(communities[place]) % 10**6, 1000)
        address = f"第{street}街道第{community}社区{house[place]}号楼{room[place]}室"
        yield index, name, address
