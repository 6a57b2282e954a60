"""Every service of the catalogue, from draft to conclusion, through all the departments that have a stage."""

import pytest
import yaml

from app.applications import automatic
from config import files
from tests.blueprints.applications.errands import Desk
from tests.blueprints.applications.filling import Filling

REGIONS = {"svc-elder-allowance": "500103", "svc-public-rental": "500103"}
ENTERPRISES = {"svc-ui-rebate", "svc-job-expansion"}
DECIDED_BY_MACHINE = {"svc-medical-remote"}
"""Where the machine has the only word; it confirms for this applicant, and else could only hand over."""
ONE_THINGS = {"svc-newborn", "svc-enterprise-start", "svc-retire", "svc-afterlife"}
SERVICES = sorted(path.stem for path in (files.FOLDER / "services").glob("*.yaml"))


def all_after(stages, name):
    """What follows a stage, directly or not."""
    found = {s["id"] for s in stages if name in s["after"]}
    return found.union(*(all_after(stages, one) for one in found))


def is_an_item(stage):
    return stage["id"] != "accept" and stage.get("clock") != "excluded" and not stage.get("auto")


def written(service):
    return yaml.safe_load((files.FOLDER / "services" / f"{service}.yaml").read_text(encoding="utf-8"))


class Office:
    """All the departments of the country, an officer each."""

    def __init__(self, sign_in):
        self.sign_in, self.desks = sign_in, {}

    def desk(self, department):
        if department not in self.desks:
            officer = self.sign_in.officer(department=department, region_code="000000")
            self.desks[department] = Desk(officer)
        return self.desks[department]

    def lead(self, case):
        return self.desk(case["department"])

    def open_stages(self, case):
        departments = {stage["department"] for stage in case["stages"] if stage["state"] == "open"}
        return [
            (self.desk(department), stage)
            for department in sorted(departments)
            for stage in self.desk(department).stages(case["id"])
        ]

    def handle(self, errand, *, refuse=(), decision="approve"):
        """Let everybody do what is theirs until nobody has anything to do."""
        for _ in range(30):
            automatic.advance_due()
            case = errand.read()
            yours = [stage for stage in case["stages"] if stage["yours"]]
            tasks = self.open_stages(case)
            if case["status"] == "submitted":
                self.lead(case).decide(case["id"], "accept")
            elif yours:
                url = f"{errand.url}/stages/{yours[0]['id']}/confirmation"
                assert errand.client.post(url).status_code == 200
            elif tasks:
                desk, stage = tasks[0]
                refused = stage["stage_id"] in refuse
                reply = desk.end(
                    stage, "refused" if refused else "passed", reason="不符合条件" if refused else ""
                )
                assert reply.status_code == 200, reply.json
            else:
                allowed = self.lead(case).read(case["id"])["allowed_actions"]
                if decision not in allowed:
                    return case
                reply = self.lead(case).post(
                    case["id"], decision, reason="" if decision == "approve" else "不符合条件"
                )
                assert reply.status_code == 200, reply.json
        raise AssertionError("the case never ends")


@pytest.fixture
def office(sign_in):
    return Office(sign_in)


@pytest.fixture
def apply(verified, registries, clamd):
    """`apply("svc-dibao")`: an application, filled in and submitted."""

    def begin(service, **wishes):
        person = verified("hefei_owner")
        region = REGIONS.get(service, "340100" if "340000" in written(service)["regions"] else "500103")
        subject = None
        if service in ENTERPRISES:
            person.client.post("/api/v1/me/facts/refresh", json={})
            items = person.client.get("/api/v1/me/subjects").json["items"]
            subject = next(one["id"] for one in items if one["kind"] == "enterprise")
        errand = Filling(person, service, region, subject=subject, **wishes)
        errand.submitted()
        return errand

    return begin


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_runs_from_draft_to_conclusion(service, apply, office) -> None:
    errand = apply(service)
    case = office.handle(errand)
    assert case["status"] == "approved", case["stages"]
    assert {stage["state"] for stage in case["stages"]} <= {"passed", "cancelled"}
    assert any(stage["state"] == "passed" for stage in case["stages"])
    planned = {stage["id"] for stage in written(service)["stages"]}
    assert {stage["id"] for stage in case["stages"]} <= planned
    assert errand.timeline()[-1]["kind"] in {"approved", "stage_ended"}


@pytest.mark.parametrize("service", sorted(set(SERVICES) - ONE_THINGS))
def test_every_service_is_supplemented_and_then_refused(service, apply, office) -> None:
    errand = apply(service)
    automatic.advance_due()
    lead = office.lead(errand.read())
    if "request_supplement" in lead.read(errand.id)["allowed_actions"]:
        assert lead.decide(errand.id, "request_supplement", items=["请补充说明"]) == "supplement"
        assert errand.supplement(note="已补充").status_code == 200
    case = office.handle(
        errand, refuse={stage["id"] for stage in written(service)["stages"]}, decision="reject"
    )
    if service == "svc-medical-remote" and case["status"] == "approved":
        return  # nobody but the machine has a word, and it confirms or hands over
    assert case["status"] == "rejected"
    assert {stage["state"] for stage in case["stages"]} <= {"passed", "refused", "cancelled"}
    assert "行政复议" in errand.timeline()[-1]["next"]


@pytest.mark.parametrize("service", sorted(ONE_THINGS))
def test_a_refused_item_hides_none_of_the_others(service, apply, office) -> None:
    """The last item is refused, and what follows it cancelled; the others are done, the whole ends."""
    stages = written(service)["stages"]
    needed = [s["id"] for s in stages if is_an_item(s) and "when" not in s]
    refused = (needed or [s["id"] for s in stages if is_an_item(s)])[-1]
    if len(needed) == 1:  # 企业开办: without the licence there is nothing to do
        refused = "social"
    errand = apply(service)
    case = office.handle(errand, refuse={refused})
    states = {stage["id"]: stage["state"] for stage in case["stages"]}
    followers = all_after(stages, refused) & set(states)
    assert case["status"] == "approved"
    assert states[refused] == "refused"
    assert {states[name] for name in followers} <= {"cancelled"}
    assert {states[name] for name in set(states) - followers - {refused}} == {"passed"}
    ended = [entry["text"] for entry in errand.timeline() if entry["kind"] == "stage_ended"]
    name = next(s["name"] for s in stages if s["id"] == refused)
    assert [text for text in ended if f"“{name}”未通过" in text and "不符合条件" in text]
    if refused in needed:
        concluded = next(entry["text"] for entry in errand.timeline() if entry["kind"] == "approved")
        assert f"“{name}”" in concluded


@pytest.mark.parametrize("service", sorted(ONE_THINGS))
def test_a_matter_whose_every_item_was_refused_is_refused(service, apply, office) -> None:
    errand = apply(service)
    case = office.handle(errand, refuse={stage["id"] for stage in written(service)["stages"]})
    assert case["status"] == "rejected"
    assert not [s for s in case["stages"] if s["state"] in {"open", "waiting"}]
