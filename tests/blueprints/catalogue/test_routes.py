"""The public face of the catalogue: lists, guides, caching, and what it refuses."""

import pytest

from app.catalogue import edition, loading
from app.foundation.transaction import atomic
from blueprints.catalogue.memory import Kept, Replies, at_the_edge
from blueprints.catalogue.schemas import GuideOut, RegionsOut, ServicePageOut, ThemesOut


@pytest.fixture(autouse=True)
def catalogue(client):
    edition.forget()
    with atomic():
        loading.load()
    yield
    edition.forget()


def test_anybody_can_search_and_page_through_the_services(client) -> None:
    first = client.get("/api/v1/services?page_size=12").get_json()
    second = client.get(f"/api/v1/services?page_size=12&cursor={first['next_cursor']}").get_json()
    assert (len(first["items"]), len(second["items"]), second["next_cursor"]) == (12, 7, None)
    assert not {one["id"] for one in first["items"]} & {one["id"] for one in second["items"]}
    hits = client.get("/api/v1/services", query_string={"q": "高龄", "region": "500103"}).get_json()["items"]
    assert hits[0]["id"] == "svc-elder-allowance"


def test_a_guide_says_everything_a_resident_needs(client) -> None:
    guide = client.get("/api/v1/services/svc-elder-allowance").get_json()
    assert guide["name"] == "高龄津贴申领"
    assert guide["promised_limit"] == {"days": 10.0, "unit": "工作日", "basis": ""}
    assert guide["statutory_limit"]["days"] == 30
    assert guide["stages"][0]["name"] == "镇街受理"
    assert guide["stages"][-1]["counted"] is False
    assert guide["areas"][0] == {"code": "500103", "name": "重庆市渝中区"}
    assert guide["materials"][1]["may_follow"] is True
    assert guide["fee"]["charged"] is False
    assert any(question["prefilled"] for question in guide["form"][0]["questions"])
    assert "行政复议" in guide["remedies"]
    assert guide["source"]["verification"] == "见于转载，未读到原文"


def test_no_service_is_a_dead_end_for_people_without_a_phone(client) -> None:
    for service in client.get("/api/v1/services?page_size=100").get_json()["items"]:
        ways = client.get(f"/api/v1/services/{service['id']}").get_json()["without_a_phone"]
        assert any("窗口" in way for way in ways)
        assert any("上门" in way for way in ways)


@pytest.mark.parametrize(
    ("address", "schema"),
    [
        ("/api/v1/services?page_size=100", ServicePageOut),
        ("/api/v1/services/svc-enterprise-start", GuideOut),
        ("/api/v1/themes", ThemesOut),
        ("/api/v1/regions", RegionsOut),
    ],
)
def test_the_bytes_that_are_kept_are_what_the_schema_says(client, address, schema) -> None:
    first, second = client.get(address), client.get(address)
    assert first.data == second.data
    assert schema().validate(first.get_json()) == {}


@pytest.mark.parametrize(
    "address", ["/api/v1/services", "/api/v1/services/svc-dibao", "/api/v1/themes", "/api/v1/regions"]
)
def test_a_second_look_costs_no_query_and_an_unchanged_one_no_body(client, query_budget, address) -> None:
    first = client.get(address)
    assert first.headers["Cache-Control"] == "public, no-cache"
    with query_budget(0):
        assert client.get(address).status_code == 200
        again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_first_look_costs_few_queries_however_many_services(client, query_budget) -> None:
    edition.forget()
    with query_budget(3):
        client.get("/api/v1/services?page_size=100")


def test_an_etag_of_one_address_says_nothing_about_another(client) -> None:
    tag = client.get("/api/v1/services").headers["ETag"]
    assert client.get("/api/v1/services/nobody", headers={"If-None-Match": tag}).status_code == 404
    assert client.get("/api/v1/services?colour=red", headers={"If-None-Match": tag}).status_code == 422


