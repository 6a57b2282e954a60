"""A made-up population: the same again by its seed, distributed as its sources say, and nobody who exists."""

import base64
import hashlib
import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from stdnum.cn import ric, uscc

from config import files
from sandbox.registries.keys import index_of
from sandbox.registries.population import numbers
from sandbox.registries.population.basics import age_weights
from sandbox.registries.population.folder import BLOCK, FolderTaken, Order, drawn, generate, portions
from sandbox.registries.population.schema import CHILD, ENTERPRISE, HIRE, PERSON, Codes, Columns
from sandbox.registries.population.shares import Province, read_shares
from sandbox.registries.population.tables import arrow_type, list_type

SHARES = read_shares()
DAY = "2026-11-23"
AS_OF = np.datetime64(DAY)
PEOPLE = 60_000
CATALOGUE = files.read("facts")
REGIONS = {region["code"] for region in files.read("regions")["regions"]}
PROVINCES = {province.code: province for province in SHARES.provinces}
ASCENDING_DEGREES = ("none", "college", "bachelor", "master", "doctor")


def facts_of(scope: str) -> dict[str, dict[str, Any]]:
    return {fact["name"]: fact for fact in CATALOGUE["facts"] if fact["subject"] == scope}


def made(folder: Path, people: int = PEOPLE, seed: int = 7) -> Path:
    generate(Order(people, seed, AS_OF, folder), SHARES, lambda _: None)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("population") / "one")


def read(folder: Path, kind: str, day: str = DAY) -> pl.DataFrame:
    """Every subject of a kind, with the province of its file."""
    paths = sorted((folder / day / kind).rglob("*.parquet"))
    tables = [
        pq.ParquetFile(path).read().append_column("province", pa.array([province] * rows, pa.string()))
        for path in paths
        for province, rows in [(path.parent.name.removeprefix("region="), pq.read_metadata(path).num_rows)]
    ]
    frame = pl.from_arrow(pa.concat_tables(tables, promote_options="permissive"))
    return frame.with_columns(pl.selectors.decimal().cast(pl.Float64))  # type: ignore[union-attr]


@pytest.fixture(scope="module")
def people(folder: Path) -> pl.DataFrame:
    frame = read(folder, "person")
    born = pl.col("birth_date")
    years = 2026 - born.dt.year() - ((born.dt.month() * 100 + born.dt.day()) > 1123).cast(pl.Int32)
    return frame.with_columns(age=years)


@pytest.fixture(scope="module")
def enterprises(folder: Path) -> pl.DataFrame:
    return read(folder, "enterprise")


@pytest.fixture(scope="module")
def children(people: pl.DataFrame) -> pl.DataFrame:
    parents = people.select("birth_date", "age", "children").rename({"birth_date": "parent_born"})
    return parents.explode("children").drop_nulls("children").unnest("children")


def percent(frame: pl.DataFrame, condition: pl.Expr) -> float:
    """The share among those of whom it is known."""
    return float(frame.select(condition.mean()).item() or 0) * 100


def near(found: float, wanted: float, count: float) -> bool:
    """Within five standard errors of a share of this many, and a tenth of a point."""
    return abs(found - wanted) <= 500 * (wanted / 100 * (1 - wanted / 100) / count) ** 0.5 + 0.1


@pytest.mark.parametrize(
    ("scope", "columns", "lists"),
    [
        ("person", PERSON, {"children"}),
        ("children", CHILD, set()),
        ("enterprise", ENTERPRISE, {"hires"}),
        ("hires", HIRE, set()),
    ],
)
def test_the_columns_are_the_facts_of_the_catalogue_with_fitting_types(
    scope: str, columns: Columns, lists: set[str]
) -> None:
    stored = {name: fact for name, fact in facts_of(scope).items() if "derived_from" not in fact}
    assert set(columns) == set(stored)
    assert {name for name, kind in CATALOGUE["lists"].items() if kind["subject"] == scope} == lists
    for name, kind in columns.items():
        if isinstance(kind, Codes):
            assert list(kind.values) == stored[name]["values"], name
        else:
            assert kind.value == stored[name]["type"], name


