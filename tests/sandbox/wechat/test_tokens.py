"""Two token families per app, and how each ages."""


def test_every_plain_token_is_new_and_the_one_before_lives_five_minutes(client):
    first, second = client.plain(), client.plain()

    assert first["access_token"] != second["access_token"]
    assert first["expires_in"] == second["expires_in"] == 7200
    client.advance(299)
    assert client.alive(first["access_token"])
    client.advance(2)
    assert not client.alive(first["access_token"])
    assert client.alive(second["access_token"])


def test_a_stable_token_stays_the_same_and_counts_down(client):
    first = client.stable()
    client.advance(1000)
    second = client.stable()

    assert second["access_token"] == first["access_token"]
    assert 6199 <= second["expires_in"] <= 6201


def test_near_its_end_a_new_stable_token_appears_beside_the_old(client):
    old = client.token()
    client.advance(7200 - 299)
    new = client.token()

    assert new != old
    assert client.alive(old)
    assert client.alive(new)
    client.advance(300)
    assert client.get("/cgi-bin/getcallbackip", access_token=old)["errcode"] == 42001
    assert client.alive(new)


def test_a_forced_refresh_kills_the_old_token_at_once(client):
    old = client.token()
    new = client.stable(force_refresh=True)["access_token"]

    assert client.get("/cgi-bin/getcallbackip", access_token=old)["errcode"] == 40001
    assert client.alive(new)


def test_forcing_again_within_thirty_seconds_changes_nothing(client):
    first = client.stable(force_refresh=True)["access_token"]
    assert client.stable(force_refresh=True)["access_token"] == first
    client.advance(31)
    assert client.stable(force_refresh=True)["access_token"] != first


def test_the_twenty_first_forced_refresh_of_a_day_is_refused(client):
    for _ in range(20):
        assert "access_token" in client.stable(force_refresh=True)
        client.advance(31)
    assert client.stable(force_refresh=True)["errcode"] == 45009


def test_the_families_do_not_touch_each_other(client):
    plain, stable = client.plain()["access_token"], client.token()
    client.stable(force_refresh=True)

    assert client.alive(plain)
    client.plain()
    client.advance(301)
    assert not client.alive(plain)
    assert client.get("/cgi-bin/getcallbackip", access_token=stable)["errcode"] == 40001
    assert client.alive(client.token())


def test_a_token_invalidated_and_forgotten_is_replaced(client):
    old = client.token()
    client.world.tokens.invalidate(client.appid, ("stable",))

    assert not client.alive(old)
    assert client.alive(client.token())


def test_a_token_invalidated_but_kept_is_handed_out_until_forced(client):
    old = client.token()
    client.world.tokens.invalidate(client.appid, ("stable",), forget=False)

    assert client.token() == old
    assert not client.alive(old)
    assert client.alive(client.stable(force_refresh=True)["access_token"])


def test_an_expired_family_says_so_and_issues_a_new_token(client):
    old = client.token()
    client.world.tokens.expire(client.appid, ("stable",))

    assert client.get("/cgi-bin/getcallbackip", access_token=old)["errcode"] == 42001
    assert client.alive(client.token())


def test_an_app_may_say_40001_for_an_expired_token(make_client):
    client = make_client(expired_token_errcode=40001)
    old = client.token()
    client.advance(7201)

    assert client.get("/cgi-bin/getcallbackip", access_token=old)["errcode"] == 40001


def test_a_wrong_secret_may_be_told_as_40001(make_client):
    assert make_client(wrong_secret_errcode=40001).plain(secret="wrong")["errcode"] == 40001


def test_a_new_day_in_shanghai_gives_new_tokens(make_client):
    client = make_client(limits={"/cgi-bin/token": {"daily": 2}})
    assert [client.plain().get("errcode") for _ in range(3)] == [None, None, 45009]
    client.advance(86_400)
    assert "access_token" in client.plain()
