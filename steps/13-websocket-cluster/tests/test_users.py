def test_a_nickname_is_taken_once(client):
    body = {"nickname": "once", "password": "correct horse"}
    assert client.post("/api/users", json=body).status_code == 201
    assert client.post("/api/users", json=body).status_code == 409


def test_a_bad_field_is_named(client):
    answer = client.post("/api/users", json={"nickname": "x", "password": "correct horse"})
    assert (answer.status_code, answer.json["field"]) == (400, "nickname")


def test_what_is_wrong_with_a_password_can_be_understood(client):
    answer = client.post("/api/users", json={"nickname": "ada", "password": "short"})
    assert answer.json["reason"] == "password: String should have at least 8 characters."


def test_guessing_a_password_is_limited(app, client, log_in):
    app.config["TOKEN_RATE"] = "5/minute"
    log_in("guessed")
    statuses = [client.post("/api/tokens", auth=("guessed", f"{n}")).status_code for n in range(6)]
    assert statuses == [401] * 4 + [429] * 2


def test_a_revoked_token_is_refused(client, log_in):
    headers = log_in("leaver")
    assert client.delete("/api/tokens", headers=headers).status_code == 204
    assert client.delete("/api/tokens", headers=headers).status_code == 401


def test_a_token_expires(app, client, log_in):
    app.config["TOKEN_SECONDS"] = -1
    assert client.delete("/api/tokens", headers=log_in("late")).status_code == 401
