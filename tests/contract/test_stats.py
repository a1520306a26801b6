"""The head-count, on a server of its own where nobody else disturbs the figures."""

import pytest
from crowd import WINDOW, stats, visit

from tests.podium_api import is_error, wait_until


@pytest.fixture(scope="module")
def hall(own):
    """A server that only we speak to, and which nobody else has visited lately."""
    wait_until(lambda: stats(own)["present"] <= 1, "the hall is not empty", WINDOW + 5)
    return own


def test_stats_have_exactly_two_figures(podium):
    answer = podium.http.get("/api/stats")
    assert answer.status_code == 200
    assert set(answer.json()) == {"present", "requests_per_second"}
    assert type(answer.json()["present"]) is int
    assert isinstance(answer.json()["requests_per_second"], int | float)


def test_each_cookie_is_one_person_however_often_it_asks(hall):
    before = stats(hall)["present"]
    for n in range(7):
        for _ in range(3):
            visit(hall, f"cookie-{n}")
    assert stats(hall)["present"] == before + 7


@pytest.mark.since(9)
def test_the_head_count_is_the_same_whichever_process_answers(hall):
    before = stats(hall)["present"]
    for n in range(30):
        visit(hall, f"row-{n}")
    assert {stats(hall)["present"] for _ in range(40)} == {before + 30}


def test_who_claims_to_be_many_is_one_person(hall):
    before = stats(hall)["present"]
    for n in range(8):
        headers = {"X-Forwarded-For": f"192.0.2.{n}", "X-Real-IP": f"192.0.2.{n}"}
        headers |= {"Forwarded": f"for=192.0.2.{n}", "X-Request-ID": f"spoofed-{n}"}
        hall.http.get("/api/talks", headers=headers)
    assert stats(hall)["present"] == before


def test_each_user_with_a_token_is_one_person(hall):
    people = [hall.register() for _ in range(4)]
    before = stats(hall)["present"]
    for person in people:
        for _ in range(2):
            person.get("/api/talks")
    assert stats(hall)["present"] == before + 4


def test_clients_without_cookie_and_token_are_one_person_by_their_address(hall):
    stats(hall)
    before = stats(hall)["present"]
    for _ in range(5):
        hall.http.get("/api/talks")
    assert stats(hall)["present"] == before


def test_looking_after_health_is_not_counted(hall):
    before = stats(hall)["requests_per_second"]
    for n in range(60):
        hall.http.get("/healthz", headers={"Cookie": f"visitor=monitor-{n}"})
    # 60 requests would be 4 a second; what is left is our own two questions.
    assert stats(hall)["requests_per_second"] <= before + 1


def test_requests_are_counted_per_second_of_the_window(hall):
    before = stats(hall)["requests_per_second"]
    for _ in range(45):
        visit(hall, "counter")
    assert before + 1.5 <= stats(hall)["requests_per_second"] <= before + 4


def test_a_garbled_cookie_does_no_harm(hall):
    for value in (b"visitor=\xff\xfe", b"visitor=" + b"x" * 6000, b"visitor", b'visitor="\\', b";"):
        assert hall.http.get("/api/stats", headers={"Cookie": value}).status_code == 200


def test_stats_cannot_be_written(podium):
    assert is_error(podium.http.post("/api/stats", json={}), 405)


def test_who_leaves_is_no_longer_present_15_seconds_later(crowd):
    samples = crowd.result()
    assert samples[0][1] >= 30
    kept = [present for seconds, present in samples if seconds < WINDOW - 4]
    assert min(kept) >= 30, f"they were forgotten too early: {samples}"
    assert samples[-1][1] <= 3, f"they were not forgotten: {samples[-1]}"
