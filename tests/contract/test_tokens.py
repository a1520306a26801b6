"""Tokens: how one gets them, what they open, how they end."""

import base64
import time

import pytest

from tests.podium_api import PASSWORD, Podium, is_error, unique

NEED_A_TOKEN = [
    ("DELETE", "/api/tokens"),
    ("POST", "/api/questions"),
    ("PUT", "/api/questions/1"),
    ("DELETE", "/api/questions/1"),
    ("PUT", "/api/questions/1/vote"),
    ("DELETE", "/api/questions/1/vote"),
    ("PUT", "/api/questions/1/answered"),
    ("DELETE", "/api/questions/1/answered"),
    ("GET", "/api/votes?talk={talk}"),
    ("GET", "/api/talks/{talk}/transcript.pdf"),
]
GARBAGE = [
    b"Bearer",
    b"Bearer null",
    b"Bearer \xff\xfe",
    b"Bearer a b c",
    b"Bearer " + b"x" * 8000,
    b"Bearer ' OR 1=1 --",
    b"Basic",
    b"Basic ???",
    b"Basic " + base64.b64encode(b"no colon"),
    b"Basic " + base64.b64encode(b"\xff\xfe:\xff"),
    b"Basic " + base64.b64encode(b"nul\0l:nul\0l-nul\0l"),
    b"Basic " + base64.b64encode(b":"),
    b"Digest username=x",
    b"Token x",
    b",",
    b"",
]


def test_a_token_is_had_with_nickname_and_password_and_expires(podium, alice):
    answer = podium.http.post("/api/tokens", auth=(alice.nickname, alice.password))
    assert answer.status_code == 201
    assert set(answer.json()) == {"token", "expires_at"}
    token, expires_at = answer.json()["token"], answer.json()["expires_at"]
    assert isinstance(token, str) and len(token) >= 22
    assert isinstance(expires_at, int)
    assert time.time() + 60 < expires_at < time.time() + 60 * 24 * 3600


def test_every_token_is_another_and_none_holds_the_nickname(podium, alice):
    tokens = {podium.log_in(alice.nickname, alice.password).token for _ in range(4)}
    assert len(tokens) == 4
    assert not any(alice.nickname in token for token in tokens)


def test_a_password_may_hold_colons_blanks_and_any_script(podium):
    password = "a:b: пароль 🔑 ünd so"
    assert podium.register(password=password).token


@pytest.mark.parametrize("password", ["", "wrong horse battery", PASSWORD.upper(), PASSWORD + " "])
def test_a_wrong_password_gives_no_token(podium, password):
    nickname = podium.register().nickname
    assert is_error(podium.http.post("/api/tokens", auth=(nickname, password)), 401)


def test_an_unknown_nickname_and_a_wrong_password_are_answered_alike(podium):
    known = podium.http.post("/api/tokens", auth=(podium.register().nickname, "wrong horse"))
    unknown = podium.http.post("/api/tokens", auth=(unique("nobody"), "wrong horse"))
    assert (known.status_code, known.json()) == (unknown.status_code, unknown.json())


def test_a_revoked_token_opens_nothing_and_others_stay(podium):
    person = podium.register()
    other = podium.log_in(person.nickname, person.password)
    assert person.delete("/api/tokens").status_code == 204
    assert is_error(person.delete("/api/tokens"), 401)
    assert is_error(person.get("/api/votes", params={"talk": podium.talk}), 401)
    assert other.get("/api/votes", params={"talk": podium.talk}).status_code == 200


@pytest.mark.parametrize("method,path", NEED_A_TOKEN)
def test_without_a_token_the_answer_is_401(podium, method, path):
    path = path.format(talk=podium.talk)
    body = {"json": {"talk": podium.talk, "source": "?"}} if method in ("POST", "PUT") else {}
    assert is_error(podium.http.request(method, path, **body), 401)


@pytest.mark.parametrize("header", GARBAGE, ids=lambda value: repr(value[:24]))
def test_a_garbled_authorization_header_is_401(podium, header):
    headers = {"Authorization": header}
    assert is_error(podium.http.post("/api/tokens", headers=headers), 401)
    assert is_error(podium.http.delete("/api/tokens", headers=headers), 401)
    body = {"talk": podium.talk, "source": "?"}
    assert is_error(podium.http.post("/api/questions", json=body, headers=headers), 401)


def test_a_password_is_no_token_and_a_token_no_password(podium, alice):
    basic = (alice.nickname, alice.password)
    assert is_error(podium.http.delete("/api/tokens", auth=basic), 401)
    assert is_error(alice.post("/api/tokens"), 401)


def test_too_many_tries_for_one_nickname_are_429_with_retry_after(podium):
    victim, bystander = podium.register(), podium.register()
    tries = [
        podium.http.post("/api/tokens", auth=(victim.nickname, f"guess number {n}"))
        for n in range(21)
    ]
    assert {answer.status_code for answer in tries[:10]} == {401}
    assert is_error(tries[-1], 429)
    assert 1 <= int(tries[-1].headers["Retry-After"]) <= 60
    # The right password does not help any more, else guessing would go on.
    assert is_error(podium.http.post("/api/tokens", auth=(victim.nickname, PASSWORD)), 429)
    # A token that was had before goes on, and so do others.
    assert victim.get("/api/votes", params={"talk": podium.talk}).status_code == 200
    assert podium.log_in(bystander.nickname, PASSWORD).token


def test_a_token_is_not_shown_in_the_log(podium: Podium, alice):
    if podium.server.log is None:
        pytest.skip("with --url there is no log to read")
    assert alice.token not in podium.server.log()
