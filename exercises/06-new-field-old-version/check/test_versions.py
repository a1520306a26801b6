"""Looks at one question through both versions of the running step 6, before and after the end."""

import httpx
import pytest

LINKS = [f"http://127.0.0.1:1/{n}?a=1&b=2" for n in (3, 1, 2, 4)]
V1_FIELDS = set("id talk author source html score answered created_at updated_at previews".split())


@pytest.fixture(scope="session")
def posted(podium):
    """The answer to a post in version 2."""
    source = "Are these right? " + " ".join([*LINKS, LINKS[0]])
    path = f"/api/v2/talks/{podium.talk}/questions"
    answer = podium.register().post(path, json={"source": source})
    assert answer.status_code == 201, f"a post in version 2 answers {answer.status_code}"
    return answer.json()


@pytest.fixture(scope="session")
def ended(stage):
    """The step, long after the end of version 1; it can only be spoken to in version 2."""
    return stage.start(V1_SUNSET="2020-01-01")


@pytest.fixture(scope="session")
def get():
    with httpx.Client(timeout=8, trust_env=False) as http:
        yield lambda running, path: http.get(running.url + path)


def has_links(question):
    assert "links" in question, "a question in version 2 has no `links`"
    assert question["links"] == LINKS, f"`links` is {question['links']}, not {LINKS}"


def test_a_post_in_version_2_answers_the_links(posted):
    has_links(posted)


def test_the_question_by_itself_has_them(podium, posted):
    has_links(podium.http.get(f"/api/v2/questions/{posted['id']}").json())


def test_the_feed_has_them(podium, posted):
    path, items = f"/api/v2/talks/{podium.talk}/questions", []
    after = {}
    while True:
        page = podium.http.get(path, params={"limit": 100} | after).json()
        items += page["items"]
        after = {"after": page["next"]}
        if not page["more"]:
            break
    has_links(next(item for item in items if item["id"] == posted["id"]))
    without = [item["id"] for item in items if "links" not in item and "deleted" not in item]
    assert not without, f"questions {without[:3]} of the feed have no `links`"


def test_version_1_has_the_fields_it_had(podium, posted):
    question = podium.http.get(f"/api/v1/questions/{posted['id']}").json()
    assert set(question) == V1_FIELDS, f"version 1 changed: {set(question) ^ V1_FIELDS}"
    listed = podium.questions()[0]
    assert set(listed) == V1_FIELDS, f"the list of version 1: {set(listed) ^ V1_FIELDS}"


def test_the_openapi_documents_say_so(podium):
    def properties(version, path, status):
        paths = podium.http.get(f"/api/{version}/openapi.json").json()["paths"]
        answer = paths[path]["get"]["responses"][status]
        return answer["content"]["application/json"]["schema"]

    new = properties("v2", "/questions/{id}", "200")
    assert "links" in new["properties"], "version 2's document does not describe `links`"
    assert "links" in new["required"], "version 2's document does not require `links`"
    old = properties("v1", "/questions/{id}", "200")
    assert "links" not in old["properties"], "version 1's document has `links`"


def test_until_then_version_1_works_and_announces_its_end(podium):
    answer = podium.http.get("/api/v1/talks")
    assert answer.status_code == 200, f"version 1 answers {answer.status_code} already"
    sunset = answer.headers.get("Sunset")
    assert sunset == "Mon, 01 Nov 2027 00:00:00 GMT", f"the Sunset header is {sunset!r}"


@pytest.mark.parametrize("path", ["/api/v1/talks", "/api/talks", "/api/v1/questions/1"])
def test_afterwards_version_1_is_gone(ended, get, path):
    answer = get(ended, path)
    assert answer.status_code == 410, f"after the end {path} answers {answer.status_code}"
    kind = answer.headers["Content-Type"]
    assert kind == "application/json", f"the answer is {kind}, not the JSON of version 1"
    assert "/api/v2/" in answer.text, f"the reason does not name version 2: {answer.text}"
    assert "successor-version" in answer.headers.get("Link", ""), "the Link header is gone"
    sunset = answer.headers.get("Sunset")
    assert sunset == "Wed, 01 Jan 2020 00:00:00 GMT", f"the Sunset header is {sunset!r}"


def test_afterwards_version_2_and_the_pages_work(ended, get):
    for path in ("/api/v2/talks", "/", "/healthz"):
        status = get(ended, path).status_code
        assert status == 200, f"after the end of version 1 {path} answers {status}"
