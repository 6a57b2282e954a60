"""Loading config/ into the catalogue: checked as a whole, once per content, kept for its cases."""

import shutil
from copy import deepcopy

import pytest
import yaml
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.catalogue import checks, edition, loading, queries
from app.catalogue.errors import CatalogueRefused
from app.catalogue.reading import read_service
from app.catalogue.vocabulary import words
from app.foundation.transaction import atomic
from config import files

ELDER = next(one for one in files.read_all("services") if one["id"] == "svc-elder-allowance")


@pytest.fixture(autouse=True)
def fresh_edition():
    edition.forget()
    yield
    edition.forget()


@pytest.fixture
def root(tmp_path):
    """A copy of config/ that a test may change."""
    shutil.copytree(files.FOLDER / "services", tmp_path / "services")
    shutil.copy(files.FOLDER / "themes.yaml", tmp_path)
    return tmp_path


def change(root, service_id, **changes):
    path = root / "services" / f"{service_id}.yaml"
    raw = yaml.safe_load(path.read_text(encoding="utf-8")) | changes
    path.write_text(yaml.safe_dump(raw, allow_unicode=True), encoding="utf-8")


def load(**where):
    with atomic():
        return loading.load(**where)


def test_all_services_of_the_release_are_published(session) -> None:
    report = load()
    assert len(report.published) == 19
    assert all(version == 1 for _, version in report.published)
    assert {listing.item.id for listing in queries.everything()} == {one[0] for one in report.published}


def test_loading_twice_changes_nothing(session) -> None:
    load()
    before = queries.catalogue_version()
    again = load()
    assert (again.published, again.withdrawn, again.unchanged) == ((), (), 19)
    assert queries.catalogue_version() == before


def test_a_changed_file_is_a_new_version_and_the_old_one_stays_for_its_cases(session, root) -> None:
    load(root=root)
    before = queries.catalogue_version()
    change(root, "svc-dibao", name="最低生活保障申请（新）")
    assert load(root=root).published == (("svc-dibao", 2),)
    assert queries.catalogue_version() > before
    assert queries.service("svc-dibao").version == 2
    old = queries.service("svc-dibao", 1)
    assert (old.version, old.name) == (1, "最低生活保障申请")
    assert queries.service("svc-dibao", 3) is None


def test_going_back_to_an_old_content_is_a_version_of_its_own(session, root) -> None:
    load()
    change(root, "svc-dibao", name="改名")
    load(root=root)
    assert load().published == (("svc-dibao", 3),)


def test_a_file_that_is_gone_withdraws_its_service(session, root) -> None:
    load(root=root)
    (root / "services" / "svc-dibao.yaml").unlink()
    themes = (root / "themes.yaml").read_text(encoding="utf-8").replace("svc-dibao, ", "")
    (root / "themes.yaml").write_text(themes, encoding="utf-8")
    assert load(root=root).withdrawn == ("svc-dibao",)
    assert queries.service("svc-dibao") is None
    assert queries.service("svc-dibao", 1) is not None


def test_a_new_arrangement_of_themes_alone_is_a_new_edition(session, root) -> None:
    load(root=root)
    before = queries.catalogue_version()
    themes = (root / "themes.yaml").read_text(encoding="utf-8").replace("name: 身后", "name: 身后事")
    (root / "themes.yaml").write_text(themes, encoding="utf-8")
    assert load(root=root).published == ()
    assert queries.catalogue_version() > before
    assert "身后事" in {theme.name for theme in queries.themes()}


def test_every_fault_of_every_file_is_told_and_nothing_is_published(session, root) -> None:
    change(root, "svc-dibao", visits=2)
    change(root, "svc-retire", department="99")
    with pytest.raises(CatalogueRefused) as caught:
        load(root=root)
    assert {"svc-dibao.visit_reason", "svc-retire.department"} <= set(caught.value.errors)
    assert queries.everything() == ()


