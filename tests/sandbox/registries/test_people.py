"""The demo people and enterprises are well-formed, fictional, and those of the worked cases."""

import re
from collections import Counter
from datetime import date
from typing import Any

import pytest
from stdnum.cn import ric, uscc

from config import files
from sandbox.registries.identifiers import id_number_ok, masked, uscc_ok
from sandbox.registries.people import Register

REGISTER = Register()
SUBJECTS = {subject.public["key"]: subject for subject in REGISTER.everybody()}
PEOPLE = [subject for subject in SUBJECTS.values() if "id_number" in subject.public]
ENTERPRISES = [subject for subject in SUBJECTS.values() if "uscc" in subject.public]
CATALOGUE = files.read("facts")
FACTS = {fact["name"]: fact for fact in CATALOGUE["facts"]}
CASES = {case["name"]: case for case in files.read("worked_cases")["cases"]}
SLUGS = {source: slug for slug, entry in REGISTER.departments.items() for source in entry["sources"]}


def known(key: str) -> dict[str, Any]:
    records = SUBJECTS[key].records.values()
    return {name: value for record in records for name, value in (record.facts | record.lists).items()}


def months(born: str, on: date) -> int:
    birth = date.fromisoformat(born)
    return (on.year - birth.year) * 12 + on.month - birth.month - (on.day < birth.day)


def test_there_are_people_and_enterprises_enough_to_show_everything() -> None:
    assert len(PEOPLE) == 13
    assert len(ENTERPRISES) == 3
    assert all(subject.public["shows"] for subject in SUBJECTS.values())
    assert Counter(person.public["subscription_credit"] for person in PEOPLE) == {1: 12, 0: 1}


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.public["key"])
def test_every_id_number_has_the_right_check_digit_birth_date_and_sex(person: Any) -> None:
    assert id_number_ok(person.identifier)
    assert ric.calc_check_digit(person.identifier) == person.identifier[-1]
    facts = known(person.public["key"])
    assert person.identifier[6:14] == facts["birth_date"].replace("-", "")
    assert facts["gender"] == ("1" if int(person.identifier[16]) % 2 else "2")


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.public["key"])
def test_every_person_can_log_in_and_be_called(person: Any) -> None:
    assert re.fullmatch(r"o[A-Za-z0-9_-]{27}", person.public["openid"])
    assert re.fullmatch(r"1[3-9]\d{9}", person.public["phone"])


def test_no_two_people_share_an_openid_a_phone_or_a_number() -> None:
    for name in ("key", "openid", "phone", "id_number"):
        assert len({person.public[name] for person in PEOPLE}) == len(PEOPLE)


@pytest.mark.parametrize("enterprise", ENTERPRISES, ids=lambda enterprise: enterprise.public["key"])
def test_every_enterprise_has_a_right_code_and_a_representative_who_holds_its_licence(
    enterprise: Any,
) -> None:
    assert uscc_ok(enterprise.identifier)
    assert uscc.is_valid(enterprise.identifier)
    representative = enterprise.public["representative"]
    licences = REGISTER.certificates(representative, "营业执照")
    assert enterprise.identifier in {licence["fields"]["统一社会信用代码"] for licence in licences}


def test_a_number_with_a_wrong_digit_anywhere_is_seen() -> None:
    good = SUBJECTS["yuzhong_elder"].identifier
    wrong = {good[:place] + str((int(good[place]) + 1) % 10) + good[place + 1 :] for place in range(17)}
    assert not any(id_number_ok(number) for number in wrong)
    code = ENTERPRISES[0].identifier
    assert not any(
        uscc_ok(code[:place] + ("0" if code[place] != "0" else "1") + code[place + 1 :])
        for place in range(18)
    )


def test_every_department_answers_only_for_facts_of_its_own() -> None:
    for subject in SUBJECTS.values():
        for slug, record in subject.records.items():
            assert date.fromisoformat(record.as_of) <= date(2026, 11, 23)
            assert {SLUGS[FACTS[name]["source"]] for name in record.facts} <= {slug}
            assert {SLUGS[CATALOGUE["lists"][name]["source"]] for name in record.lists} <= {slug}


