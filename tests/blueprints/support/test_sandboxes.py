def test_a_demo_person_can_log_in_through_the_sandbox(client, wechat, demo):
    person = next(iter(demo.values()))
    answer = client.post("/api/v1/auth/wechat/login", json={"code": wechat.login_code(person["openid"])})
    assert answer.status_code == 200


def test_the_registries_know_the_demo_people(registries, demo):
    known = {subject.get("id_number") for subject in registries.get("people")["items"]}
    assert {person["id_number"] for person in demo.values()} <= known
