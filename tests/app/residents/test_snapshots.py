import stat
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.foundation.ids import new_id
from app.foundation.transaction import atomic
from app.residents import columnar, consents, fact_catalogue, facts, holdings, snapshots
from app.residents.columnar import Row, SnapshotFaulty
from app.residents.facts import Answers, Said
from app.residents.snapshots import SnapshotOfAnotherDay
from app.residents.subjects import own_subject
from app.residents.types import Purpose, SubjectKind
from app.rules.planes.lowering import Needed
from app.rules.planes.tabulation import everything

DAY = date(2026, 11, 25)
PERSON = SubjectKind.PERSON


@pytest.fixture
def resident(sign_in):
    def make(*, consent=True, **known):
        found = sign_in.resident().id
        with atomic():
            if consent:
                consents.grant(found, Purpose.MATCHING)
            stated = {name: Said(value, "测试部门", DAY) for name, value in known.items()}
            facts.replace_registry(own_subject(found), stated, answered=["测试部门"])
        return found

    return make


def needed(*names, **lists):
    return Needed(frozenset(names), {name: needed(*inner) for name, inner in lists.items()})


def one_part(root, rows, as_of=DAY):
    folder = snapshots.folder_of(root, PERSON, as_of)
    part = snapshots.write_part(folder, "region=5001/changed=2026-11", 1, rows, PERSON)
    return snapshots.finish(folder, PERSON, as_of, [part])


def test_a_snapshot_holds_the_facts_of_everybody_who_allows_matching(session, resident, tmp_path):
    child = {"child_birth_date": "2024-02-29", "child_lawful": True}
    known = resident(
        birth_date="1940-02-29",
        dibao=True,
        hukou_region="500103",
        household_income_pc="735.5",
        children=[child],
    )
    blank = resident()
    resident(consent=False, birth_date="1950-01-01")
    made = snapshots.export(tmp_path, PERSON, DAY)
    assert sum(part.rows for part in made.parts) == 2
    assert [part.path for part in made.parts][1].startswith("region=5001/")
    opened = snapshots.opened(tmp_path, PERSON, DAY)
    wanted = everything(fact_catalogue.vocabulary(), "person")
    parts = [opened.read(part, wanted) for part in opened.parts]
    assert {found for part in parts for found in columnar.subject_ids(part.ids)} == {known, blank}
    table = next(part.table for part in parts if known in set(columnar.subject_ids(part.ids)))
    assert table.columns["dibao"].values.tolist() == [True]
    assert Decimal(int(table.columns["household_income_pc"].values[0])) / table.columns[
        "household_income_pc"
    ].scale == Decimal("735.5")
    assert table.lists["children"].offsets.tolist() == [0, 1]
    assert table.lists["children"].table.columns["child_lawful"].values.tolist() == [True]
    assert table.regions.codes == ("500103",)


def test_enterprises_have_a_snapshot_of_their_own(session, resident, tmp_path):
    owner = resident(dibao=True)
    with atomic():
        held = holdings.enterprise(owner, "91500103MA5YQ7X21T", "渝中甲公司")
        said = {"ent_region": Said("500103", "测试部门", DAY), "ent_employees": Said(12, "测试部门", DAY)}
        told = [Answers(held.subject, said, frozenset({"测试部门"}))]
        facts.replace_registries(owner, told, enterprises={"91500103MA5YQ7X21T": held})
    made = snapshots.export(tmp_path, SubjectKind.ENTERPRISE, DAY)
    (part,) = [made.read(part, needed("ent_employees")) for part in made.parts]
    assert list(columnar.subject_ids(part.ids)) == [held.subject.id]
    assert part.table.columns["ent_employees"].values.tolist() == [12]
    assert part.table.regions.codes == ("500103",)


def test_a_snapshot_is_for_its_owner_alone(session, resident, tmp_path):
    resident(dibao=True, hukou_region="500103")
    made = snapshots.export(tmp_path, PERSON, DAY)
    files = [made.folder / part.path for part in made.parts] + [made.folder / snapshots.MANIFEST]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE(made.folder.stat().st_mode) == 0o700


def test_only_the_columns_asked_for_are_read(tmp_path):
    made = one_part(tmp_path, [Row(new_id(), "500103", DAY, {"dibao": True, "birth_date": DAY})])
    part = made.read(made.parts[0], needed("dibao", children=["child_lawful"]))
    assert set(part.table.columns) == {"dibao"}
    assert set(part.table.lists["children"].table.columns) == {"child_lawful"}
    assert part.table.lists["children"].known.tolist() == [False]


def test_an_export_that_did_not_finish_is_no_snapshot(tmp_path):
    folder = snapshots.folder_of(tmp_path, PERSON, DAY)
    snapshots.write_part(folder, "region=5001/changed=2026-11", 1, [Row(new_id(), None, DAY, {})], PERSON)
    with pytest.raises(SnapshotFaulty) as refused:
        snapshots.opened(tmp_path, PERSON, DAY)
    assert "先导出" in refused.value.message


