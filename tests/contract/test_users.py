"""Registration."""

from urllib.parse import quote

import pytest

from tests.podium_api import PASSWORD, is_error, unique


def test_registration_answers_201_with_a_location_that_resolves(podium):
    nickname = unique()
    body = {"nickname": nickname, "password": PASSWORD}
    answer = podium.http.post("/api/users", json=body)
    assert answer.status_code == 201
    assert answer.json() == {"nickname": nickname}
    assert answer.headers["Location"].endswith(f"/api/users/{nickname}")
    assert podium.follow(answer).json() == {"nickname": nickname}


def test_nicknames_may_be_of_any_script(podium):
    nickname = unique("Łukasz.дарья_Νεφέλη")[:32]
    answer = podium.http.post("/api/users", json={"nickname": nickname, "password": PASSWORD})
    assert answer.status_code == 201
    assert podium.follow(answer).json() == {"nickname": nickname}
    assert podium.log_in(nickname, PASSWORD).token


def test_a_nickname_is_taken_only_once(podium, alice):
    body = {"nickname": alice.nickname, "password": PASSWORD}
    assert is_error(podium.http.post("/api/users", json=body), 409)


def test_of_many_who_want_one_nickname_at_once_one_gets_it(podium, background):
    body = {"nickname": unique(), "password": PASSWORD}
    answers = background.map(lambda _: podium.http.post("/api/users", json=body), range(8))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7


@pytest.mark.parametrize(
    "nickname",
    [
        *("", "x", "x" * 33, "two words", "semi;colon", "<b>bold</b>", "a/b", "..", "  "),
        *("nul\0l", "new\nline", "trailing\n", "rtl\u202eoverride"),
        *(None, True, 7, ["list"], {}),
    ],
)
def test_a_bad_nickname_is_refused_by_name(podium, nickname):
    body = {"nickname": nickname, "password": PASSWORD}
    assert is_error(podium.http.post("/api/users", json=body), 400, field="nickname")


@pytest.mark.parametrize(
    "password",
    ["", "short12", "x" * 129, "nul\0character", None, 12345678, ["x" * 9]],
)
def test_a_bad_password_is_refused_by_name(podium, password):
    body = {"nickname": unique(), "password": password}
    assert is_error(podium.http.post("/api/users", json=body), 400, field="password")


@pytest.mark.parametrize("field", ["nickname", "password"])
def test_a_missing_field_is_refused_by_name(podium, field):
    body = {"nickname": unique(), "password": PASSWORD}
    del body[field]
    assert is_error(podium.http.post("/api/users", json=body), 400, field=field)


def test_the_answer_to_a_bad_password_does_not_repeat_it(podium):
    body = {"nickname": unique(), "password": "hunter2"}
    assert "hunter2" not in podium.http.post("/api/users", json=body).text


def test_somebody_unknown_is_not_found(podium):
    assert is_error(podium.http.get(f"/api/users/{unique('nobody')}"), 404)
    assert is_error(podium.http.get(f"/api/users/{quote('<script>')}"), 404)


def test_nobody_sees_a_password_or_its_hash(podium, alice):
    text = podium.http.get(f"/api/users/{alice.nickname}").text
    assert "password" not in text and "scrypt" not in text
