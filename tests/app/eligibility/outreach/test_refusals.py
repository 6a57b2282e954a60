"""Deliveries that must not be applied: each says why in its row, in Chinese, and nothing of it is applied."""

import json
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.eligibility.outreach import inspection, taking
from app.eligibility.outreach.errors import ManifestMissing
from app.eligibility.outreach.types import Override
from app.eligibility.population.running import ANSWERS
from app.residents import columnar, snapshots
from app.residents.columnar import Row
from tests.app.eligibility.outreach.conftest import (
    DAY,
    HERE,
    NEXT,
    NOBODY,
    PERSON,
    elder,
    index_of,
    listed,
    rows,
)

ONE, TWO = "500103194003075106", "500103194003075114"


def rewritten(platform, change, day=DAY):
    """Let the platform deliver the same file with other columns, its manifest in order."""
    folder = snapshots.folder_of(platform.folders.deliveries, PERSON, day)
    (path,) = sorted(folder.rglob("*.parquet"))
    pq.write_table(change(pq.read_table(path, partitioning=None)), path)
    part = snapshots.PartFile(
        str(path.relative_to(folder)), pq.read_metadata(path).num_rows, snapshots._digest(path)
    )
    snapshots.finish(folder, PERSON, day, [part])


def replacing(name, values):
    def change(table):
        return table.set_column(table.column_names.index(name), name, values)

    return change


def adding(name, values):
    return lambda table: table.append_column(name, values)


BAD = {
    "a column that is no fact": (
        adding("id_number", pa.array([ONE])),
        "delivery.foreign_column",
        "id_number",
    ),
    "a name in clear": (adding("name", pa.array(["刘桂芳"])), "delivery.foreign_column", "姓名"),
    "a column that is missing": (lambda t: t.drop_columns(["birth_date"]), "snapshot.faulty", "birth_date"),
    "no community at all": (
        lambda t: t.drop_columns(["residence_community"]),
        "snapshot.faulty",
        "residence_community",
    ),
    "a number that is none": (
        replacing("household_income_pc", pa.array([float("nan")])),
        "snapshot.faulty",
        "decimal128",
    ),
    "a text instead of yes or no": (replacing("tekun", pa.array(["否"])), "snapshot.faulty", "tekun"),
    "a level beyond the catalogue": (
        replacing("disability_level", pa.array([9])),
        "delivery.foreign_value",
        "disability_level",
    ),
    "a birth to come": (
        replacing("birth_date", pa.array([date(2026, 6, 20)])),
        "delivery.foreign_value",
        "出生日期",
    ),
    "a birth before all memory": (
        replacing("birth_date", pa.array([date(1799, 1, 1)])),
        "delivery.foreign_value",
        "birth_date",
    ),
    "a region nobody knows": (replacing("region", pa.array(["999999"])), "delivery.foreign_region", "999999"),
    "a community of no district": (
        replacing("residence_community", pa.array(["999999002003"])),
        "delivery.foreign_region",
        "999999002003",
    ),
    "a community of six digits": (
        replacing("residence_community", pa.array(["500103"])),
        "delivery.foreign_region",
        "residence_community",
    ),
    "somebody without an index": (
        replacing("subject_id", pa.array([None], pa.binary(16))),
        "snapshot.faulty",
        "没有编号",
    ),
    "somebody twice": (lambda t: pa.concat_tables([t, t]), "delivery.person_twice", "去重"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_delivery_with_wrong_content_is_refused_and_nothing_of_it_applied(platform, grid_worker, name):
    change, code, said = BAD[name]
    platform.deliver({ONE: elder()})
    rewritten(platform, change)
    assert platform.take() == [("refused", code)]
    ((message,),) = rows("SELECT error_message FROM eligibility_delivery")
    assert said in message
    assert listed(grid_worker()) == []
    assert platform.take() == [("refused", code)], "it is said once"
    assert len(rows("SELECT 1 FROM audit_entry WHERE action = 'delivery.refused'")) == 1


def test_a_code_outside_the_catalogue_is_refused_not_taken_for_unknown(platform):

    platform.deliver({ONE: elder(nationality="CHN")})
    rewritten(platform, replacing("nationality", pa.array(["CHINA"])))
    snapshot = snapshots.opened(platform.folders.deliveries, PERSON, DAY)
    needed = columnar.Needed(frozenset({"nationality", "residence_community"}), {})
    with pytest.raises(inspection.ForeignValue) as refused:
        inspection.inspect(snapshot, needed, last=None, fewer_meant=False)
    assert "CHINA" in refused.value.message


@pytest.mark.parametrize("damage", ["cut short", "gone", "another file"])
def test_a_file_that_is_not_the_manifests_is_refused(platform, damage):
    made = platform.deliver({ONE: elder()})
    file = made.folder / made.parts[0].path
    match damage:
        case "cut short":
            file.write_bytes(file.read_bytes()[:-9])
        case "gone":
            file.unlink()
        case _:
            columnar.write(file, [Row(UUID(bytes=index_of(TWO)), HERE, DAY, elder())], PERSON)
    assert platform.take() == [("refused", "snapshot.faulty")]


@pytest.mark.parametrize("manifest", [b"{", b"[]", b'{"format": 9, "scope": "person", "parts": []}'])
def test_a_manifest_that_nobody_can_read_is_refused(platform, manifest):
    made = platform.deliver({ONE: elder()})
    (made.folder / snapshots.MANIFEST).write_bytes(manifest)
    assert platform.take() == [("refused", "snapshot.faulty")]


@pytest.mark.parametrize("place", ["/tmp/part-0.parquet", "../part-0.parquet"])  # noqa: S108 nothing is written
def test_a_manifest_that_leads_out_of_its_folder_is_refused(platform, place):
    made = platform.deliver({ONE: elder()})
    path = made.folder / snapshots.MANIFEST
    said = json.loads(path.read_text())
    said["parts"][0]["path"] = place
    path.write_text(json.dumps(said))
    assert platform.take() == [("refused", "snapshot.faulty")]


def test_a_manifest_of_another_day_is_refused(platform):
    made = platform.deliver({ONE: elder()})
    path = made.folder / snapshots.MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text()) | {"as_of": "2026-06-01"}))
    assert platform.take() == [("refused", "snapshot.another_day")]


