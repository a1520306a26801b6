import logging

from flask import request
from flask.logging import default_handler


def test_ready_is_more_than_alive(app, client, database_away):
    assert client.get("/readyz").json["status"] == "ready"
    with database_away():
        answer = client.get("/readyz")
        assert answer.status_code == 503 and answer.json["reasons"]
        assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 200


def test_without_a_broker_a_host_is_not_ready(client, valkey_away):
    valkey_away()
    assert client.get("/readyz").json["reasons"] == ["the broker does not answer"]


def test_a_host_that_drains_is_not_ready(app, client, tmp_path):
    app.config["DRAIN_FILE"] = str(tmp_path / "drain")
    assert client.get("/readyz").status_code == 200
    (tmp_path / "drain").touch()
    assert client.get("/readyz").json["reasons"] == ["draining"]


def test_one_proxy_is_believed_and_no_more(app, client):
    seen = []
    app.before_request(lambda: seen.append(request.remote_addr))
    client.get("/healthz", headers={"X-Forwarded-For": "6.6.6.6, 10.0.0.7"})
    assert seen == ["10.0.0.7"]


def test_the_log_names_the_request(app):
    record = logging.makeLogRecord({"msg": "under way"})
    with app.test_request_context("/healthz", headers={"X-Request-ID": "abc123"}):
        app.preprocess_request()
        default_handler.filter(record)
    assert "abc123" in default_handler.format(record)


def test_an_answer_names_its_host(app, client):
    assert client.get("/healthz").headers["X-Served-By"] == app.config["HOST"]
