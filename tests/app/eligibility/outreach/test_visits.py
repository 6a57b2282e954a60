"""People who never registered: found in a delivery, visited, and not visited again against their will."""

from tests.app.eligibility.outreach.conftest import NOBODY, close, elder, listed, rows

ONE, TWO, THREE, FOUR = "500103194003075106", "500103194003075114", "500103194003075122", "500103194003075130"


def test_somebody_who_never_registered_is_visited_in_their_community_and_told(
    platform, grid_worker, registries, asked
):
    registries.post("people", id_number=ONE, name="刘桂芳", address="第2街道第3社区5号楼402室")
    platform.deliver({ONE: elder(), TWO: NOBODY})
    assert platform.take() == [("applied", None)]
    worker = grid_worker()
    (visit,) = listed(worker)
    assert (visit["policy_id"], visit["registered"], visit["name"]) == (
        "cq-yuzhong-elder",
        False,
        "未注册人员",
    )
    assert (visit["region_code"], visit["why"]) == ("500103002003", "没有注册过，无法在手机上告知")
    assert visit["region_name"] == "重庆市渝中区（街道社区代码500103002003）"
    card = worker.get(f"/api/v1/staff/visits/{visit['id']}").json
    assert (card["name"], card["address"], card["phone"]) == ("刘桂芳", "第2街道第3社区5号楼402室", None)
    assert card["reasons"] == ["年满80周岁", "户籍在重庆市渝中区"]
    assert asked() == [("outreach_visit", "found")]
    assert close(worker, visit, "told_will_apply").status_code == 204
    assert listed(worker) == []
    actions = [action for (action,) in rows("SELECT action FROM audit_entry ORDER BY id")]
    assert actions[-5:] == [
        "visit.listed",
        "visit.read",
        "visit.person_looked_up",
        "visit.closed",
        "visit.listed",
    ]
