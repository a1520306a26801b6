"""From step 6 on: version 1 goes on unchanged and says that it will end; version 2 beside it."""

import re
import time
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin

import pytest

from tests.podium_api import PASSWORD, is_error, unique

pytestmark = pytest.mark.since(6)

RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
JSON = {"Content-Type": "application/json"}


def is_problem(answer, status, field=None):
    """Assert that an answer is problem details as RFC 9457 and the contract have them."""
    shown = f"{answer.status_code} {answer.headers.get('Content-Type')} {answer.text[:300]!r}"
    assert answer.status_code == status, shown
    assert answer.headers["Content-Type"].split(";")[0] == "application/problem+json", shown
    problem = answer.json()
    assert {"type", "title", "status", "detail"} <= set(problem), shown
    assert set(problem) <= {"type", "title", "status", "detail", "errors", "instance"}, shown
    assert problem["status"] == status, shown
    assert all(isinstance(problem[name], str) for name in ("type", "title", "detail")), shown
    for error in problem.get("errors", []):
        assert set(error) == {"field", "message"}, shown
        assert error["message"], shown
    if field:
        assert field in [error["field"] for error in problem["errors"]], shown
    if status == 401:
        assert answer.headers["WWW-Authenticate"], shown
    if status == 405:
        assert answer.headers["Allow"], shown
    return True


@pytest.mark.parametrize(
    "path",
    [
        "/talks",
        "/talks/{talk}",
        "/questions?talk={talk}",
        "/questions?talk={talk}&limit=3&offset=2",
        "/questions/{id}",
        "/users/{nickname}",
        "/questions?talk=nothing",
        "/questions",
        "/nothing",
        "/openapi.json",
    ],
)
def test_a_path_without_a_version_answers_as_version_1(podium, alice, question, path):
    path = path.format(talk=podium.talk, id=question["id"], nickname=alice.nickname)
    for _ in range(10):
        old, new, again = (podium.http.get(f"/api{p}{path}") for p in ("", "/v1", ""))
        if old.content == again.content:
            break  # nobody else has changed something in between
    assert old.status_code == new.status_code
    if path != "/openapi.json":
        assert old.json() == new.json()
    assert old.headers["Content-Type"] == new.headers["Content-Type"]
    assert old.headers.get("ETag") == new.headers.get("ETag")


def test_version_1_writes_too(podium, bob):
    author = podium.author()
    body = {"talk": podium.talk, "source": "By way of v1?"}
    answer = author.post("/api/v1/questions", json=body)
    assert answer.status_code == 201
    path = f"/api/v1/questions/{answer.json()['id']}"
    assert podium.follow(answer).json() == answer.json()
    assert author.put(path, json={"source": "Edited?"}).status_code == 200
    assert bob.put(f"{path}/vote").status_code == 204
    assert podium.http.get(path).json()["score"] == 1
    assert author.delete(path).status_code == 204
    assert is_error(podium.http.get(path), 404)


@pytest.mark.parametrize("prefix", ["/api", "/api/v1"])
def test_version_1_says_since_when_it_is_deprecated_and_when_it_ends(podium, alice, prefix):
    answers = [
        podium.http.get(f"{prefix}/talks"),
        podium.http.get(f"{prefix}/questions?talk={podium.talk}"),
        podium.http.get(f"{prefix}/questions?talk=nothing"),
        podium.http.post(f"{prefix}/tokens"),
        alice.get(f"{prefix}/votes?talk={podium.talk}"),
    ]
    for answer in answers:
        deprecated = re.fullmatch(r"@(\d+)", answer.headers["Deprecation"])
        assert deprecated, answer.headers["Deprecation"]
        assert int(deprecated[1]) < time.time() + 366 * 24 * 3600
        sunset = parsedate_to_datetime(answer.headers["Sunset"])
        assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", answer.headers["Sunset"])
        assert sunset.timestamp() > int(deprecated[1])
        assert answer.links["successor-version"]["url"].find("/api/v2") >= 0


def test_a_304_of_version_1_tells_it_too(podium):
    tag = podium.http.get(f"/api/questions?talk={podium.talk}").headers["ETag"]
    headers = {"If-None-Match": tag}
    answer = podium.http.get(f"/api/questions?talk={podium.talk}", headers=headers)
    assert answer.status_code == 304
    assert answer.headers["Deprecation"] and answer.headers["Sunset"]


def test_the_successor_of_a_list_is_there(podium):
    answer = podium.http.get(f"/api/questions?talk={podium.talk}&limit=2")
    assert {"next", "successor-version"} <= set(answer.links)
    url = urljoin(str(answer.url), answer.links["successor-version"]["url"])
    assert podium.http.get(url).status_code == 200


def test_version_2_and_the_pages_are_not_deprecated(podium):
    for path in (f"/api/v2/talks/{podium.talk}", f"/talks/{podium.talk}", "/api/v2/nothing"):
        answer = podium.http.get(path)
        assert "Deprecation" not in answer.headers and "Sunset" not in answer.headers


