"""运行监测: the page, and the numbers behind it."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from app.applications.types import Status
from app.foundation import clock as product_clock
from app.foundation import database
from app.foundation.transaction import atomic
from app.identity.types import Assurance, Role
from app.notifications import service
from app.notifications.models import Delivery
from app.notifications.service import Notice
from app.notifications.types import DeliveryState
from app.operations import reports

PATH = "/api/v1/ops/summary"
VALUES = {
    "thing1": "高龄补贴",
    "thing2": "每年600元",
    "thing3": "年满80周岁",
    "time4": "2026年11月23日 09:30",
}


@pytest.fixture
def operator(sign_in):
    return sign_in.officer(Role.OPERATOR, region_code="500000").client


def _tell(person, key):
    notice = Notice(
        template="policy_match",
        event_key=key,
        title="标题",
        body="正文",
        values=VALUES,
        page_params={"policy_id": "cq-yuzhong-elder"},
    )
    with atomic():
        service.notify(person.id, notice)


def test_the_numbers_of_today(operator, sign_in):
    first, _second = sign_in.resident(), sign_in.resident(Assurance.PHONE)
    for number in range(3):
        _tell(first, f"e{number}")
    with atomic():
        chosen = select(Delivery.id).limit(1).scalar_subquery()
        database.session.execute(update(Delivery).where(Delivery.id == chosen).values(state="delivered"))
    found = operator.get(PATH).json
    assert found["logins"] == {"count": 2, "residents": 2}
    assert found["residents"] == {"wechat": 1, "phone": 1, "real_name": 0}
    assert found["pushes"]["by_state"] == {"queued": 2, "delivered": 1}
    assert found["pushes"]["total"] == 3
    assert found["pushes"]["oldest_due_seconds"] >= 0
    assert found["overdue"] == 0
    assert found["ratings"]["by_score"] == {"1": 0, "2": 0, "3": 0, "4": 0, "5": 0}
    assert found["period"]["from"] == found["period"]["to"] == str(product_clock.today())


def test_nothing_counted_is_no_share_and_no_praise(operator):
    ratings = operator.get(PATH).json["ratings"]
    assert (ratings["rated_share"], ratings["satisfied_share"], ratings["satisfied_interval"]) == (None,) * 3


def test_yesterday_is_not_today(operator, sign_in):
    sign_in.resident()
    yesterday = product_clock.today() - timedelta(days=1)
    assert operator.get(PATH, query_string={"from": yesterday, "to": yesterday}).json["logins"]["count"] == 0
    assert operator.get(PATH, query_string={"from": yesterday}).json["logins"]["count"] == 1


@pytest.mark.parametrize(
    "query",
    [
        {"from": "2026-02-02", "to": "2026-02-01"},
        {"from": "2020-01-01"},
        {"from": "x"},
        {"region": "5"},
        {"a": "b"},
    ],
)
def test_a_period_or_region_that_makes_no_sense_is_refused(operator, query):
    assert operator.get(PATH, query_string=query).status_code == 422


def test_numbers_of_another_region_are_refused_and_of_an_area_within_given(sign_in):
    district = sign_in.officer(Role.OPERATOR, region_code="500103").client
    for region in ("500112", "500000", "000000"):
        reply = district.get(PATH, query_string={"region": region})
        assert (reply.status_code, reply.json["code"]) == (403, "operations.outside_scope")
    city = sign_in.officer(Role.OPERATOR, region_code="500000").client
    assert city.get(PATH, query_string={"region": "500103", "department": "11"}).json["region"] == "500103"


def test_only_operators_see_numbers(client, sign_in):
    assert client.get(PATH).status_code == 401
    assert sign_in.resident().client.get(PATH).status_code in {401, 403}
    assert sign_in.officer().client.get(PATH).status_code == 403


@pytest.mark.parametrize("people", [1, 20])
def test_the_summary_costs_ten_statements_at_most_however_much_there_is(
    operator, sign_in, query_budget, people
):
    for number in range(people):
        _tell(sign_in.resident(), f"e{number}")
    operator.get(PATH)
    with query_budget(10):
        assert operator.get(PATH).json["pushes"]["total"] == people


def test_a_day_begins_and_ends_at_midnight_in_shanghai():
    period = reports._period(date(2026, 11, 23), date(2026, 11, 23))
    assert period.since.isoformat() == "2026-11-23T00:00:00+08:00"
    assert period.until.isoformat() == "2026-11-24T00:00:00+08:00"


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/ops/", "text/html"), ("/ops/page.css", "text/css"), ("/ops/page.js", "text/javascript")],
)
def test_the_page_needs_nothing_from_elsewhere_and_lets_nothing_else_in(client, path, kind):
    reply = client.get(path)
    assert (reply.status_code, reply.mimetype) == (200, kind)
    assert "'unsafe-inline'" not in reply.headers["Content-Security-Policy"]
    assert "default-src 'none'" in reply.headers["Content-Security-Policy"]
    assert "http://" not in reply.text
    assert "https://" not in reply.text


@pytest.mark.parametrize("path", ["/ops/x", "/ops/page.html", "/ops/../page.js", "/ops/%2e%2e/routes.py"])
def test_nothing_but_the_page_is_served(client, path):
    assert client.get(path).status_code in {404, 308}


@pytest.mark.parametrize("codes", [Status, DeliveryState], ids=["cases", "pushes"])
def test_the_page_has_a_word_for_every_state(client, codes):
    script = client.get("/ops/page.js").get_data(as_text=True)
    assert [code.value for code in codes if f'{code.value}: "' not in script] == []
