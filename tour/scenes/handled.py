"""Scenes 4 and 5: she applies step by step, officers decide, she is told and rates."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo

from tour.counter import Officer
from tour.phone import Phone
from tour.telling import Surprise, Teller
from tour.wire import Reply, new_key, until

SHANGHAI = ZoneInfo("Asia/Shanghai")
SERVICE, REGION, POLICY = "svc-elder-allowance", "500103", "cq-yuzhong-elder"
OPEN = {"submitted", "supplement", "accepted", "paused", "draft"}
BANK_CARD = "6222021001116245702"
"""Made up; its check digit is right."""


def she_applies(tell: Teller, elder: Phone) -> str:
    """Open a draft, fill it in, leave, come back, review, double-tap submit; returns the case's id."""
    _put_old_cases_away(elder)
    wanted = {"service_id": SERVICE, "region_code": REGION, "policy_id": POLICY}
    case: str = elder.api.post("/applications", wanted, expect=201)["id"]
    _first_step(tell, elder, case)
    _bank_step(tell, elder, case)
    elder.log_in()
    drafts = [c for c in elder.api.get("/applications")["items"] if c["status"] == "draft"]
    tell.expect([draft["id"] for draft in drafts] == [case], "重新登录后草稿还在")
    found = elder.api.get(f"/applications/{case}")
    tell.expect(found["next_step"] == 3, "从没填完的那一步接着填")  # noqa: PLR2004 the third of four steps
    tell.sees(
        elder.name, f"离开后重新登录：草稿还在，接着填第{found['next_step']}步“{found['steps'][2]['title']}”"
    )
    _save(elder, case, 3, {"is_proxy": False})
    _save(elder, case, 4, {"promise": True, "sign": {"kind": "typed", "text": elder.name}})
    review = elder.api.get(f"/applications/{case}/review")
    tell.expect(review["complete"], "核对页说可以提交")
    materials = "、".join(f"{m['name']}（{m['text']}）" for m in review["materials"][:3])
    tell.sees(elder.name, f"核对：{len(review['steps'])}步都填好了；材料：{materials}")
    _double_tap(tell, elder, case)
    return case


def _put_old_cases_away(elder: Phone) -> None:
    """Withdraw what an earlier walk left open, so that this one begins as the first did."""
    for case in elder.api.get("/applications?page_size=100")["items"]:
        if case["service_id"] == SERVICE and case["status"] in OPEN:
            elder.api.post(f"/applications/{case['id']}/withdrawal", {"reason": "重新演示"})


def _put(elder: Phone, case: str, step: int, answers: dict[str, Any], *, final: bool) -> Reply:
    version = elder.api.get(f"/applications/{case}")["version"]
    path = f"/applications/{case}/steps/{step}?final={str(final).lower()}"
    return elder.api.send("PUT", path, {"answers": answers}, If_Match=f'"{version}"')


def _save(elder: Phone, case: str, step: int, answers: dict[str, Any]) -> None:
    """Finish a step; raises Surprise where something of it is still wrong."""
    reply = _put(elder, case, step, answers, final=True)
    if reply.status != HTTPStatus.OK or reply.body["errors"]:
        raise Surprise(f"第{step}步没有填好：{reply.body}")


def _first_step(tell: Teller, elder: Phone, case: str) -> None:
    step = elder.api.get(f"/applications/{case}/steps/1")
    fields = {field["key"]: field for field in step["fields"]}
    for key in ("name", "id_no", "hukou_region"):
        tell.expect(fields[key]["readonly"] and fields[key]["value"], f"{fields[key]['label']}已预填且不能改")
    shown = [
        f"{f['label']} {f['display']}（{f['prefilled']['source']}）" for f in fields.values() if f["readonly"]
    ]
    tell.sees(elder.name, "第1步已预填：" + "，".join(shown))
    tampered = _put(elder, case, 1, {"name": "李四", "hukou_region": "110101"}, final=False)
    tell.expect(tampered.status == HTTPStatus.UNPROCESSABLE_ENTITY, "改动只读项会被拒绝")
    again = {f["key"]: f for f in elder.api.get(f"/applications/{case}/steps/1")["fields"]}
    tell.expect(again["name"]["value"] == fields["name"]["value"], "姓名没有被改动")
    tell.sees(elder.name, "有人想把姓名改成“李四”：" + next(iter(tampered.body["errors"].values()))[0])
    _save(elder, case, 1, {"live_region": REGION})


def _bank_step(tell: Teller, elder: Phone, case: str) -> None:
    keys = {f["key"] for f in elder.api.get(f"/applications/{case}/steps/2")["fields"]}
    tell.expect("bank_card" not in keys, "没选银行卡时不问卡号")
    _put(elder, case, 2, {"account_type": "bank_card"}, final=False)
    keys = {f["key"] for f in elder.api.get(f"/applications/{case}/steps/2")["fields"]}
    tell.expect({"bank_card", "bank_name"} <= keys, "选了银行卡才出现卡号和开户行")
    answers = {
        "account_type": "bank_card",
        "bank_card": "6222021001116245703",
        "bank_name": "重庆农村商业银行",
    }
    wrong = _put(elder, case, 2, answers, final=True).body["errors"]
    tell.expect("bank_card" in wrong, "卡号校验位不对会说清楚")
    tell.sees(elder.name, f"选“其他银行卡”后出现卡号；填错时提示：{wrong['bank_card'][0]}")
    _save(elder, case, 2, {**answers, "bank_card": BANK_CARD})


