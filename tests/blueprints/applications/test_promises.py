"""告知承诺: told, chosen, signed; checked after the decision; revoked if false; on record."""

import pytest

from app.residents.types import Purpose
from tests.blueprints.applications.errands import TASKS, Desk, key, match
from tests.blueprints.applications.papers import Papers
from tests.support.uploads import noise

PROMISES = "/api/v1/staff/promises"
STEPS = {
    1: {"compose": "personal", "phone": "13812345678"},
    2: {
        "use_name": True,
        "trade_name": "渝中区测试小店",
        "scope": ["14"],
        "only_online": False,
        "place": "重庆市渝中区测试路1号",
    },
    3: {"promise": True, "sign": {"kind": "typed", "text": "陈渝珍"}},
}


@pytest.fixture
def shop(verified, registries, clamd):
    """Somebody who registers as 个体工商户 and may promise where the shop is."""
    return Papers(verified(allows=(Purpose.CERTIFICATES, Purpose.PREFILL)), service="svc-individual-business")


@pytest.fixture
def promising(shop):
    """The place of the material that may be promised, in an open draft."""
    shop.open()
    return next(at for at, one in shop.materials().items() if one["state"] == "may_be_promised")


def sign(errand, position, **other):
    return errand.promise(position, name="陈渝珍", **other)


def test_what_is_promised_is_told_before_and_kept_as_it_was_read(shop, promising, session) -> None:
    text = shop.client.get(f"{shop.url}/materials/{promising}/promise").json
    assert any("国办发〔2020〕42号" in line for line in text["told"])
    assert any("真实意思" in line for line in text["promised"])
    stale = sign(shop, promising, sha256="0" * 64)
    assert (stale.status_code, stale.json["code"]) == (409, "application.promise_text_changed")
    assert sign(shop, promising).status_code == 200
    assert shop.materials()[promising]["state"] == "promised"
    row = session.connection().exec_driver_sql("SELECT details, words FROM application_material").one()
    assert row.details["sha256"] == text["sha256"]
    assert "陈渝珍".encode() not in bytes(row.words), "a signature is sealed"


def test_a_promise_is_withdrawn_by_handing_in(shop, promising) -> None:
    sign(shop, promising)
    upload = shop.phone().upload(noise())
    assert shop.attach(promising, upload).status_code == 200
    assert shop.materials()[promising]["state"] == "uploaded"


def test_a_material_that_allows_no_promise_is_not_promised(shop, promising) -> None:
    other = next(at for at in shop.materials() if at != promising)
    assert shop.client.get(f"{shop.url}/materials/{other}/promise").status_code == 409


@pytest.mark.usefixtures("clock")
class TestChecked:
    """After the approval, in June."""

    @pytest.fixture
    def approved(self, shop, promising, sign_in):
        """The desk that approved the case."""
        assert sign(shop, promising).status_code == 200
        for number, answers in STEPS.items():
            assert shop.save(number, answers)["errors"] == {}
        shop.submit()
        desk = Desk(sign_in.officer(department="31", region_code="500103"))
        desk.decide(shop.id, "accept")
        assert desk.decide(shop.id, "approve") == "approved"
        return desk

    def check(self, desk, errand, position, **result):
        version = desk.read(errand.id)["version"]
        return desk.client.post(
            f"{TASKS}/{errand.id}/materials/{position}/check", json=result, headers=match(version) | key()
        )

    def test_a_promise_comes_up_to_be_checked(self, approved, shop, promising) -> None:
        (due,) = approved.client.get(PROMISES).json["items"]
        assert (due["case_id"], due["position"], due["overdue"]) == (shop.id, promising, False)
        assert due["due_on"] == "2026-07-28"  # thirty working days, 端午 between
        assert self.check(approved, shop, promising, kept=True).json["status"] == "approved"
        assert approved.client.get(PROMISES).json["items"] == []
        case = shop.read()
        assert case["status"] == "approved"
        (shown,) = (one["promise"] for one in case["materials"] if one["position"] == promising)
        assert (shown["version"], shown["checked_on"]) == (1, "2026-06-15")

    def test_a_false_promise_is_told_with_its_reason_and_revoked_by_an_officer(
        self, approved, shop, promising
    ) -> None:
        assert self.check(approved, shop, promising, kept=False).status_code == 422
        reply = self.check(approved, shop, promising, kept=False, reason="该地址不存在", revoke=True)
        assert reply.json["status"] == "revoked"
        case = shop.read()
        assert (case["status_label"], case["timeline"][-1]["title"]) == ("已撤销", "决定已撤销")
        assert "该地址不存在" in case["timeline"][-1]["text"]
        shown = {one["position"]: one["state"] for one in case["materials"]}
        assert shown[promising] == "promise_broken"
        assert self.check(approved, shop, promising, kept=True).status_code == 409

    def test_who_broke_a_promise_promises_nothing_until_it_is_repaired(
        self, approved, shop, promising
    ) -> None:
        self.check(approved, shop, promising, kept=False, reason="面积不符")
        assert shop.read()["status"] == "approved", "to be put right, not revoked"
        again = Papers(shop.person, service="svc-individual-business", region=shop.body["region_code"])
        again.open()
        refused = sign(again, promising)
        assert (refused.status_code, refused.json["code"]) == (409, "application.promises_broken")
        version = approved.read(shop.id)["version"]
        address = f"{TASKS}/{shop.id}/materials/{promising}/repair"
        assert approved.client.post(address, headers=match(version)).status_code == 200
        assert sign(again, promising).status_code == 200
