"""Scene 3: a new policy is published; everyone it is for is told through the channel they left open."""

import time
from typing import Any

from tour.counter import Officer
from tour.phone import Phone
from tour.telling import Teller
from tour.wire import until

AMOUNT = 200
MOST_A_WEEK = 2


def policy_body(number: int) -> dict[str, Any]:
    """A new policy of 渝中区 for people of 80 and more, as its author types it."""
    return {
        "id": f"cq-yuzhong-winter-{number}",
        "title": "渝中区高龄老人冬季取暖慰问金",
        "summary": f"渝中区户籍80周岁以上老人，今冬一次性发放取暖慰问金{AMOUNT}元。",
        "region_code": "500103",
        "department": "民政",
        "audience": "person",
        "mode": "免申即享",
        "valid_from": "2026-01-01",
        "benefit": {"type": "cash", "amount": AMOUNT, "unit": "元", "frequency": "once"},
        "conditions": {
            "all": [
                {"fact": "age", "op": "ge", "value": 80},
                {"fact": "hukou_region", "op": "prefix", "value": "500103"},
            ]
        },
        "source": {
            "name": "全程演示",
            "doc_no": f"演示〔2026〕{number}号",
            "url": None,
            "date": "2026-11-01",
        },
    }


def policy_finds_people(
    tell: Teller, author: Officer, approver: Officer, subscribed: Phone, without_credit: Phone
) -> None:
    """Written by one officer, approved by another, matched, pushed, confirmed by WeChat, shown honestly."""
    without_credit.become_known()
    quiet = subscribed.sleep_at_another_time()
    asked = subscribed.accept_prompt("after_match")
    tell.sees(subscribed.name, f"免打扰设为{quiet}；点“允许”接收：{'、'.join(asked)}")
    before = subscribed.pushed_this_week()
    shown_before = len(without_credit.wechat_inbox())
    author.log_in()
    approver.log_in()
    body = policy_body(int(time.time()))
    policy = body["id"]
    author.api.post("/policies", body, expect=201)
    counted = author.api.post(f"/policies/{policy}/preview")["outcomes"]
    tell.sees(author.name, f"起草“{body['title']}”，预览：将有{counted['eligible']}人符合")
    refused = author.api.send("POST", f"/policies/{policy}/publication", {})
    tell.expect(refused.status == 403, "起草人不能自己发布")  # noqa: PLR2004 HTTP's own number
    run_id = approver.api.post(f"/policies/{policy}/publication", {}, expect=202)["run_id"]
    run = _finished(approver, run_id)
    tell.expect(run["counts"]["new"] == counted["eligible"], "发布后匹配到的人数与预览一致")
    tell.sees(
        approver.name, f"审批发布；已匹配{run['counts']['evaluated']}人，新符合{run['counts']['new']}人"
    )
    if before < MOST_A_WEEK:
        _told(tell, subscribed, body, run_id)
    else:
        _spared(tell, subscribed, body)
    _accounted(tell, approver, run_id, newly=counted["eligible"])
    silent = without_credit.message_about(body["title"], state="suppressed", link=policy)
    tell.expect(len(without_credit.wechat_inbox()) == shown_before, "没有订阅次数的人，微信里什么也没有发")
    delivery = silent["delivery"]
    tell.sees(without_credit.name, f"站内信：{silent['title']} —— {delivery['label']}（{delivery['note']}）")


def _finished(officer: Officer, run_id: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        run: dict[str, Any] = officer.api.get(f"/match-runs/{run_id}")
        return run if run["state"] == "finished" else None

    return until(look, what="匹配任务完成")


def _told(tell: Teller, phone: Phone, body: dict[str, Any], run_id: str) -> None:
    message = phone.message_about(body["title"], state="delivered", link=body["id"])
    pushed = phone.wechat_inbox()[-1]
    tell.expect(body["title"][:10] in str(pushed), "推送落到了手机的微信里")
    tell.expect(message["delivery"]["label"] == "已送达", "微信回执到达后，站内信显示已送达")
    tell.sees(
        phone.name,
        f"微信服务通知：{_lines(pushed)}\n站内信：{message['title']} —— 已送达（任务 {run_id[:8]}）",
    )


def _spared(tell: Teller, phone: Phone, body: dict[str, Any]) -> None:
    """A walk taken again and again within a week: two pushes were enough."""
    message = phone.message_about(body["title"], state="suppressed", link=body["id"])
    tell.expect("一周内" in message["delivery"]["note"], "一周内推送过两次政策，第三次只在站内，并说明原因")
    tell.sees(phone.name, f"站内信：{message['title']} —— {message['delivery']['note']}")


def _accounted(tell: Teller, officer: Officer, run_id: str, *, newly: int) -> None:
    """Everybody whom the run found stands in the account exactly once."""

    def settled() -> dict[str, Any] | None:
        account: dict[str, Any] = officer.api.get(f"/match-runs/{run_id}/campaign")
        return account if not account["waiting"] else None

    account = until(settled, what="推送账目结清")
    lists = ("pushed", "in_app_only", "suppressed")
    total = sum(entry["count"] for name in lists for entry in account[name]) + account["erased"]
    tell.expect(account["newly_eligible"] == total == newly, "推送账目：新符合的每个人都有着落，合计相符")
    told = "，".join(f"{e['label']}{e['count']}人" for name in lists for e in account[name])
    tell.sees(officer.name, f"推送账目：{told}")


def _lines(pushed: dict[str, Any]) -> str:
    return "，".join(str(value) for value in dict(pushed.get("data", {})).values())[:120]