def test_a_snapshot_of_another_day_is_refused(tmp_path):
    one_part(tmp_path, [Row(new_id(), None, DAY, {})])
    (tmp_path / "2026-11-25").rename(tmp_path / "2026-11-26")
    with pytest.raises(SnapshotOfAnotherDay):
        snapshots.opened(tmp_path, PERSON, date(2026, 11, 26))


@pytest.mark.parametrize("damage", ["cut short", "not parquet", "gone", "other rows"])
def test_a_damaged_file_is_refused(tmp_path, damage):
    made = one_part(tmp_path, [Row(new_id(), None, DAY, {"dibao": True})])
    file = made.folder / made.parts[0].path
    match damage:
        case "cut short":
            file.write_bytes(file.read_bytes()[:-10])
        case "not parquet":
            file.write_bytes(b"{}")
        case "gone":
            file.unlink()
        case _:
            columnar.write(file, [Row(new_id(), None, DAY, {})], PERSON)
    with pytest.raises(SnapshotFaulty):
        made.read(made.parts[0], needed("dibao"))


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"dibao": pa.array(["是"])}, "bool"),
        ({"dibao": pa.array([True]), "household_income_pc": pa.array([float("nan")])}, "decimal128"),
        ({"household_income_pc": pa.array([1])}, "缺少规则用到的列 dibao"),
        ({"dibao": pa.array([True]), "household_income_pc": pa.array([Decimal(10) ** 30])}, "超出范围"),
    ],
)
def test_a_file_of_a_data_platform_with_other_columns_is_refused_by_name(tmp_path, columns, said):
    folder = snapshots.folder_of(tmp_path, PERSON, DAY)
    folder.mkdir(parents=True)
    ids = {"subject_id": pa.array([new_id().bytes], pa.binary(16)), "region": pa.array(["500103"])}
    pq.write_table(pa.table(ids | columns), folder / "theirs.parquet")
    with pytest.raises(SnapshotFaulty) as refused:
        columnar.read(folder / "theirs.parquet", PERSON, needed("dibao", "household_income_pc"))
    assert said in refused.value.message


def test_a_table_read_from_parquet_is_the_one_written(tmp_path):
    rows = [
        Row(
            new_id(),
            "500103",
            DAY,
            {"household_size": 3, "degree": "college", "years_to_retirement": Decimal("2.25")},
        ),
        Row(new_id(), None, DAY, {"children": [], "skill_cert_date": date(1969, 12, 31)}),
        Row(new_id(), "340100", DAY, {"children": [{}, {"child_lawful": False}], "household_size": 70_000}),
    ]
    made = one_part(tmp_path, rows)
    table = made.read(made.parts[0], everything(fact_catalogue.vocabulary(), "person")).table
    assert table.columns["household_size"].values.tolist()[0::2] == [3, 70_000]
    assert table.columns["years_to_retirement"].scale == 100
    assert table.columns["skill_cert_date"].values.tolist()[1] == -1
    assert table.lists["children"].known.tolist() == [False, True, True]
    assert table.lists["children"].offsets.tolist() == [0, 0, 0, 2]
    assert table.regions.known.tolist() == [True, False, True]


def test_columns_in_which_nobody_has_a_value_are_read_as_unknown(tmp_path):
    """A data platform writes them without a type; parts of arrays do not begin at their first bit."""
    flags = pa.array([True, None, False, True, None, True, False, False, True, None, None])[3:]
    columns = {
        "subject_id": pa.array([new_id().bytes for _ in flags], pa.binary(16)),
        "region": pa.nulls(len(flags)).cast(pa.string()),
        "dibao": pa.nulls(len(flags)),
        "veteran": flags,
        "household_size": pa.nulls(len(flags)),
        "degree": pa.nulls(len(flags)),
    }
    pq.write_table(pa.table(columns), tmp_path / "theirs.parquet")
    names = ("dibao", "veteran", "household_size", "degree")
    table = columnar.read(tmp_path / "theirs.parquet", PERSON, needed(*names)).table
    for name in ("dibao", "household_size", "degree"):
        assert not table.columns[name].known.any(), name
    veteran = table.columns["veteran"]
    assert veteran.known.tolist() == flags.is_valid().to_pylist()
    assert veteran.values.tolist() == flags.fill_null(False).to_pylist()  # noqa: FBT003 Arrow's own
    whole = columnar.column(fact_catalogue.vocabulary().fact("person", "veteran"), flags)
    assert (whole.values == veteran.values).all()
    assert (whole.known == veteran.known).all()


def test_old_snapshots_are_discarded_whole(tmp_path):
    one_part(tmp_path, [Row(new_id(), None, DAY, {})])
    one_part(tmp_path, [Row(new_id(), None, DAY, {})], as_of=date(2026, 11, 26))
    assert snapshots.discard(tmp_path, before=date(2026, 11, 26)) == 1
    assert [folder.name for folder in tmp_path.iterdir()] == ["2026-11-26"]
