"""From step 9 on: several processes that answer as one, and go on when another server dies."""

import base64
import json
from collections import Counter, defaultdict

import pytest
from guards import faults_in_page
from test_api_versions import is_problem
from test_votes import at_once, vote_path

from tests.podium_api import PASSWORD, is_error, wait_until

pytestmark = pytest.mark.since(9)

NEEDS_NO_DATABASE = {"the head-count", "health"}
ODD = {
    "a null byte": "%00",
    "a null byte inside": "a%00b",
    "a byte that is not UTF-8": "%ff",
    "half a character": "%e2%82",
    "an encoded surrogate": "%ed%a0%80",
    "an overlong slash": "%c0%af",
    "a line end": "a%0d%0ab",
    "a delete": "%7f",
    "an emoji": "%F0%9F%8E%A4",
    "right to left": "%e2%80%ae",
    "a byte order mark": "%ef%bb%bf",
    "a last character": "%f4%8f%bf%bf",
    "beyond the last": "%f4%90%80%80",
    "a percent sign": "%25",
    "a wildcard": "%25_%25",
    "a quote": "'%20OR%201=1--",
    "a template": "{{7*7}}",
    "very long": "x" * 3000,
}
PLACES = [
    "/api/talks/{}",
    "/api/users/{}",
    "/api/questions?talk={}",
    "/api/questions?talk=x&since={}",
    "/api/questions/{}",
    "/api/v2/talks/{}",
    "/api/v2/talks/{}/questions",
    "/api/v2/questions/{}",
    "/api/v2/jobs/{}",
    "/api/v2/jobs/{}/result",
]


def test_several_processes_answer_and_each_has_its_own_objects(podium):
    answers = defaultdict(list)

    def enough():
        me = podium.http.get("/whoami", headers={"Accept": "application/json"}).json()
        answers[me["host"], me["pid"]].append(me)
        return len(answers) >= 2 and min(map(len, answers.values())) >= 3

    wait_until(enough, "it is always the same process", 30, every=0)
    for mine in answers.values():
        for name in ("app", "db", "engine"):
            assert len({me[name] for me in mine}) == 1
            assert int(mine[0][name], 16) > 0
        counted = [me["requests"] for me in mine]
        assert counted == sorted(set(counted)), "two requests have the same number"
        assert all(0 <= me["pool"]["checked_out"] <= me["pool"]["size"] for me in mine)
        assert {me["pool"]["size"] for me in mine} == {8}


def test_who_answers_is_a_page_for_a_browser(podium):
    answer = podium.http.get("/whoami", headers={"Accept": "text/html,*/*;q=0.8"})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "Process" in answer.text and faults_in_page(answer.text) == []


def test_of_many_posts_at_once_exactly_thirty_a_minute_are_taken(podium):
    eager = podium.register()
    body = {"talk": podium.side_talk, "source": "Am I one of thirty?"}
    answers = at_once(lambda: eager.post("/api/questions", json=body), [()] * 40)
    assert Counter(answer.status_code for answer in answers) == {201: 30, 429: 10}
    for answer in answers:
        if answer.status_code == 429:
            assert is_error(answer, 429) and int(answer.headers["Retry-After"]) >= 1


def test_five_tries_a_minute_mean_five_whoever_answers(own):
    nickname = own.register().nickname  # that was the first
    tries = [own.http.post("/api/tokens", auth=(nickname, PASSWORD)) for _ in range(5)]
    assert [answer.status_code for answer in tries] == [201] * 4 + [429]
    for _ in range(10):
        assert is_error(own.http.post("/api/tokens", auth=(nickname, PASSWORD)), 429)


def test_sixty_people_voting_at_once_are_all_counted(podium, question):
    people = at_once(podium.register, [()] * 60)
    answers = at_once(lambda person: person.put(vote_path(question)), [(who,) for who in people])
    assert Counter(answer.status_code for answer in answers) == {204: 60}
    assert podium.question(question["id"])["score"] == 60


def test_what_is_written_is_there_whoever_is_asked_next(podium, bob, question):
    for n in range(10):
        (bob.vote, bob.unvote)[n % 2](question)
        scores = {podium.question(question["id"])["score"] for _ in range(6)}
        assert scores == {1 - n % 2}


def test_a_token_is_revoked_for_all_processes(podium):
    person = podium.register()
    assert person.delete("/api/tokens").status_code == 204
    for _ in range(8):
        assert is_error(person.get("/api/votes", params={"talk": podium.talk}), 401)