def test_a_folder_without_a_manifest_is_being_written_and_overdue_after_some_hours(platform, clock):
    made = platform.deliver({ONE: elder()})
    (made.folder / snapshots.MANIFEST).unlink()
    clock.set(datetime.fromtimestamp(made.folder.stat().st_mtime, UTC))
    assert platform.take() == []
    clock.advance(hours=7)
    assert platform.take() == [("refused", "delivery.no_manifest")]
    snapshots.finish(made.folder, PERSON, DAY, made.parts)
    assert platform.take() == [("refused", "delivery.no_manifest"), ("applied", None)]


def test_a_day_that_has_not_come_waits_for_nobody(platform):
    platform.deliver({ONE: elder()}, NEXT + timedelta(days=1))
    platform.deliver({TWO: elder()}, DAY)
    assert platform.take() == [("refused", "delivery.future_day"), ("applied", None)]


def test_a_second_delivery_of_a_day_is_refused(platform, grid_worker):
    platform.deliver({ONE: elder()})
    platform.take()
    platform.deliver({ONE: elder(), TWO: elder()})
    assert platform.take() == [("applied", None), ("refused", "delivery.second_of_a_day")]
    assert len(listed(grid_worker())) == 1


def test_an_older_day_is_not_taken_after_a_newer_one(platform):
    platform.deliver({ONE: elder()}, NEXT)
    platform.take()
    platform.deliver({TWO: elder()}, DAY)
    assert platform.take() == [("applied", None)]
    taking.take_day(DAY, platform.folders)
    assert platform.take()[-1] == ("refused", "delivery.older")


def crowd(number):
    return {f"person-{place}": NOBODY for place in range(number)}


def test_a_tenth_of_the_people_is_refused_until_an_operator_says_that_it_is_meant(platform, grid_worker):
    platform.deliver(crowd(20) | {ONE: elder()})
    platform.take()
    platform.deliver({ONE: NOBODY, TWO: elder()}, NEXT)
    assert platform.take()[-1] == ("refused", "delivery.too_few")
    ((message,),) = rows("SELECT error_message FROM eligibility_delivery WHERE error_code IS NOT NULL")
    assert ("2人" in message, "21人" in message, "--accept-fewer" in message) == (True, True, True)
    assert len(listed(grid_worker())) == 1
    taking.take_day(NEXT, platform.folders, override=Override("luowen", "试点区划调整"))
    assert platform.take()[-1] == ("applied", None)
    assert rows("SELECT override_by, override_reason FROM eligibility_delivery ORDER BY id")[-1] == (
        "luowen",
        "试点区划调整",
    )
    assert [one["result"] for one in listed(grid_worker(), closed=True)] == ["not_entitled"]
    (entry,) = rows("SELECT actor_id FROM audit_entry WHERE action = 'delivery.overridden'")
    assert entry == ("command.luowen",)


def test_without_the_last_result_there_is_nothing_to_compare_with(platform):
    platform.deliver({ONE: elder()})
    platform.take()
    (answers,) = platform.folders.results.glob(f"*/{ANSWERS}")
    answers.rename(answers.with_name("lost"))
    platform.deliver({ONE: elder()}, NEXT)
    assert platform.take()[-1][0] == "refused"


def test_a_day_that_is_not_there_is_no_delivery(platform):
    with pytest.raises(ManifestMissing):
        taking.take_day(DAY, platform.folders)
    assert platform.take() == []
