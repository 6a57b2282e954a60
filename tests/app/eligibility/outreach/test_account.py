"""What came of a delivery: region by region, and no small number for those whose region it is not."""

from app.identity.types import Role
from tests.app.eligibility.outreach.conftest import NEXT, close, elder, listed
from tests.app.eligibility.outreach.test_visits import FOUR, ONE, THREE, TWO

PATH = "/api/v1/staff/deliveries"
FIVE, SIX = "500103194003075149", "500103194003075157"
NEIGHBOUR = {"residence_region": "500105", "residence_community": "500105001001"}


def account(client):
    (delivery,) = client.get(PATH).json["items"]
    shown = client.get(f"{PATH}/{delivery['id']}")
    assert shown.status_code == 200
    return {region["region_code"]: region for region in shown.json["regions"]}


def test_a_delivery_accounts_for_everybody_by_region(platform, grid_worker, operator, verified):
    verified(TWO)
    here = {number: elder() for number in (ONE, TWO, THREE, FOUR, FIVE)}
    platform.deliver({**here, SIX: elder(**NEIGHBOUR)})
    platform.take()
    first, second, *_ = listed(grid_worker())
    close(grid_worker(), first, "told_will_apply")
    close(grid_worker(), second, "not_found")
    found = account(operator())
    assert set(found) == {"500103", "500105"}
    mine = found["500103"]
    assert (mine["region_name"], mine["eligible"], mine["begins"], mine["registered"]) == (
        "重庆市渝中区",
        5,
        5,
        1,
    )
    assert (mine["visits_open"], mine["visits_closed"]) == (2, {"told_will_apply": 1, "not_found": 1})
    assert (found["500105"]["begins"], found["500105"]["visits_open"]) == (1, 1)


def test_numbers_under_five_are_for_those_whose_region_it_is(platform, operator):
    here = {number: elder() for number in (ONE, TWO, THREE, FOUR, FIVE)}
    platform.deliver({**here, SIX: elder(**NEIGHBOUR)})
    platform.take()
    anhui, neighbour = account(operator("340000")), account(operator("500105"))
    assert (anhui["500103"]["eligible"], anhui["500103"]["visits_open"]) == (5, 5)
    assert (anhui["500105"]["eligible"], anhui["500105"]["visits_open"]) == (None, None)
    assert (neighbour["500105"]["eligible"], neighbour["500105"]["visits_open"]) == (1, 1)
    assert account(operator("500000"))["500105"]["begins"] == 1


def test_a_refused_delivery_says_why_to_officers(platform, operator):
    platform.deliver({ONE: elder()}, NEXT.replace(month=12))
    platform.take()
    (shown,) = operator().get(PATH).json["items"]
    assert (shown["state"], shown["error_code"], shown["people"]) == ("refused", "delivery.future_day", None)
    assert "日期还没有到" in shown["error_message"]


def test_deliveries_come_newest_first_and_page_by_page(platform, operator):
    for day in (1, 2, 3):
        platform.deliver({ONE: elder()}, NEXT.replace(day=day))
        platform.take()
    officer = operator()
    first = officer.get(PATH, query_string={"page_size": 2}).json
    rest = officer.get(PATH, query_string={"page_size": 2, "cursor": first["next_cursor"]}).json
    days = [one["as_of"] for one in (*first["items"], *rest["items"])]
    assert days == ["2026-06-03", "2026-06-02", "2026-06-01"]


def test_deliveries_are_not_for_everybody(platform, sign_in, operator):
    for role in (Role.GRID_WORKER, Role.CASE_OFFICER):
        assert sign_in.officer(role).client.get(PATH).status_code == 403
    missing = operator().get(f"{PATH}/018f0000-0000-7000-8000-000000000000")
    assert missing.json["code"] == "delivery.not_found"