def test_a_new_edition_changes_the_tag_at_once(client, session) -> None:
    tag = client.get("/api/v1/themes").headers["ETag"]
    with atomic():
        session.add(loading.Edition())
    edition.forget()
    assert client.get("/api/v1/themes", headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("colour=red", "colour"),
        ("region=5001", "region"),
        ("audience=everybody", "audience"),
        ("page_size=101", "page_size"),
        ("page_size=0", "page_size"),
        ("cursor=nonsense", "cursor"),
        ("cursor=Wy0xXQ", "cursor"),
        (f"q={'a' * 51}", "q"),
    ],
)
def test_a_wrong_filter_is_refused_by_its_name(client, query, field) -> None:
    answer = client.get(f"/api/v1/services?{query}")
    assert answer.status_code == 422
    assert field in answer.get_json()["errors"]
    assert client.get(f"/api/v1/services?{query}").status_code == 422, (
        "a refusal is not remembered as an answer"
    )


def test_a_service_that_is_not_there_says_what_to_do(client) -> None:
    answer = client.get("/api/v1/services/svc-nobody")
    assert (answer.status_code, answer.get_json()["code"]) == (404, "catalogue.service_not_found")
    assert "返回" in answer.get_json()["message"]


def test_themes_show_empty_ones_and_regions_put_parents_first(client) -> None:
    themes = client.get("/api/v1/themes").get_json()["items"]
    assert len(themes) == 16
    assert themes[0]["services"][0] == {"id": "svc-newborn", "name": "新生儿出生一件事"}
    seen = {None}
    for region in client.get("/api/v1/regions").get_json()["items"]:
        assert region["parent"] in seen
        seen.add(region["code"])


def test_memory_is_bounded_and_forgets_the_least_asked_first() -> None:
    replies, five = Replies(most_bytes=10), Kept(b"12345", "/r")
    replies.put(1, "a", five)
    replies.put(1, "b", five)
    assert replies.get(1, "a") == five
    replies.put(1, "c", five)
    assert (replies.get(1, "a"), replies.get(1, "b")) == (five, None)
    replies.put(1, "d", Kept(b"12345678901", "/r"))
    assert replies.get(1, "d") is None
    assert replies.get(2, "a") is None
    replies.put(2, "a", five)
    assert (replies.get(1, "c"), replies.get(2, "a")) == (None, five)


@pytest.mark.parametrize("query", ["", "?page_size=3", "?q=%E8%80%81"])
def test_what_is_answered_at_the_edge_is_what_the_route_answers(client, query) -> None:
    _, edge = client.get(f"/api/v1/services{query}"), client.get(f"/api/v1/services{query}")
    client.application.at_the_edge = lambda _: None
    try:
        route = client.get(f"/api/v1/services{query}")
    finally:
        client.application.at_the_edge = at_the_edge
    ours = "X-Request-Id"
    assert edge.data == route.data
    assert sorted(h for h in edge.headers if h[0] != ours) == sorted(h for h in route.headers if h[0] != ours)
    assert edge.headers[ours] != route.headers[ours]


def test_the_edge_answers_what_was_asked_before_in_this_edition_and_nothing_else(client, monkeypatch) -> None:
    monkeypatch.setattr(edition, "SECONDS", 60)

    def asked(**environ):
        usual = {"REQUEST_METHOD": "GET", "PATH_INFO": "/api/v1/themes", "QUERY_STRING": ""}
        return at_the_edge(usual | environ)

    tag = client.get("/api/v1/themes").headers["ETag"]
    assert (asked().status, asked().route) == ("200 OK", "/api/v1/themes")
    assert asked(HTTP_IF_NONE_MATCH=tag).status == "304 NOT MODIFIED"
    assert asked(HTTP_IF_NONE_MATCH='"another"') is None
    assert asked(HTTP_IF_NONE_MATCH=f"W/{tag}") is None
    assert client.get("/api/v1/themes", headers={"If-None-Match": f"W/{tag}"}).status_code == 304
    assert asked(REQUEST_METHOD="HEAD") is None
    assert asked(REQUEST_METHOD="POST") is None
    assert asked(QUERY_STRING="unknown=1") is None
    assert asked(PATH_INFO="/api/v1/regions") is None
    edition.forget()
    assert asked() is None


def test_a_refusal_is_never_kept_at_the_edge(client) -> None:
    for path in ("/api/v1/services/svc-nothing", "/api/v1/services?unknown=1", "/api/v1/services?cursor=x"):
        answers = [client.get(path).status_code for _ in range(2)]
        assert answers[0] == answers[1] >= 400
