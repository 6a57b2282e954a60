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
    tell: Teller,
    author: Officer,
    approvers: tuple[Officer, Officer],
    subscribed: Phone,
    without_credit: Phone,
) -> None:
    """Written by one officer, approved by two others, matched, pushed, confirmed, shown honestly."""
    without_credit.become_known()
    quiet = subscribed.sleep_at_another_time()
    asked = subscribed.accept_prompt("after_match")
    tell.sees(subscribed.name, f"免打扰设为{quiet}；点“允许”接收：{'、'.join(asked)}")
    before = subscribed.pushed_this_week()
    shown_before = len(without_credit.wechat_inbox())
    for officer in (author, *approvers):
        officer.log_in()
    body = policy_body(int(time.time()))
    policy = body["id"]
    author.api.post("/policies", body, expect=201)
    counted = _previewed(tell, author, body)
    refused = author.api.send("POST", f"/policies/{policy}/publication", {})
    tell.expect(refused.status == 403, "起草人不能自己发布")  # noqa: PLR2004 HTTP's own number
    run_id = _approved_twice(tell, approvers, policy)
    run = _finished(approvers[1], run_id)
    tell.expect(run["counts"]["new"] == counted["eligible"], "发布后匹配到的人数与预览一致")
    tell.sees(
        approvers[1].name,
        f"复核发布；已匹配{run['counts']['evaluated']}人，新符合{run['counts']['new']}人",
    )
    if before < MOST_A_WEEK:
        _told(tell, subscribed, body, run_id)
    else:
        _spared(tell, subscribed, body)
    _accounted(tell, approvers[1], run_id, newly=counted["eligible"])
    silent = without_credit.message_about(body["title"], state="suppressed", link=policy)
    tell.expect(len(without_credit.wechat_inbox()) == shown_before, "没有订阅次数的人，微信里什么也没有发")
    delivery = silent["delivery"]
    tell.sees(without_credit.name, f"站内信：{silent['title']} —— {delivery['label']}（{delivery['note']}）")


def _previewed(tell: Teller, author: Officer, body: dict[str, Any]) -> dict[str, Any]:
    """Let a worker count before anyone is told; returns how many, by outcome."""
    begun = author.api.post(f"/policies/{body['id']}/preview", expect=202)["id"]
    found = _done(author, f"/previews/{begun}", what="预览完成")
    counted: dict[str, Any] = found["outcomes"]
    tell.sees(
        author.name,
        f"起草“{body['title']}”，预览{found['population']}人：{counted['eligible']}人符合，"
        f"{counted['undetermined']}人还差信息；按年龄、性别、地区看过，{_examples(found)}",
    )
    return counted


def _examples(found: dict[str, Any]) -> str:
    """Say how many examples there were; of a handful of people there are none."""
    if found["samples"]:
        return f"并抽看了{len(found['samples'])}份打码的说明"
    return f"不足{found['smallest_cell']}人的格子不显示，也不抽看个例"


def _approved_twice(tell: Teller, approvers: tuple[Officer, Officer], policy: str) -> str:
    """A rule for fewer than ten people: a reason, then another officer; returns the match run."""
    first, second = approvers
    path = f"/policies/{policy}/publication"
    bare = first.api.send("POST", path, {"confirm": True})
    tell.expect(bare.body["code"] == "policy.reason_required", "不足10人的政策，没有理由不能发布")
    said = {"reason": "今冬试点，只发给本区高龄老人", "confirm": True}
    waiting = first.api.post(path, said, expect=202)
    tell.expect(waiting["state"] == "awaiting_second_approval", "有了理由，还要第二位审批人")
    tell.sees(first.name, f"审批同意，理由：{said['reason']}；符合的不足10人，转另一位审批人复核")
    run_id: str = second.api.post(path, {"confirm": True}, expect=202)["run_id"]
    return run_id


def _finished(officer: Officer, run_id: str) -> dict[str, Any]:
    return _done(officer, f"/match-runs/{run_id}", what="匹配任务完成")


def _done(officer: Officer, path: str, *, what: str) -> dict[str, Any]:
    """Look at background work until it is finished."""

    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = officer.api.get(path)
        return found if found["state"] == "finished" else None

    return until(look, what=what)


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
