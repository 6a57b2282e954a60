"""Scenes 1 and 2: a person becomes known, and policies find her."""

from typing import Any

from tour.phone import Phone
from tour.telling import Teller

FOUR = {
    "cq-yuzhong-elder": ("高龄补贴", "600元/年"),
    "cq-disability-living": ("生活补贴", "100元/月"),
    "cq-disability-nursing": ("护理补贴", "100元/月"),
    "cn-care-coupon": ("养老服务消费补贴", "800元/月"),
}
NURSING = "cq-disability-nursing"


def becomes_known(tell: Teller, elder: Phone) -> None:
    """The elder logs in, proves who she is, agrees, and her facts arrive with source and date."""
    session = elder.log_in()
    tell.sees(elder.name, "微信登录成功" + ("，欢迎第一次来" if session["is_new"] else "，欢迎回来"))
    tell.expect(elder.prove_identity() == "passed", "实名认证由服务器向核验方确认后通过")
    tell.sees(elder.name, f"实名认证已通过；手机号 {elder.share_number()}")
    elder.allow_everything()
    refreshed = elder.fetch_facts()
    tell.expect(not refreshed["failed"], "各部门都答复了")
    facts = elder.known_facts()
    tell.expect(all(fact["source"] and fact["fetched_at"] for fact in facts), "每项信息都有来源和日期")
    shown = [f"{f['label']}（{f['source']}，{f['as_of']}）" for f in facts[:6]]
    tell.sees(elder.name, f"同意授权后，{len(facts)}项信息已从各部门取来：\n" + "\n".join(shown))


def policies_find_her(tell: Teller, elder: Phone, neighbour: Phone) -> None:
    """Four policies for the elder, with reasons; 还差信息 for the neighbour, and what to supply."""
    mine = elder.matches("eligible")
    for policy, (title, amount) in FOUR.items():
        item = mine.get(policy)
        tell.expect(item is not None, f"{elder.name}符合{title}")
        assessment = elder.why(policy)
        tell.expect(amount in assessment["amount"]["text"], f"{title}为{amount}")
        tell.expect(assessment["reasons"], f"{title}说得出为什么")
        tell.sees(elder.name, f"{title} {assessment['amount']['text']}，因为：{_reasons(assessment)}")
    _neighbour_supplies(tell, neighbour)


def _neighbour_supplies(tell: Teller, neighbour: Phone) -> None:
    neighbour.become_known()
    neighbour.api.put("/me/facts/disability_level", {"value": None})  # as on the first day
    before = neighbour.why(NURSING)
    tell.expect(before["outcome"] == "undetermined", "残疾等级未知时是“还差信息”，不是“不符合”")
    missing = [item["label"] for item in before["missing"]]
    tell.expect(missing == ["残疾等级"], "说清还差哪一项")
    tell.sees(
        neighbour.name, f"护理补贴：还差信息，请补充“{missing[0]}”（{before['missing'][0]['question']}）"
    )
    neighbour.api.put("/me/facts/disability_level", {"value": 2})
    after = neighbour.why(NURSING)
    tell.expect(after["outcome"] == "eligible", "补充后立即变为符合")
    tell.expect(NURSING in neighbour.matches("eligible"), "列表里也立即变了")
    tell.sees(neighbour.name, f"补充“二级”后：符合，{after['amount']['text']}")


def _reasons(assessment: dict[str, Any]) -> str:
    return "；".join(reason["text"] for reason in assessment["reasons"])
