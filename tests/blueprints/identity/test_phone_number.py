"""The phone number comes from WeChat, belongs to who is logged in, and is shown masked."""

PHONE = "/api/v1/auth/wechat/phone"


def test_a_bound_number_is_shown_masked_and_raises_the_assurance(elder):
    reply = elder.bind_phone()
    assert reply.json == {"phone": "199****1001", "assurance": "phone"}
    me = elder.client.get("/api/v1/me").json
    assert (me["phone"], me["assurance"]) == ("199****1001", "phone")


def test_somebody_elses_phone_code_is_refused(elder, wechat, demo):
    code = wechat.post("phone_code", openid=demo["hefei_owner"]["openid"])["code"]
    reply = elder.client.post(PHONE, json={"code": code})
    assert (reply.status_code, reply.json["code"]) == (409, "auth.phone.code_invalid")
    assert elder.client.get("/api/v1/me").json["phone"] is None


def test_replacing_a_number_needs_a_fresh_login(elder, clock):
    elder.log_in()  # by this test's clock
    assert elder.bind_phone().status_code == 200
    assert elder.bind_phone().status_code == 200
    clock.advance(minutes=6)
    reply = elder.bind_phone()
    assert (reply.status_code, reply.json["code"]) == (401, "auth.step_up_required")


def test_the_number_is_nowhere_in_clear(elder, dump):
    elder.bind_phone()
    assert elder.person["phone"] not in dump()