def test_every_source_of_the_fact_catalogue_but_the_person_has_one_department() -> None:
    sources = {fact["source"] for fact in FACTS.values()} | {
        entry["source"] for entry in CATALOGUE["lists"].values()
    }
    assert sources - set(SLUGS) == {"本人声明"}
    assert len(SLUGS) == sum(len(entry["sources"]) for entry in REGISTER.departments.values())


KINDS = {"bool": bool, "int": int, "decimal": (int, float), "date": str, "enum": str, "region": str}


def test_every_value_on_record_is_of_the_type_the_catalogue_gives() -> None:
    regions = {region["code"] for region in files.read("regions")["regions"]}
    for subject in SUBJECTS.values():
        for record in subject.records.values():
            items = [item for rows in record.lists.values() for item in rows]
            for name, value in [pair for part in (record.facts, *items) for pair in part.items()]:
                fact = FACTS[name]
                assert isinstance(value, KINDS[fact["type"]]), name
                assert isinstance(value, bool) == (fact["type"] == "bool"), name
                assert value in fact.get("values", [value]), name
                assert fact["type"] != "region" or value in regions, name


@pytest.mark.parametrize(
    ("key", "case"),
    [
        ("yuzhong_elder", "渝中区82岁老人，低保，二级残疾，中度失能"),
        ("tianjin_level_unknown", "天津残疾等级未知（应为unknown而不是false）"),
        ("hefei_trading", "小规模纳税人月销售9万元，利润80万元"),
    ],
)
def test_the_facts_of_a_worked_case_are_on_record(key: str, case: str) -> None:
    expected = {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in CASES[case]["facts"].items()
    }
    assert expected.items() <= known(key).items()


@pytest.mark.parametrize("key", ["chongqing_mother", "chongqing_father"])
def test_the_parents_of_the_worked_case_have_its_two_children(key: str) -> None:
    case = CASES["重庆父母，两个孩子（14个月和50个月）"]["facts"]
    facts = known(key)
    assert {"is_guardian": True, "iit_comprehensive_income": True}.items() <= facts.items()
    for child, expected in zip(facts["children"], case["children"], strict=True):
        derived = child | {"age_months": months(child["child_birth_date"], date(2026, 11, 23))}
        assert expected.items() <= derived.items()


def test_the_level_that_must_stay_unknown_is_nowhere_on_record() -> None:
    for key in ("yuzhong_elder_level_unknown", "tianjin_level_unknown"):
        assert known(key)["disability_cert_valid"] is True
        assert "disability_level" not in known(key)
        [certificate] = REGISTER.certificates(SUBJECTS[key].identifier, "残疾人证")
        assert "等级" not in certificate["fields"]


def test_everything_that_prefills_a_form_is_held_for_somebody() -> None:
    services = files.read_all("services")
    paths = {
        (field["prefill"], field["key"])
        for service in services
        for step in service["form_steps"]
        for field in step["fields"]
        if "prefill" in field
    }
    papers = {
        f"证照.{REGISTER.certificate_types[paper['type']]}.{name}"
        for subject in SUBJECTS.values()
        for paper in subject.certificates
        for name in paper["fields"]
    }
    shares = {
        (f"共享.{source}.{share}", field)
        for subject in SUBJECTS.values()
        for slug, record in subject.records.items()
        for source in REGISTER.departments[slug]["sources"]
        for share, fields in record.shares.items()
        for field in fields
    }
    assert {path for path, _ in paths if path.startswith("证照.")} <= papers
    wanted = {(path, field) for path, field in paths if path.startswith("共享.")}
    nobody_died = {("共享.卫健.死亡证明", "dead_name"), ("共享.卫健.死亡证明", "dead_date")}
    assert wanted - shares == nobody_died


def test_the_certificate_types_are_those_of_the_vocabulary() -> None:
    assert REGISTER.certificate_types == files.read("vocabularies")["license_types"]


@pytest.mark.parametrize("value", ["500103194403019023", "91500103MADEM5X159", "123"])
def test_a_masked_identifier_does_not_show_birth_date_or_serial(value: str) -> None:
    assert value[3:-2] not in masked(value) or value == "123"
    assert len(masked(value)) == len(value)
    assert masked("123") == "***"
