"""Settings are one's own, edited by version."""

ME = "/api/v1/me"


def test_settings_start_as_usual_and_change_by_version(sign_in):
    me = sign_in.resident().client
    before = me.get(ME).json
    assert (before["display_name"], before["care_mode"], before["personalised"], before["version"]) == (
        "微信用户",
        False,
        True,
        0,
    )
    change = {
        "display_name": " 陈奶奶 ",
        "care_mode": True,
        "quiet_hours": {"from": "21:30", "to": "07:00"},
        "region_code": "500103",
        "lifecycle": ["person-elderly", "person-elderly"],
        "personalised": False,
    }
    after = me.patch(ME, json=change, headers={"If-Match": '"0"'}).json
    assert after["version"] == 1
    assert me.get(ME).json == after
    shown = {name: after[name] for name in change}
    assert shown == change | {"display_name": "陈奶奶", "lifecycle": ["person-elderly"]}
    cleared = me.patch(ME, json={"quiet_hours": None}, headers={"If-Match": "1"}).json
    assert (cleared["quiet_hours"], cleared["care_mode"]) == (None, True)


def test_an_edit_of_an_old_version_is_refused(sign_in):
    me = sign_in.resident().client
    me.patch(ME, json={"care_mode": True}, headers={"If-Match": "0"})
    stale = me.patch(ME, json={"care_mode": False}, headers={"If-Match": "0"})
    assert (stale.status_code, stale.json["code"]) == (412, "stale_version")
    assert me.get(ME).json["care_mode"] is True


def test_two_edits_of_one_version_at_once_make_one(committed, together, application, client, sign_in):
    token = sign_in.resident().token

    def edit(number):
        headers = {"Authorization": f"Bearer {token}", "If-Match": "0"}
        plain = application.test_client_class.__mro__[1](application, application.response_class)
        return plain.patch(ME, json={"display_name": f"名字{number}"}, headers=headers).status_code

    codes = together(edit, times=5)
    assert codes.count(200) == 1
    assert set(codes) <= {200, 409, 412}


def test_a_setting_that_makes_no_sense_is_refused_by_field(sign_in):
    me = sign_in.resident().client
    wrong = {
        "display_name": "陈\u202e奶奶",
        "region_code": "5001",
        "lifecycle": ["no-such-theme"],
        "quiet_hours": {"from": "25:00", "to": "07:00"},
    }
    for name, value in wrong.items():
        reply = me.patch(ME, json={name: value}, headers={"If-Match": "0"})
        assert reply.status_code == 422
        assert any(path.startswith(name) for path in reply.json["errors"])
    same = me.patch(ME, json={"quiet_hours": {"from": "07:00", "to": "07:00"}}, headers={"If-Match": "0"})
    assert same.status_code == 422


def test_assurance_and_identity_cannot_be_set(sign_in):
    me = sign_in.resident().client
    for name in ("assurance", "openid", "id", "version", "name", "id_number", "phone", "state"):
        assert me.patch(ME, json={name: "real_name"}, headers={"If-Match": "0"}).status_code == 422