def test_every_file_has_the_documented_columns_and_says_that_it_was_generated(folder: Path) -> None:
    files_found = sorted((folder / DAY).rglob("*.parquet"))
    assert len(files_found) == 6
    for path in files_found:
        schema = pq.read_schema(path)
        person = "person" in path.parts
        columns, name = (PERSON, "children") if person else (ENTERPRISE, "hires")
        assert schema.names == ["subject_id", "region", "changed_on", *columns, name]
        for fact, kind in columns.items():
            assert schema.field(fact).type == arrow_type(kind), fact
        assert schema.field(name).type == list_type(name)
        assert schema.field("subject_id").type == pa.binary(16)
        assert schema.metadata[b"generated"] == b"true"
        assert schema.metadata[b"as_of"] == b"2026-11-23"


def test_the_same_seed_gives_the_same_people_and_another_seed_others(folder: Path, tmp_path: Path) -> None:
    again, other = made(tmp_path / "again"), made(tmp_path / "other", seed=8)
    for path in (folder / DAY).rglob("*.parquet"):
        place = path.relative_to(folder)
        assert pq.read_table(path).equals(pq.read_table(again / place))
        assert not pq.read_table(path).equals(pq.read_table(other / place))


def test_the_people_are_divided_as_the_census_counts_them_and_blocks_bound_the_memory() -> None:
    asked = list(portions(1_000_003, SHARES))
    of_people = [portion for portion in asked if portion.kind == "person"]
    assert sum(portion.count for portion in of_people) == 1_000_003
    whole = sum(province.population for province in SHARES.provinces)
    for province in SHARES.provinces:
        count = sum(portion.count for portion in of_people if portion.province is province)
        assert abs(count - 1_000_003 * province.population / whole) <= 1
    assert max(portion.count for portion in asked) <= BLOCK
    assert len({(portion.kind, portion.province.code, portion.number) for portion in asked}) == len(asked)


@pytest.mark.parametrize("province", SHARES.provinces, ids=lambda province: province.code)
def test_the_sources_add_up_and_name_areas_that_exist(province: Province) -> None:
    assert sum(province.districts.values()) == province.population
    assert set(province.districts) <= REGIONS
    assert sum(province.bands.values()) == pytest.approx(100)
    assert sum(province.hukou.values()) == pytest.approx(100)
    assert sum(age_weights(SHARES, province).values()) == pytest.approx(100)


@pytest.mark.parametrize("code", sorted(PROVINCES))
def test_age_sex_and_district_follow_the_census(people: pl.DataFrame, code: str) -> None:
    province, here = PROVINCES[code], people.filter(pl.col("province") == code)
    starts = sorted(province.bands)
    for low, high in zip(starts, [*starts[1:], 200], strict=True):
        in_band = (pl.col("age") >= low) & (pl.col("age") < high)
        assert near(percent(here, in_band), province.bands[low], here.height), low
    assert near(percent(here, pl.col("gender").cast(pl.String) == "1"), province.male, here.height)
    for district, count in province.districts.items():
        share = percent(here, pl.col("residence_region").cast(pl.String) == district)
        assert near(share, count / province.population * 100, here.height), district


@pytest.mark.parametrize("code", sorted(PROVINCES))
@pytest.mark.parametrize("fact", ["dibao", "tekun", "dibao_edge"])
def test_assistance_reaches_as_many_as_the_source_says(people: pl.DataFrame, code: str, fact: str) -> None:
    here = people.filter(pl.col("province") == code)
    # Who is supported as 特困 is no 低保 any more, so that a little less is left of the other two.
    assert near(percent(here, pl.col(fact)), SHARES.people[fact][code], here.height)


def test_disability_is_graded_and_kept_to_those_with_a_certificate(people: pl.DataFrame) -> None:
    known = people.filter(pl.col("disability_cert_valid").is_not_null())
    assert 2.2 < percent(known, pl.col("disability_cert_valid")) < 3.1
    graded = known.filter(pl.col("disability_level").is_not_null())
    assert graded["disability_cert_valid"].all()
    for level, weight in SHARES.people["disability_level"].items():
        assert near(percent(graded, pl.col("disability_level") == level), weight, graded.height)
    old = known.filter(pl.col("age") >= 75)
    young = known.filter(pl.col("age") < 15)
    assert percent(old, pl.col("disability_cert_valid")) > 3 * percent(young, pl.col("disability_cert_valid"))


def rates(missing: dict[str, Any]) -> Iterator[tuple[str, float]]:
    for department in missing.values():
        for name, rate in department["facts"].items():
            yield name, 100 - (100 - department["silent"]) * (100 - rate) / 100