def test_a_theme_that_names_no_service_is_refused(session, root) -> None:
    (root / "services" / "svc-dibao.yaml").unlink()
    with pytest.raises(CatalogueRefused) as caught:
        load(root=root)
    assert "themes.person-assistance" in caught.value.errors


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE catalogue_service SET body = '{}' WHERE id = 'svc-dibao'",
        "UPDATE catalogue_service SET status = 'draft' WHERE id = 'svc-dibao'",
        "DELETE FROM catalogue_service WHERE id = 'svc-dibao'",
        (
            "INSERT INTO catalogue_service SELECT (jsonb_populate_record(one, '{\"version\": 2}')).*"
            " FROM catalogue_service AS one WHERE id = 'svc-dibao'"
        ),
    ],
    ids=["content", "back to draft", "delete", "two published"],
)
def test_the_database_itself_keeps_what_was_published(session, statement) -> None:
    load()
    with pytest.raises(DBAPIError, match=r"a published version|uq_catalogue_service_published"):
        session.execute(text(statement))


def test_two_loads_at_once_publish_every_service_once(together) -> None:
    reports = together(lambda _: load(), times=3)
    assert sorted(len(report.published) for report in reports) == [0, 0, 19]


WRONG = {
    "promise longer than the law": (
        "promised_limit.days",
        {"promised_limit": {"days": 31, "unit": "工作日"}},
    ),
    "promise counted otherwise": ("promised_limit.unit", {"promised_limit": {"days": 5, "unit": "自然日"}}),
    "stages longer than the promise": (
        "promised_limit.days",
        {"promised_limit": {"days": 9, "unit": "工作日"}},
    ),
    "a visit without a reason": ("visit_reason", {"visits": 1}),
    "no visit and no way without": (
        "visits",
        {"handle_scope": {"modes": ["窗口办理"], "通办范围": "全市"}},
    ),
    "a fee without basis": ("fee.basis", {"fee": {"charged": True, "online_pay": True}}),
    "a fee without items": ("fee.items", {"fee": {"charged": True, "basis": "x", "online_pay": True}}),
    "nothing to pay, payable online": ("fee.online_pay", {"fee": {"charged": False, "online_pay": True}}),
    "a code of another department": ("basic_code", {"basic_code": "000509900001"}),
    "a region nobody knows": ("regions", {"regions": ["999999"]}),
    "a mode nobody knows": (
        "handle_scope.modes",
        {"handle_scope": {"modes": ["全程网办", "上门"], "通办范围": "x"}},
    ),
    "a tag nobody knows": ("rating_tags.good", {"rating_tags": {"good": ["best"], "bad": []}}),
    "no stages": ("stages", {"stages": []}),
    "an attribute nobody knows": ("hotline", {"hotline": "12345"}),
    "text for a number": ("visits", {"visits": "0"}),
    "a form with a fault": (
        "form_steps[0].fields[0].type",
        {"form_steps": [{"title": "x", "fields": [{"key": "a", "label": "a", "type": "b"}]}]},
    ),
}


@pytest.mark.parametrize(("path", "changes"), WRONG.values(), ids=WRONG.keys())
def test_a_service_that_does_not_hold_together_is_refused_with_its_path(path, changes) -> None:
    with pytest.raises(CatalogueRefused) as caught:
        read_service(ELDER | changes, version=1, words=words())
    assert f"svc-elder-allowance.{path}" in caught.value.errors


def stages(**changes):
    changed = deepcopy(ELDER["stages"])
    for name, value in changes.items():
        next(stage for stage in changed if stage["id"] == name).update(value)
    return changed


@pytest.mark.parametrize(
    ("path", "changed"),
    [
        ("stages", stages(accept={"after": ["decide"]})),
        ("stages[1].after", stages(check={"after": ["nobody"]})),
        ("stages[1].id", stages(check={"id": "accept"})),
        ("stages[1].dept", stages(check={"dept": "99"})),
        ("stages[1].limit_days", stages(check={"limit_days": 0})),
        ("stages[1].when.field", stages(check={"when": {"field": "nobody", "op": "eq", "value": 1}})),
    ],
    ids=["circle", "after nobody", "twice", "department", "no days", "condition"],
)
def test_stages_that_do_not_hold_together_are_refused(path, changed) -> None:
    with pytest.raises(CatalogueRefused) as caught:
        read_service(ELDER | {"stages": changed}, version=1, words=words())
    assert f"svc-elder-allowance.{path}" in caught.value.errors


def test_what_an_administrator_should_look_at_does_not_stop_publication() -> None:
    flexible = next(one for one in files.read_all("services") if one["id"] == "svc-flexible")
    item = read_service(flexible, version=1, words=words())
    assert {fault.path for fault in checks.notices(item.content)} == {"promised_limit.days", "verification"}
