def test_the_process_says_that_it_lives(client):
    response = client.get("/livez")
    assert (response.status_code, response.json) == (200, {"status": "alive"})
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert len(response.headers["X-Request-Id"]) == 32


def test_a_migrated_database_makes_the_process_ready(client):
    response = client.get("/readyz")
    assert (response.status_code, response.json["ready"], response.json["degraded"]) == (200, True, False)


def test_an_unknown_path_is_refused_in_our_shape(client):
    response = client.get("/nowhere")
    assert response.status_code == 404
    assert response.json == {
        "code": "http.404",
        "message": "没有找到您要的内容，请返回上一页再试",
        "request_id": response.headers["X-Request-Id"],
    }


def test_a_wrong_method_keeps_the_allow_header(client):
    response = client.post("/livez")
    assert (response.status_code, response.json["code"]) == (405, "http.405")
    assert "GET" in response.headers["Allow"]


def test_metrics_are_for_internal_networks_only(client):
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 404
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "10.0.0.1"}).status_code == 404


def test_the_openapi_document_is_served(client):
    assert client.get("/openapi.json").json["openapi"] == "3.1.0"