CONDITIONAL = {name for name, fact in facts_of("person").items() if "applicable_if" in fact} | {
    "skill_cert_level",
    "skill_cert_date",
    "dibao_reviewed_on",
    "elder_allowance_verified_on",
    "childbirth_lawful",
    "employment_status",
    "seeking_work",
    "social_insurance_paid_month",
    "credit_good",
    "startup_group",
}


@pytest.mark.parametrize(
    ("name", "rate"), [found for found in rates(SHARES.people["missing"]) if found[0] not in CONDITIONAL]
)
def test_a_fact_that_applies_to_everybody_is_missing_as_often_as_said(
    people: pl.DataFrame, name: str, rate: float
) -> None:
    assert near(percent(people, pl.col(name).is_null()), rate, people.height)


@pytest.mark.parametrize(("scope", "data"), [("person", SHARES.people), ("enterprise", SHARES.enterprises)])
def test_every_missing_rate_stands_under_the_department_that_answers_for_the_fact(
    scope: str, data: dict[str, Any]
) -> None:
    sources = {name: fact["source"] for name, fact in facts_of(scope).items()}
    sources |= {name: kind["source"] for name, kind in CATALOGUE["lists"].items()}
    for department, missing in data["missing"].items():
        assert {sources[name] for name in missing["facts"]} == {department}


def test_a_silent_department_knows_nothing_at_all_about_somebody(people: pl.DataFrame) -> None:
    facts = SHARES.people["missing"]["民政"]["facts"]
    silent = people.filter(pl.all_horizontal(pl.col(name).is_null() for name in facts))
    assert near(
        silent.height / people.height * 100, SHARES.people["missing"]["民政"]["silent"], people.height
    )


def test_nobody_is_older_than_anybody_ever_or_born_tomorrow(people: pl.DataFrame) -> None:
    assert people["age"].min() == 0
    assert people["age"].max() <= 105  # type: ignore[operator]


def test_children_are_minors_and_younger_than_their_parents_by_twenty_years(children: pl.DataFrame) -> None:
    known = children.drop_nulls(["child_birth_date", "parent_born"])
    assert known.height > 10_000
    between = (known["child_birth_date"] - known["parent_born"]).dt.total_days() / 365.2425
    assert between.min() >= 19.99  # type: ignore[operator]
    assert between.max() <= 45.01  # type: ignore[operator]
    days = known.select((pl.lit(AS_OF.item()) - pl.col("child_birth_date")).dt.total_days()).to_series()
    assert days.min() >= 0  # type: ignore[operator]
    assert days.max() < 18 * 365.25  # type: ignore[operator]


def test_a_list_is_null_where_nobody_knows_and_empty_where_there_is_nothing(people: pl.DataFrame) -> None:
    known = people.filter(pl.col("children").is_not_null() & pl.col("is_guardian").is_not_null())
    assert (known["is_guardian"] == (known["children"].list.len() > 0)).all()
    assert 0.2 < known["is_guardian"].mean() < 0.28  # type: ignore[operator]


def test_a_mothers_last_birth_is_that_of_her_youngest_child(people: pl.DataFrame) -> None:
    mothers = people.filter(pl.col("childbirth_date").is_not_null() & pl.col("gender").is_not_null())
    assert set(mothers["gender"].cast(pl.String)) == {"2"}
    newest = mothers.select(
        pl.col("childbirth_date"),
        pl.col("children")
        .list.eval(pl.element().struct.field("child_birth_date"))
        .list.max()
        .alias("newest"),
        pl.col("children")
        .list.eval(pl.element().struct.field("child_birth_date").is_null())
        .list.any()
        .alias("unsure"),
    ).filter(~pl.col("unsure") & pl.col("newest").is_not_null())
    assert newest.height > 1_000
    assert (newest["childbirth_date"] == newest["newest"]).all()


@pytest.mark.parametrize(
    ("fact", "needs"),
    [
        ("disability_category", pl.col("disability_cert_valid")),
        ("unemployed_registered_months", pl.col("unemployed_registered")),
        ("social_subsidy_used_months", pl.col("flexible_registered")),
        ("veteran_type", pl.col("veteran")),
        ("business_months", pl.col("business_registered")),
        ("business_region", pl.col("business_registered")),
        ("care_level", pl.col("age") >= 60),
        ("years_since_graduation", pl.col("degree").cast(pl.String) != "none"),
        ("employer_avg_wage", pl.col("employment_status").cast(pl.String) == "employed"),
        ("school_region", pl.col("student_stage").cast(pl.String) != "none"),
        ("rural_fp_eligible", pl.col("hukou_type").cast(pl.String) == "rural"),
    ],
)
def test_what_cannot_apply_is_not_known(people: pl.DataFrame, fact: str, needs: pl.Expr) -> None:
    known = people.filter(pl.col(fact).is_not_null())
    assert known.height > 0
    assert known.select(needs.drop_nulls().all()).item()


