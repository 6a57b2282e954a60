"""A made-up population of 安徽, 天津 and 重庆 with its enterprises, as the departments would know them.

`python -m sandbox.registries generate --people 1000000 --out FOLDER [--seed N] [--as-of YYYY-MM-DD]`

The folder is a snapshot of facts, the same for the same seed, number and day:

    FOLDER/manifest.json                                       comes last: without it the folder is not whole
    FOLDER/facts/person/region=340000/part-00000.parquet       a folder per province, by where somebody lives
    FOLDER/facts/enterprise/region=340000/part-00000.parquet   by where the enterprise is registered

Every row is one subject: `subject_id` (a UUID of version 8 as text), `id_number` of a person or `uscc` of an
enterprise, and one column per fact of `config/facts.yaml` under its name, derived facts left out. `schema`
says the type of each: bool; int32; float64 for decimals (at most two places, never NaN); date32;
dictionary<int32, string> for codes and regions; `children` and `hires` are list<struct>. Null is "nobody
knows" or "cannot apply" (the level of a certificate nobody has); an empty list is known to be empty.

Nobody in it exists. The numbers have right check digits and an area code that was never given to anybody
(third digit 9), the key-value metadata of every file says `generated: true`. The distributions are the YAML
files beside this module, each with its source: the regional and age shares are census figures, most others
are rounded estimates and say so.
"""