def test_version_2_has_what_version_1_has(podium):
    nickname = unique()
    body = {"nickname": nickname, "password": PASSWORD}
    answer = podium.http.post("/api/v2/users", json=body)
    assert answer.status_code == 201
    assert podium.follow(answer).json()["nickname"] == nickname
    assert "/api/v2/" in answer.headers["Location"]
    answer = podium.http.post("/api/v2/tokens", auth=(nickname, PASSWORD))
    assert answer.status_code == 201
    headers = {"Authorization": f"Bearer {answer.json()['token']}"}
    assert podium.http.get("/api/v2/talks").json() == podium.http.get("/api/talks").json()
    assert set(podium.http.get("/api/v2/stats").json()) == {"present", "requests_per_second"}
    votes = podium.http.get(f"/api/v2/votes?talk={podium.talk}", headers=headers)
    assert votes.json() == {"questions": []}
    assert podium.http.delete("/api/v2/tokens", headers=headers).status_code == 204
    assert is_problem(podium.http.delete("/api/v2/tokens", headers=headers), 401)


def test_a_question_in_version_2_has_its_times_in_words(podium):
    author = podium.author()
    path = f"/api/v2/talks/{podium.talk}/questions"
    answer = author.post(path, json={"source": "When?"})
    assert answer.status_code == 201
    new = answer.json()
    assert podium.follow(answer).json() == new
    assert answer.headers["Location"].endswith(f"/api/v2/questions/{new['id']}")
    old = podium.question(new["id"])
    for name, value in old.items():
        if name.endswith("_at"):
            assert RFC3339.fullmatch(new[name]), new[name]
            assert seconds(new[name]) == pytest.approx(value, abs=1)
        elif name == "previews":
            assert new[name] == {"status": "done", "items": value}
        else:
            assert new[name] == value
    assert set(new) == set(old)


@pytest.mark.until(6)
def test_the_answer_to_a_post_in_version_2_has_the_previews(podium):
    path = f"/api/v2/talks/{podium.talk}/questions"
    source = f"What does {podium.slow_site_url}/page/5 say?"
    answer = podium.author().post(path, json={"source": source})
    assert answer.status_code == 201
    new = answer.json()
    assert new["previews"]["status"] == "done"
    assert new["previews"]["items"] == podium.question(new["id"])["previews"] != []


def test_version_2_edits_votes_answers_and_deletes(podium, bob, organiser):
    author = podium.author()
    path = f"/api/v2/questions/{author.ask('For v2?')['id']}"
    edited = author.put(path, json={"source": "Edited in v2?"})
    assert (edited.status_code, edited.json()["source"]) == (200, "Edited in v2?")
    for person, name in ((bob, "vote"), (organiser, "answered")):
        assert person.put(f"{path}/{name}").status_code == 204
    shown = podium.http.get(path).json()
    assert (shown["score"], shown["answered"]) == (1, True)
    for person, name in ((bob, "vote"), (organiser, "answered")):
        assert person.delete(f"{path}/{name}").status_code == 204
    assert is_problem(author.put(f"{path}/vote"), 403)
    assert is_problem(bob.put(path, json={"source": "Mine?"}), 403)
    assert is_problem(bob.delete(path), 403)
    assert author.delete(path).status_code == 204
    assert is_problem(podium.http.get(path), 404)


def test_the_transcript_of_version_2_is_the_organisers(podium, alice, organiser):
    path = f"/api/v2/talks/{podium.talk}/transcript.pdf"
    assert is_problem(podium.http.get(path), 401)
    assert is_problem(alice.get(path), 403)
    assert organiser.get(path).content.startswith(b"%PDF-")


def test_mistakes_in_version_2_are_problem_details(podium, alice):
    http, base = podium.http, "/api/v2"
    questions = f"{base}/talks/{podium.talk}/questions"
    user = {"nickname": unique(), "password": PASSWORD}
    assert is_problem(http.get(f"{base}/nothing"), 404)
    assert is_problem(http.get(f"{base}/talks/nothing"), 404)
    assert is_problem(http.get(f"{base}/talks/nothing/questions"), 404)
    assert is_problem(http.get(f"{base}/questions/{'9' * 30}"), 404)
    assert is_problem(http.get(f"{base}/questions/abc"), 404)
    assert is_problem(http.delete(f"{base}/talks"), 405)
    assert is_problem(http.post(f"{base}/tokens"), 401)
    assert is_problem(http.post(questions, json={"source": "?"}), 401)
    assert is_problem(http.post(f"{base}/users", content=b"x"), 415)
    assert is_problem(http.post(f"{base}/users", json={"nickname": "x" * 70_000}), 413)
    assert is_problem(http.post(f"{base}/users", json=user | {"nickname": "x"}), 400, "nickname")
    assert is_problem(http.post(f"{base}/users", json=user | {"colour": "red"}), 400, "colour")
    assert is_problem(http.post(f"{base}/users", json=user | {"nickname": alice.nickname}), 409)
    for body in (b"", b"[]", b"null", b"{", b'{"a": "\xff"}', b"[" * 20_000, b'{"a": "\\ud800"}'):
        assert is_problem(http.post(f"{base}/users", content=body, headers=JSON), 400)
    for source in ("", " ", "nul\0l", None, True, ["x"], "x" * 2001):
        answer = podium.author().post(questions, json={"source": source})
        assert is_problem(answer, 400, "source")


def test_version_2_limits_questions_and_tries_too(podium):
    eager = podium.register()
    path = f"/api/v2/talks/{podium.side_talk}/questions"
    answers = [eager.post(path, json={"source": "More?"}) for _ in range(31)]
    assert [answer.status_code for answer in answers] == [201] * 30 + [429]
    assert is_problem(answers[-1], 429)
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    # One limit for both versions, else there is none.
    body = {"talk": podium.talk, "source": "And in v1?"}
    assert is_error(eager.post("/api/questions", json=body), 429)


def seconds(text):
    from datetime import datetime

    return datetime.fromisoformat(text).timestamp()