def test_facts_of_one_person_agree_with_one_another(people: pl.DataFrame) -> None:
    assert people.filter(pl.col("dibao") & pl.col("tekun")).is_empty()
    assert people.filter(pl.col("dibao") & pl.col("dibao_edge")).is_empty()
    receiving = people.filter(pl.col("ui_benefit_receiving"))
    assert receiving.select((pl.col("ui_paid_months") >= 12).drop_nulls().all()).item()
    small = people.filter((pl.col("age") < 16) & pl.col("employment_status").is_not_null())
    assert set(small["employment_status"].cast(pl.String)) == {"student"}
    studying = people.filter(pl.col("graduation_year") >= 2027)
    assert (studying["age"].drop_nulls() <= 31).all()
    degrees = people.filter(pl.col("age") < 20)["degree"].cast(pl.String).drop_nulls()
    assert set(degrees) == {ASCENDING_DEGREES[0]}


def test_no_number_is_negative_or_not_a_number(people: pl.DataFrame, enterprises: pl.DataFrame) -> None:
    for frame in (people, enterprises):
        for name, kind in frame.schema.items():
            if kind.is_numeric():
                column = frame[name].drop_nulls()
                assert column.min() is None or column.min() >= 0, name  # type: ignore[operator]
            if kind.is_float():
                assert column.is_finite().all(), name
                assert ((column * 100) - (column * 100).round()).abs().max() < 1e-4, name  # type: ignore[operator]


def test_enterprises_are_of_the_kinds_and_sizes_of_their_sources(enterprises: pl.DataFrame) -> None:
    for kind, share in SHARES.enterprises["kind"].items():
        found = percent(enterprises, pl.col("ent_kind").cast(pl.String) == kind)
        assert near(found, share, enterprises.height), kind
    companies = enterprises.filter(pl.col("ent_kind").cast(pl.String) == "enterprise")
    for size, share in SHARES.enterprises["size"].items():
        found = percent(companies, pl.col("ent_size").cast(pl.String) == size)
        assert near(found, share, companies.height), size


def test_enterprises_have_hires_a_quota_and_staff_that_fit(enterprises: pl.DataFrame) -> None:
    assert enterprises["ent_employees"].min() == 1
    hired = enterprises.filter(pl.col("hires").list.len() > 0)
    assert 0.2 < hired.height / enterprises.height < 0.35
    over = enterprises.filter(pl.col("ent_disabled_over_quota") > 0)
    assert over.select((pl.col("ent_disabled_ratio") > 1.5).drop_nulls().all()).item()
    items = hired.select(pl.col("hires").explode()).unnest("hires")
    unsigned = items.filter(~pl.col("hire_contract"))
    assert unsigned["hire_contract_months"].is_null().all()


def test_the_numbers_are_well_formed_unlike_anybodys_and_nobody_shares_one(tmp_path: Path) -> None:
    order = Order(6_000, 7, AS_OF, tmp_path)
    for portion in portions(order.people, SHARES):
        block, found = drawn(portion, order, SHARES)
        made = found.to_pylist()
        assert len(set(made)) == portion.count
        assert not REGIONS & {number[:6] for number in made}
        if portion.kind == "enterprise":
            assert all(uscc.is_valid(code) for code in made)
            assert {code[4] for code in made} == {"9"}
            continue
        assert {number[2] for number in made} == {"9"}
        assert all(ric.calc_check_digit(number) == number[-1] for number in made)
        born = block.values["birth_date"].astype("datetime64[D]").astype(str)
        assert [number[6:14] for number in made] == [day.replace("-", "") for day in born.tolist()]


