"""A made-up population of 安徽, 天津 and 重庆 with its enterprises, delivered as a data platform would.

`python -m sandbox.registries generate --people 1000000 --out FOLDER [--seed N] [--as-of DAY] [--day DAY]
[--register FILE]`

The folder is a delivery (docs/deliveries.md), the same for the same seed, number, day and key:

    FOLDER/2026-11-23/person/region=340000/part-00000.parquet      a folder per province: where somebody lives
    FOLDER/2026-11-23/person/manifest.json                         comes last: without it this is not whole
    FOLDER/2026-11-23/enterprise/…                                 by where the enterprise is registered

Every row is one subject: `subject_id` (16 bytes, the keyed index of the ID number or 统一社会信用代码, see
`keys`), `region` (whose parameters hold), `changed_on`, and one column per fact of `config/facts.yaml` under
its name, derived facts left out. `schema` says the type of each: bool; int32; decimal128(18, 2); date32;
dictionary<int32, string> for codes and regions; `children` and `hires` are list<struct>. Null is "nobody
knows" or "cannot apply" (the level of a certificate nobody has); an empty list is known to be empty.
No number and no name is in it; with `--register` the platform keeps them for itself (`register`).

`--day` delivers the same people as the facts of another day: birthdays stay where they are.

Nobody in it exists. The numbers have right check digits and an area code that was never given to anybody
(third digit 9), the key-value metadata of every file says `generated: true`. The distributions are the YAML
files beside this module, each with its source: the regional and age shares are census figures, most others
are rounded estimates and say so.
"""
