"""The whole errand: draft, steps, submission, decision, timeline."""


def test_an_elder_applies_is_asked_once_answers_and_is_granted(elder, desk) -> None:
    elder.open().fill()
    receipt = elder.submit()
    assert receipt["receipt_no"].startswith("500103")
    assert desk.decide(elder.id, "accept") == "accepted"
    assert desk.decide(elder.id, "request_supplement", items=["补充居住证明", "补充近照"]) == "supplement"
    assert elder.read()["supplement"]["items"] == ["补充居住证明", "补充近照"]
    assert elder.supplement(note="已到社区补交").status_code == 200
    assert desk.decide(elder.id, "approve") == "approved"
    case = elder.read()
    assert (case["status"], case["status_label"], case["next_action"]) == ("approved", "办结（通过）", "rate")
    assert [entry["title"] for entry in elder.timeline()] == [
        "开始填写",
        "已提交",
        "已受理",
        "一次性告知补正",
        "已补正",
        "环节办结",
        "环节办结",
        "办结：通过",
    ]
    assert "补充居住证明" in elder.timeline()[3]["text"]