def test_people_are_delivered_under_a_keyed_index_that_the_number_gives_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = made(tmp_path / "one", people=40)
    monkeypatch.setenv("PERSON_KEY", base64.b64encode(b"k" * 32).decode())
    other = made(tmp_path / "other", people=40)
    first, second = (set(read(folder, "person")["subject_id"]) for folder in (one, other))
    assert (len(first), first & second) == (40, set())
    order = Order(40, 7, AS_OF, tmp_path)
    portion = next(portion for portion in portions(40, SHARES) if portion.kind == "person")
    _, found = drawn(portion, order, SHARES)
    assert {index_of(number, b"k" * 32) for number in found.to_pylist()} <= second


def test_the_platform_keeps_for_itself_who_its_people_are(tmp_path: Path) -> None:
    order = Order(40, 7, AS_OF, tmp_path / "out", register=tmp_path / "register.sqlite")
    generate(order, SHARES, lambda _: None)
    with closing(sqlite3.connect(tmp_path / "register.sqlite")) as register:
        kept = register.execute("SELECT person_index, name, address FROM person").fetchall()
    assert {index for index, *_ in kept} == set(read(tmp_path / "out", "person")["subject_id"])
    assert all(name and address for _, name, address in kept)


def test_a_community_lies_in_the_district_where_somebody_lives(people: pl.DataFrame) -> None:
    known = people.drop_nulls(["residence_community", "residence_region"])
    communities = known["residence_community"].cast(pl.String)
    assert (communities.str.slice(0, 6) == known["residence_region"].cast(pl.String)).all()
    assert communities.str.contains(r"^\d{6}0[01]\d0[0-2]\d$").all()
    assert known["region"].to_list() == known["residence_region"].to_list()


def test_another_day_delivers_the_same_people_as_the_facts_of_that_day(tmp_path: Path) -> None:
    made(tmp_path, people=40)
    later = np.datetime64("2026-11-24")
    generate(Order(40, 7, AS_OF, tmp_path, day=later), SHARES, lambda _: None)
    first, second = (read(tmp_path, "person", day) for day in (DAY, "2026-11-24"))
    assert first["birth_date"].to_list() == second["birth_date"].to_list()
    assert first["subject_id"].to_list() == second["subject_id"].to_list()


def test_blocks_of_one_province_cannot_hold_the_same_number() -> None:
    areas = {numbers.area("340000", number) for number in range(numbers.MOST_BLOCKS)}
    assert len(areas) == numbers.MOST_BLOCKS
    assert all(area.startswith("349") for area in areas)
    with pytest.raises(ValueError, match="blocks"):
        numbers.area("340000", numbers.MOST_BLOCKS)


def test_more_births_on_a_day_than_numbers_are_refused() -> None:
    born = np.full(501, np.datetime64("2000-01-01"))
    with pytest.raises(ValueError, match="one day"):
        numbers.id_numbers("349100", born, np.ones(501, dtype=bool))


def test_the_manifest_comes_last_and_a_folder_in_use_is_refused(folder: Path) -> None:
    for kind, rows in (("person", PEOPLE), ("enterprise", PEOPLE * 13 // 100)):
        path = folder / DAY / kind / "manifest.json"
        manifest = json.loads(path.read_text(encoding="utf-8"))
        assert manifest["generated"] is True
        assert (manifest["format"], manifest["scope"], manifest["as_of"]) == (1, kind, DAY)
        assert sum(part["rows"] for part in manifest["parts"]) == pytest.approx(rows, abs=3)
        for part in manifest["parts"]:
            content = (path.parent / part["path"]).read_bytes()
            assert hashlib.sha256(content).hexdigest() == part["sha256"]
            assert (path.parent / part["path"]).stat().st_mtime_ns <= path.stat().st_mtime_ns
    with pytest.raises(FolderTaken):
        made(folder)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sandbox.registries", "generate", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_the_command_writes_a_population_and_refuses_a_folder_that_is_not_empty(tmp_path: Path) -> None:
    out = str(tmp_path / "few")
    first = run("--people", "30", "--out", out, "--as-of", "2025-02-28")
    assert (first.returncode, first.stderr) == (0, "")
    assert "population ready" in first.stdout
    assert read(tmp_path / "few", "person", "2025-02-28").height == 30
    again = run("--people", "30", "--out", out, "--as-of", "2025-02-28")
    assert again.returncode == 1
    assert "not empty" in again.stderr
    assert run("--people", "0", "--out", out).returncode == 2


def test_answering_departments_does_not_load_what_only_generating_needs() -> None:
    code = "import sys, sandbox.registries.__main__; print({'numpy', 'pyarrow'} & set(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "set()"
