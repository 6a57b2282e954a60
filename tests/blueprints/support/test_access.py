from app.identity.types import Role


def test_a_route_that_names_no_audience_lets_nobody_in(probe):
    assert probe.get("/unmarked").status_code == 403


def test_without_a_token_the_caller_is_asked_who_they_are(probe):
    response = probe.put("/edit")
    assert (response.status_code, response.json["code"]) == (401, "auth.required")
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_a_token_that_is_nobodys_is_refused(probe):
    assert probe.bearer("x" * 43).get("/staff").status_code == 401
    assert probe.get("/staff", headers={"Authorization": "Basic abc"}).status_code == 401


def test_a_resident_is_no_officer_and_an_officer_no_resident(sign_in):
    assert sign_in.resident().client.get("/staff").status_code == 403
    assert sign_in.officer().client.put("/edit").status_code == 403


def test_an_officer_needs_one_of_the_roles(sign_in):
    assert sign_in.officer(Role.CASE_OFFICER).client.get("/staff").status_code == 403
    auditor = sign_in.officer(Role.AUDITOR)
    assert auditor.client.get("/staff").json == {"officer": str(auditor.id)}


def test_operations_are_for_operators(sign_in):
    assert sign_in.officer(Role.AUDITOR).client.get("/operator").status_code == 403
    assert sign_in.officer(Role.OPERATOR).client.get("/operator").status_code == 200


def test_a_login_of_six_minutes_ago_is_not_fresh_enough_for_a_step_up(sign_in, clock):
    resident = sign_in.resident()
    assert resident.client.put("/edit", headers={"If-Match": "1"}).status_code == 200
    clock.advance(minutes=6)
    response = resident.client.put("/edit", headers={"If-Match": "1"})
    assert (response.status_code, response.json["code"]) == (401, "auth.step_up_required")


def test_who_may_ask_is_settled_before_what_is_asked(probe):
    assert probe.post("/once?x=1", data=b"{", content_type="application/json").status_code == 401
