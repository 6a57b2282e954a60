"""Writes the delivery: blocks one after another, a file each, the manifest of each kind last."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sandbox.registries.keys import person_key
from sandbox.registries.population import numbers, register
from sandbox.registries.population.basics import is_man
from sandbox.registries.population.block import Block
from sandbox.registries.population.draws import Draws
from sandbox.registries.population.enterprises import draw_enterprises
from sandbox.registries.population.persons import draw_people
from sandbox.registries.population.shares import Province, Shares
from sandbox.registries.population.tables import subject_table

FORMAT = 1
BLOCK = 250_000
ROW_GROUP = 131_072
PER = 1000
KINDS = ("person", "enterprise")


class FolderTaken(Exception):
    """The folder of the day already holds something."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for: people as they were on `as_of`, delivered as the facts of `day`.

    Without `register` nobody can say afterwards who the people are.
    """

    people: int
    seed: int
    as_of: np.datetime64
    out: Path
    day: np.datetime64 | None = None
    register: Path | None = None

    @property
    def folder(self) -> Path:
        """Return the folder of the day."""
        return self.out / str(self.delivered_on)

    @property
    def delivered_on(self) -> np.datetime64:
        """Return the day that the delivery is of."""
        return self.as_of if self.day is None else self.day


@dataclass(frozen=True, slots=True)
class Portion:
    """One file to be written: so many subjects of a kind in a province."""

    kind: str
    province: Province
    number: int
    count: int

    @property
    def place(self) -> str:
        """Return where the file lies in the folder of its kind."""
        return f"region={self.province.code}/part-{self.number:05d}.parquet"


def generate(order: Order, shares: Shares, told: Callable[[str], None]) -> None:
    """Write the whole population; raises FolderTaken rather than mix it with another."""
    if order.folder.exists() and any(order.folder.iterdir()):
        raise FolderTaken(str(order.folder))
    parts: dict[str, list[dict[str, object]]] = {kind: [] for kind in KINDS}
    for portion in portions(order.people, shares):
        path = order.folder / portion.kind / portion.place
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        table = draw(portion, order, shares)
        path.touch(mode=0o600)
        pq.write_table(table, path, row_group_size=ROW_GROUP, compression="zstd")
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        parts[portion.kind].append({"path": portion.place, "rows": table.num_rows, "sha256": digest})
        told(f"{portion.kind} {portion.province.code} {portion.number:05d}: {table.num_rows}")
    for kind in KINDS:
        _finish(order, kind, parts[kind])


def _finish(order: Order, kind: str, parts: list[dict[str, object]]) -> None:
    """Write the manifest of a kind beside its place and move it there: from now on it is whole."""
    said = {"format": FORMAT, "scope": kind, "as_of": str(order.delivered_on), "parts": parts}
    folder = order.folder / kind
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = folder / "manifest.json.draft"
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(said | {"generated": True, "seed": order.seed}, indent=1) + "\n", "utf-8")
    draft.replace(folder / "manifest.json")


def portions(people: int, shares: Shares) -> Iterator[Portion]:
    """Divide the people among the provinces by their populations, and enterprises by the people."""
    whole = sum(province.population for province in shares.provinces)
    ends = np.cumsum([province.population for province in shares.provinces])
    borders = [0, *(people * int(end) // whole for end in ends)]
    for province, low, high in zip(shares.provinces, borders[:-1], borders[1:], strict=True):
        count = high - low
        enterprises = count * shares.enterprises["per_thousand_people"] // PER
        for kind, of_kind in zip(KINDS, (count, enterprises), strict=True):
            for number, start in enumerate(range(0, of_kind, BLOCK)):
                yield Portion(kind, province, number, min(BLOCK, of_kind - start))


def draw(portion: Portion, order: Order, shares: Shares) -> pa.Table:
    """Draw one file's subjects as the table that is delivered."""
    block, identifiers = drawn(portion, order, shares)
    indexes = numbers.keyed_indexes(identifiers, person_key())
    table = subject_table(portion.kind, block, indexes)
    if order.register is not None and portion.kind == "person":
        register.keep(order.register, indexes, block.values["residence_community"], block.draws.rng)
    marks = {"generated": "true", "as_of": str(order.delivered_on), "seed": str(order.seed)}
    return table.replace_schema_metadata(marks)


def drawn(portion: Portion, order: Order, shares: Shares) -> tuple[Block, pa.Array]:
    """Draw one file's subjects and their numbers, which stay here.

    They depend on seed, province, number and count, not on what came before.
    """
    origin = (order.seed, int(portion.province.code), portion.number, KINDS.index(portion.kind))
    block = Block(shares, portion.province, order.as_of, Draws(np.random.default_rng(origin), portion.count))
    area = numbers.area(portion.province.code, portion.number)
    if portion.kind == "enterprise":
        return draw_enterprises(block), numbers.credit_codes(area, portion.count)
    draw_people(block)
    return block, numbers.id_numbers(area, block.values["birth_date"], is_man(block))
