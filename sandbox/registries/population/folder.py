"""Writes the snapshot: blocks one after another, a file each, the manifest last."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sandbox.registries.population import numbers
from sandbox.registries.population.basics import is_man
from sandbox.registries.population.block import Block
from sandbox.registries.population.draws import Draws
from sandbox.registries.population.enterprises import draw_enterprises
from sandbox.registries.population.persons import draw_people
from sandbox.registries.population.shares import Province, Shares
from sandbox.registries.population.tables import enterprise_table, person_table

BLOCK = 250_000
ROW_GROUP = 131_072
PER = 1000
KINDS = ("person", "enterprise")


class FolderTaken(Exception):
    """The folder already holds something."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for."""

    people: int
    seed: int
    as_of: np.datetime64
    out: Path


@dataclass(frozen=True, slots=True)
class Portion:
    """One file to be written: so many subjects of a kind in a province."""

    kind: str
    province: Province
    number: int
    count: int


def generate(order: Order, shares: Shares, told: Callable[[str], None]) -> None:
    """Write the whole population; raises FolderTaken rather than mix it with another."""
    if order.out.exists() and any(order.out.iterdir()):
        raise FolderTaken(str(order.out))
    counts = dict.fromkeys(KINDS, 0)
    for portion in portions(order.people, shares):
        path = order.out / "facts" / portion.kind / f"region={portion.province.code}"
        path.mkdir(parents=True, exist_ok=True)
        table = draw(portion, order, shares)
        pq.write_table(
            table, path / f"part-{portion.number:05d}.parquet", row_group_size=ROW_GROUP, compression="zstd"
        )
        counts[portion.kind] += table.num_rows
        told(f"{portion.kind} {portion.province.code} {portion.number:05d}: {table.num_rows}")
    manifest = {"generated": True, "as_of": str(order.as_of), "seed": order.seed, **counts}
    (order.out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


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
    """Draw one file's subjects; it depends on seed, province, number and count, not on what came before."""
    origin = (order.seed, int(portion.province.code), portion.number, KINDS.index(portion.kind))
    rng = np.random.default_rng(origin)
    block = Block(shares, portion.province, order.as_of, Draws(rng, portion.count))
    ids = numbers.subject_ids(rng, portion.count)
    area = numbers.area(portion.province.code, portion.number)
    if portion.kind == "enterprise":
        table = enterprise_table(draw_enterprises(block), ids, numbers.credit_codes(area, portion.count))
    else:
        draw_people(block)
        table = person_table(block, ids, numbers.id_numbers(area, block.values["birth_date"], is_man(block)))
    marks = {"generated": "true", "as_of": str(order.as_of), "seed": str(order.seed)}
    return table.replace_schema_metadata(marks)