def _double_tap(tell: Teller, elder: Phone, case: str) -> None:
    key = new_key()

    def tap(_: int) -> Any:
        path = f"/applications/{case}/submission"
        return until(
            lambda: (
                reply
                if (reply := elder.api.send("POST", path, {}, Idempotency_Key=key)).status
                != HTTPStatus.CONFLICT
                else None
            ),
            what="提交的答复",
        )

    with ThreadPoolExecutor(2) as fingers:
        replies = list(fingers.map(tap, range(2)))
    receipts = {reply.body.get("receipt_no") for reply in replies}
    tell.expect([reply.status for reply in replies] == [HTTPStatus.CREATED] * 2, "两次点击都得到同样的答复")
    tell.expect(len(receipts) == 1, "连点两次提交，只有一个收件编号")
    submitted = [
        c for c in elder.api.get("/applications?page_size=100")["items"] if c["receipt_no"] in receipts
    ]
    tell.expect(len(submitted) == 1, "只有一个办件")
    receipt = replies[0].body
    tell.sees(
        elder.name, f"连点两次“提交”：收件编号 {receipt['receipt_no']}，最晚{receipt['deadline']}答复是否受理"
    )
    asked = elder.accept_prompt("after_submit")
    tell.sees(elder.name, f"点“允许”接收：{'、'.join(asked)}")


def officers_decide(tell: Teller, elder: Phone, case: str, *, clerk: Officer, stranger: Officer) -> None:
    """Another district sees nothing; hers accepts, asks once, approves; she is told and rates."""
    stranger.log_in()
    reply = stranger.api.send("GET", f"/tasks/{case}")
    tell.expect(reply.status == HTTPStatus.NOT_FOUND, "别的区的经办人看不到")
    tell.sees(stranger.name, f"打开这个办件：{reply.body['message']}")
    clerk.log_in()
    queue = [task["id"] for task in clerk.api.get("/tasks?page_size=100")["items"]]
    tell.expect(case in queue, "本区经办人的待办里有它")
    clerk.decide(case, "accept")
    tell.sees(clerk.name, f"受理：{clerk.task_of(case)['deadline']['text']}")
    _supplement(tell, elder, case, clerk)
    own = clerk.finish_stages(case)
    checked = [
        stage for stage in elder.api.get(f"/applications/{case}")["stages"] if stage["state"] == "passed"
    ]
    tell.expect({stage["id"] for stage in checked} == {"accept", "check", "review"}, "决定之前的环节都办完了")
    tell.sees(clerk.name, f"公安的年龄户籍比对由数据共享自动完成；本部门办完：{'、'.join(own)}")
    clerk.decide(case, "approve", reason="符合渝中区高龄补贴条件")
    _told_the_result(tell, elder, case)


def _supplement(tell: Teller, elder: Phone, case: str, clerk: Officer) -> None:
    items = ["请写明现居住地的详细地址所在社区", "请确认银行卡为本人开户"]
    clerk.decide(case, "request_supplement", items=items, reason="信息需要补充")
    version = clerk.task_of(case)["version"]
    again = clerk.api.send(
        "POST",
        f"/tasks/{case}/decision",
        {"action": "request_supplement", "items": ["再补一项"]},
        If_Match=f'"{version}"',
        Idempotency_Key=new_key(),
    )
    tell.expect(again.status == HTTPStatus.CONFLICT, "补正只能一次告知，不能再要第二次")
    notice = elder.message_about("请补正", state="delivered", link=case)
    tell.sees(elder.name, f"微信通知“{notice['title']}”，一次列全{len(items)}项")
    elder.api.post(f"/applications/{case}/supplement", {"note": "住解放碑街道民族路社区；银行卡是本人的"})
    tell.sees(elder.name, "已补正，办理时钟接着走")


def _line(entry: dict[str, Any]) -> str:
    clock = entry["clock"]
    at = datetime.fromisoformat(entry["at"]).astimezone(SHANGHAI)
    said = f"{at:%m-%d %H:%M} {entry['actor']}：{entry['text']}"
    if clock is None:
        return said
    if not clock["running"]:
        return f"{said}（时钟已停，还剩{clock['working_days_left']}个{clock['unit']}）"
    return f"{said}（还剩{clock['working_days_left']}个{clock['unit']}，最晚{clock['due_on']}）"


def _told_the_result(tell: Teller, elder: Phone, case: str) -> None:
    found = elder.api.get(f"/applications/{case}")
    tell.expect(found["status"] == "approved", "办件已办结（通过）")
    timeline = elder.api.get(f"/applications/{case}/timeline")["items"]
    lines = [_line(entry) for entry in timeline]
    tell.expect(any("工作日" in line for line in lines), "进度里用工作日说明期限")
    tell.expect(any("时钟已停" in line for line in lines), "等她补正时，办理时钟是停的")
    tell.sees(elder.name, "办理进度：\n" + "\n".join(lines))
    result = elder.message_about("已通过", state="delivered", link=case)
    tell.sees(elder.name, f"微信通知“{result['title']}” —— {result['delivery']['label']}")
    rating = {
        "stage": "conclusion",
        "score": 2,
        "tags": ["slow"],
        "comment": "补正等得久了些",
        "anonymous": False,
    }
    path = f"/applications/{case}/ratings"
    elder.api.post(path, rating, expect=201, Idempotency_Key=new_key())
    again = elder.api.send("POST", path, rating, Idempotency_Key=new_key())
    tell.expect(again.status == HTTPStatus.CONFLICT, "一事一评，不能重复评")
    tell.sees(elder.name, "评价：2星（办得慢）——已收到并计入")
