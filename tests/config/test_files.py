"""The data files say what their sources said, hold together, and are read without guessing."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from config import files

POLICIES = files.read_all("policies")
SERVICES = files.read_all("services")
FACTS = {fact["name"]: fact for fact in files.read("facts")["facts"]}
LISTS = files.read("facts")["lists"]
PARAMS = files.read("params")
WORDS = files.read("vocabularies")
REGIONS = {region["code"]: region for region in files.read("regions")["regions"]}
THEMES = files.read("themes")["themes"]
NOTIFICATIONS = files.read("notifications")
CASES = files.read("worked_cases")

Record = dict[str, Any]


def leaves(node: Any, scope: str) -> Iterator[tuple[str, Record]]:
    """Every leaf of a condition, with the subject whose facts it may name."""
    match node:
        case {"all": list(parts)} | {"any": list(parts)}:
            for part in parts:
                yield from leaves(part, scope)
        case {"not": part}:
            yield from leaves(part, scope)
        case {"list": name, "where": part}:
            yield from leaves(part, name)
        case _:
            yield scope, node


def conditions_of(policy: Record) -> Iterator[tuple[str, Record]]:
    benefit = policy["benefit"]
    yield from leaves(policy["conditions"], policy["audience"])
    for tier in benefit.get("tiers", ()):
        yield from leaves(tier["when"], policy["audience"])
    if "per" in benefit:
        yield from leaves(benefit["per"]["where"], benefit["per"]["list"])


def fields_of(service: Record) -> Iterator[Record]:
    for step in service["form_steps"]:
        for field in step["fields"]:
            yield field
            yield from field.get("item_fields", ())


def test_the_whole_catalogue_is_there() -> None:
    assert len(POLICIES) == 50
    assert Counter(policy["audience"] for policy in POLICIES) == {"person": 32, "enterprise": 18}
    assert len(SERVICES) == 19
    assert sum(len(service["stages"]) for service in SERVICES) == 96
    assert len(FACTS) == 106
    assert len(PARAMS) == 6
    assert len(CASES["cases"]) == 4


@pytest.mark.parametrize("record", [*POLICIES, *SERVICES], ids=lambda record: record["id"])
def test_every_policy_and_service_keeps_its_source_and_how_far_it_was_verified(record: Record) -> None:
    assert set(record["source"]) == {"name", "doc_no", "url", "date"}
    assert record["source"]["name"]
    assert isinstance(record["source"]["date"], date)
    assert record["verification"] in WORDS["verifications"]


def test_how_far_the_policies_were_verified_is_not_made_better_than_it_is() -> None:
    assert Counter(policy["verification"] for policy in POLICIES) == {
        "secondary": 24,
        "memory": 20,
        "primary": 6,
    }
    assert Counter(service["verification"] for service in SERVICES) == {
        "secondary": 9,
        "memory": 5,
        "primary": 5,
    }


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy["id"])
def test_every_condition_names_facts_of_its_own_subject_and_known_params(policy: Record) -> None:
    for scope, leaf in conditions_of(policy):
        fact = FACTS[leaf["fact"]]
        assert fact["subject"] == scope
        if isinstance(leaf["value"], dict):
            assert leaf["value"]["param"] in PARAMS
        elif fact["type"] == "enum":
            members = leaf["value"] if isinstance(leaf["value"], list) else [leaf["value"]]
            assert set(members) <= set(fact["values"])


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy["id"])
def test_every_policy_points_to_things_that_exist(policy: Record) -> None:
    assert policy["region_code"] in REGIONS
    assert policy["mode"] in WORDS["modes"]
    assert policy["benefit"]["type"] in WORDS["benefit_types"]
    assert policy["benefit"]["frequency"] in WORDS["frequencies"]
    assert policy["service_id"] in {service["id"] for service in SERVICES} | {None}
    assert policy.get("implements") in {other["id"] for other in POLICIES} | {None}
    names = set(re.findall(r"[a-z_]\w*", policy["benefit"].get("expr", "")))
    assert names - {"min", "max", "round", "rate"} <= set(FACTS) | set(PARAMS)


@pytest.mark.parametrize("fact", FACTS.values(), ids=lambda fact: fact["name"])
def test_every_fact_says_who_knows_it_and_how_its_values_are_called(fact: Record) -> None:
    assert fact["subject"] in {"person", "enterprise", *LISTS}
    assert fact["how"] == ("ask" if fact["source"] == "本人声明" else "fetch")
    assert fact["how"] == "fetch" or fact["ask"]
    assert fact.get("ask", "？").endswith(("？", "）"))
    if fact["type"] == "enum":
        assert list(fact["labels"]) == fact["values"]
    assert "derived_from" not in fact or "ask" not in fact, "what is derived is not asked; its origin is"


def test_a_fact_that_cannot_apply_says_so_with_facts_of_the_same_subject_and_without_a_circle() -> None:
    conditional = {name: fact["applicable_if"] for name, fact in FACTS.items() if "applicable_if" in fact}
    assert {
        "disability_level",
        "disability_category",
        "unemployed_registered_months",
        "business_months",
    } <= set(conditional)
    for name, condition in conditional.items():
        for scope, leaf in leaves(condition, FACTS[name]["subject"]):
            assert FACTS[leaf["fact"]]["subject"] == scope
            assert leaf["fact"] not in conditional
            assert leaf["op"] != "exists", (
                "exists is never unknown: an unknown prerequisite must stay unknown"
            )


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service["id"])
def test_every_service_uses_only_words_of_the_vocabularies(service: Record) -> None:
    assert service["department"] in WORDS["departments"]
    assert service["item_type"] in WORDS["item_types"]
    assert service["exercise_level"] in WORDS["exercise_levels"]
    assert service["doc_type"] in WORDS["doc_types"]
    assert set(service["handle_scope"]["modes"]) <= set(WORDS["handle_modes"])
    assert set(service["regions"]) <= set(REGIONS)
    assert {stage["dept"] for stage in service["stages"]} <= set(WORDS["departments"])
    assert {material.get("license") for material in service["materials"]} <= set(WORDS["license_types"]) | {
        None
    }
    assert set(service["rating_tags"]["good"]) <= set(WORDS["rating_tags"]["good"])
    assert set(service["rating_tags"]["bad"]) <= set(WORDS["rating_tags"]["bad"])
    for field in fields_of(service):
        assert field["type"] in WORDS["field_types"]
        assert field.get("pattern", "phone") in WORDS["patterns"]
        assert field.get("codeset", "GB/T 4754") in WORDS["codesets"]


def test_every_certificate_that_prefills_a_form_is_a_licence_type() -> None:
    paths = {field["prefill"] for service in SERVICES for field in fields_of(service) if "prefill" in field}
    certificates = {path.split(".")[1] for path in paths if path.startswith("证照.")}
    assert certificates == {"居民户口簿", "残疾人证", "出生医学证明", "营业执照"}
    assert certificates <= set(WORDS["license_types"].values())


def test_the_worked_cases_name_policies_and_facts_that_exist() -> None:
    policies = {policy["id"]: policy for policy in POLICIES}
    for case in CASES["cases"]:
        for name, value in case["facts"].items():
            items = value if isinstance(value, list) else [{name: value}]
            subject = name if isinstance(value, list) else case["subject"]
            assert {FACTS[fact]["subject"] for item in items for fact in item} == {subject}
        assert {policies[policy]["audience"] for policy in case["expect"]} == {case["subject"]}


def test_the_regions_are_one_tree_under_the_nation() -> None:
    assert len(REGIONS) == len(files.read("regions")["regions"])
    for code, region in REGIONS.items():
        assert re.fullmatch(r"\d{6}", code)
        if code == "000000":
            assert region["parent"] is None
            continue
        significant = re.sub(r"(00)+$", "", region["parent"])
        assert region["parent"] in REGIONS
        assert code.startswith(significant)
        assert code != region["parent"]


@pytest.mark.parametrize(
    ("parent", "count"), [("000000", 34), ("500000", 38), ("120000", 16), ("340000", 16), ("340100", 9)]
)
def test_the_levels_called_complete_have_all_their_members(parent: str, count: int) -> None:
    assert sum(region["parent"] == parent for region in REGIONS.values()) == count


def test_every_service_stands_in_a_theme_of_life() -> None:
    themed = {service for theme in THEMES for service in theme["services"]}
    assert themed == {service["id"] for service in SERVICES}
    assert len({theme["id"] for theme in THEMES}) == len(THEMES) == 16


def working_days(calendar: files.CalendarYear) -> int:
    days = [date(calendar.year, 1, 1) + timedelta(days=n) for n in range(365)]
    return sum(
        day in calendar.working_weekends or (day.weekday() < 5 and day not in calendar.off) for day in days
    )


@pytest.mark.parametrize("year", [2025, 2026])
def test_a_year_of_the_official_calendar_has_248_working_days(year: int) -> None:
    calendar = files.read_calendar(year)
    assert working_days(calendar) == 248
    assert all(day.weekday() >= 5 for day in calendar.working_weekends)
    assert not calendar.off & calendar.working_weekends
    assert {day.year for day in calendar.off | calendar.working_weekends} == {year}


def test_the_spring_festival_of_2026_is_the_one_of_the_notice() -> None:
    calendar = files.read_calendar(2026)
    assert {date(2026, 2, day) for day in range(15, 24)} <= calendar.off
    assert {date(2026, 2, 14), date(2026, 2, 28)} <= calendar.working_weekends


def test_a_year_without_a_calendar_is_an_error_that_names_the_file() -> None:
    with pytest.raises(files.DataFileError, match=r"config/calendar/2031\.yaml"):
        files.read_calendar(2031)


KEY_RULES = {
    "thing": r".{1,20}",
    "phrase": r"[\u4e00-\u9fff]{1,5}",
    "time": r"\d{4}年\d{1,2}月\d{1,2}日 \d{2}:\d{2}",
    "date": r"\d{4}年\d{1,2}月\d{1,2}日",
}


@pytest.mark.parametrize(
    "template", NOTIFICATIONS["templates"].values(), ids=NOTIFICATIONS["templates"].keys()
)
def test_every_template_has_two_to_five_fields_whose_examples_wechat_would_take(template: Record) -> None:
    assert 2 <= len(template["fields"]) <= 5
    assert template["type"] in {"one_time", "long_term"}
    assert re.fullmatch(r"pages/[a-z]+/[a-z]+", template["page"])
    for key, field in template["fields"].items():
        kind = re.fullmatch(r"([a-z]+)\d+", key)
        assert kind
        assert re.fullmatch(KEY_RULES[kind[1]], field["example"])


def test_a_long_term_template_tells_the_same_on_the_same_pages_in_some_of_the_fields() -> None:
    templates = NOTIFICATIONS["templates"]
    pairs = [(one, templates[one["long_term"]]) for one in templates.values() if "long_term" in one]
    assert pairs
    for once, always in pairs:
        assert (once["type"], always["type"]) == ("one_time", "long_term")
        assert (always["page"], always["page_params"]) == (once["page"], once["page_params"])
        assert set(always["fields"]) <= set(once["fields"])
        assert ("digest" in always) == ("digest" in once)


def test_a_moment_asks_for_at_most_three_templates_of_one_type() -> None:
    for moment in NOTIFICATIONS["moments"].values():
        asked = [NOTIFICATIONS["templates"][key] for key in moment["templates"]]
        assert 1 <= len(asked) <= 3
        assert len({template["type"] for template in asked}) == 1
    offered = {key for moment in NOTIFICATIONS["moments"].values() for key in moment["templates"]}
    assert offered == set(NOTIFICATIONS["templates"]), "a template nobody is ever asked for can never be sent"


def test_no_key_of_any_file_was_taken_for_a_truth_value_or_a_number() -> None:
    def keys(node: Any) -> Iterator[Any]:
        if isinstance(node, dict):
            yield from node
        for part in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
            yield from keys(part)

    for path in files.FOLDER.rglob("*.yaml"):
        name = path.relative_to(files.FOLDER).with_suffix("").as_posix()
        assert {type(key) for key in keys(files.read(name))} == {str}, name


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("a: 1\nb: [1\n", 3, "expected"),
        ("a: 1\nb: 2\na: 3\n", 3, "stands twice"),
        ("- 1\n", 1, "a mapping was expected"),
    ],
    ids=["broken", "a key twice", "a list"],
)
def test_an_error_names_the_file_and_the_line(tmp_path: Path, text: str, line: int, reason: str) -> None:
    (tmp_path / "facts.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(files.DataFileError, match=reason) as caught:
        files.read("facts", root=tmp_path)
    assert (caught.value.file, caught.value.line) == ("facts.yaml", line)
    assert str(caught.value).startswith(f"config/facts.yaml, line {line}: ")


def test_a_record_that_does_not_bear_the_name_of_its_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "one.yaml").write_text("id: two\n", encoding="utf-8")
    with pytest.raises(files.DataFileError, match="the file name says 'one'"):
        files.read_all("policies", root=tmp_path)


def test_a_file_that_is_not_text_is_refused_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "facts.yaml").write_bytes(b"a: \xff\xfe\n")
    with pytest.raises(files.DataFileError, match=r"config/facts\.yaml: cannot be read"):
        files.read("facts", root=tmp_path)
