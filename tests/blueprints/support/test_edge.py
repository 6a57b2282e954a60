import pytest


def test_a_defect_is_a_generic_500_without_its_values(probe):
    probe.expects_failure = True
    response = probe.get("/defect")
    assert (response.status_code, response.json["code"]) == (500, "internal")
    assert "13900007429" not in response.text
    assert response.json["request_id"] == response.headers["X-Request-Id"]


def test_the_client_of_the_tests_does_not_hide_a_defect(probe):
    with pytest.raises(AssertionError, match="defect"):
        probe.get("/defect")


def test_the_client_of_the_tests_refuses_uncommitted_work(probe):
    with pytest.raises(AssertionError, match="without committing"):
        probe.post("/uncommitted")


def test_a_request_id_of_the_clients_own_is_not_taken(probe):
    response = probe.get("/page", headers={"X-Request-Id": "mine"})
    assert response.headers["X-Request-Id"] != "mine"


def test_a_number_the_database_cannot_hold_is_a_wrong_field(probe):
    assert probe.post("/sql/range").status_code == 422


def test_a_database_that_takes_too_long_means_come_back_later(probe):
    response = probe.post("/sql/slow")
    assert (response.status_code, response.json["code"]) == (503, "unavailable")
    assert response.headers["Retry-After"] == "5"


def test_a_request_beyond_its_deadline_starts_no_statement(probe):
    response = probe.post("/sql/late")
    assert (response.status_code, response.json["code"]) == (503, "request.deadline_passed")


def test_unknown_query_arguments_are_refused_where_some_are_known_and_where_none_are(probe):
    for path in ("/page?page_sise=2", "/versioned?x=1", "/versioned?x"):
        response = probe.get(path)
        assert (response.status_code, bool(response.json["errors"])) == (422, True)


def test_a_nul_is_refused_in_the_query_and_not_found_in_the_path(probe):
    assert probe.get("/page?cursor=%00").status_code == 422
    assert probe.post("/sql/a%00b").status_code == 404


def test_pages_follow_one_another_to_the_end(probe):
    seen, cursor = [], None
    for size in (20, 20, 5):
        page = probe.get("/page", query_string={"cursor": cursor} if cursor else {}).json
        assert len(page["items"]) == size
        seen, cursor = seen + page["items"], page["next_cursor"]
    assert (seen, cursor) == (list(range(45)), None)


@pytest.mark.parametrize(
    "query",
    ["page_size=0", "page_size=101", "page_size=x", "cursor=", "cursor=!!!", "cursor=WyJ4Il0", "cursor=W10"],
)
def test_a_page_that_cannot_be_is_refused(probe, query):
    assert probe.get(f"/page?{query}").status_code == 422


@pytest.mark.parametrize("header", ["3", '"3"', 'W/"3"'])
def test_a_version_is_read_with_or_without_quotes(sign_in, header):
    assert sign_in.resident().client.put("/edit", headers={"If-Match": header}).json == {"version": 3}


@pytest.mark.parametrize(
    ("header", "code"), [(None, "required"), ("*", "unreadable"), ('"3', "unreadable"), ("-1", "unreadable")]
)
def test_an_edit_without_a_version_is_refused(sign_in, header, code):
    headers = {"If-Match": header} if header else {}
    response = sign_in.resident().client.put("/edit", headers=headers)
    assert (response.status_code, response.json["code"]) == (400, f"precondition.{code}")


def test_what_the_client_already_has_is_not_sent_again(probe):
    first = probe.get("/versioned")
    assert (first.status_code, first.json) == (200, {"v": 7})
    again = probe.get("/versioned", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", '"7"')
    assert probe.get("/versioned", headers={"If-None-Match": '"6"'}).status_code == 200