@pytest.mark.parametrize("what", ODD)
def test_odd_text_in_an_address_is_refused_as_json(alice, what):
    for place in PLACES:
        answer = alice.get(place.format(ODD[what]))
        refused = is_problem if place.startswith("/api/v2") else is_error
        assert answer.status_code in (400, 404), f"{place}: {answer.status_code}"
        assert refused(answer, answer.status_code)


@pytest.mark.parametrize("nickname", ["nul\0l", "\x7f", "\ufeff", "\U0010ffff", "\ufffe", "\u202e"])
def test_odd_text_in_a_nickname_is_refused_by_name(podium, nickname):
    for path, refused in (("/api/users", is_error), ("/api/v2/users", is_problem)):
        body = {"nickname": f"odd{nickname}", "password": PASSWORD}
        assert refused(podium.http.post(path, json=body), 400, field="nickname")
    credentials = base64.b64encode(f"odd{nickname}:{PASSWORD}".encode()).decode()
    headers = {"Authorization": f"Basic {credentials}"}
    assert is_error(podium.http.post("/api/tokens", headers=headers), 401)


@pytest.mark.parametrize("source", ["nul\0l", "\ud800", "a\udfffb"])
def test_odd_text_in_a_question_is_refused(podium, source):
    content = json.dumps({"source": source}).encode()
    headers = {"Content-Type": "application/json"}
    path = f"/api/v2/talks/{podium.talk}/questions"
    assert is_problem(podium.author().post(path, content=content, headers=headers), 400)


def test_every_character_that_a_question_may_hold_comes_back(podium):
    for first in (1, 0xFFF0, 0x1F3A0, 0x10FFF0):
        source = "Odd: " + "".join(chr(first + n) for n in range(15) if chr(first + n) not in "\r")
        assert podium.ask(source, podium.side_talk)["source"] == source


@pytest.mark.parametrize(
    "version", ["0", "-1", "1e3", "", "\0", "٣", str(2**63 - 1), str(2**63), "9" * 40]
)
def test_a_cursor_that_was_made_up_is_refused_or_harmless(podium, version):
    text = base64.urlsafe_b64encode(f"{version}:{podium.talk}".encode()).decode().rstrip("=")
    answer = podium.http.get(f"/api/v2/talks/{podium.talk}/questions", params={"after": text})
    assert answer.status_code == 200 or is_problem(answer, 400, field="after")


def test_without_valkey_nothing_fails_but_with_a_time_to_come_back(broker_outage):
    answers = broker_outage.result().meanwhile
    ready = {name for name, _ in answers if name == "readiness"}
    assert_only_503(answers, {"the head-count", "an order"} | ready)


def test_without_the_database_nothing_fails_but_with_a_time_to_come_back(database_outage):
    outage = database_outage.result()
    names = {name for name, _ in outage.meanwhile}
    assert_only_503(outage.meanwhile, names - NEEDS_NO_DATABASE)


def test_without_the_database_nobody_waits_long(database_outage):
    for name, answer in database_outage.result().meanwhile:
        assert answer.elapsed.total_seconds() < 8, f"{name} took {answer.elapsed}"


@pytest.mark.parametrize("which", ["broker_outage", "database_outage"])
def test_it_recovers_by_itself_within_five_seconds(request, which):
    outage = request.getfixturevalue(which).result()
    assert outage.alive_before == outage.alive_after, "a process did not survive it"
    assert all(answer.status_code < 300 for _, answer in outage.before)
    failed = [(name, answer) for name, answer in outage.afterwards if answer.status_code >= 500]
    assert_only_503(failed, {name for name, _ in failed})
    assert outage.recovered < 5


def assert_only_503(answers, names):
    """Assert that all calls of these names were 503, as the API or a page says it, and no other."""
    assert names <= {name for name, _ in answers}
    for name, answer in answers:
        shown = f"{name}: {answer.status_code} {answer.text[:200]!r}"
        if name not in names:
            assert answer.status_code < 500, shown
            continue
        assert answer.status_code == 503, shown
        if name == "readiness":
            assert answer.json()["status"] == "not ready", shown
            continue
        assert int(answer.headers["Retry-After"]) >= 1, shown
        path = answer.request.url.path
        if path.startswith("/api/v2/"):
            assert is_problem(answer, 503)
        elif path.startswith("/api/"):
            assert is_error(answer, 503)
        else:
            assert answer.headers["Content-Type"].startswith("text/html"), shown
            assert faults_in_page(answer.text) == [], shown
