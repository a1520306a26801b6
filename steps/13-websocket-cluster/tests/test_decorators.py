import inspect
import re

import pytest
from pydantic import BaseModel

from podium import create_app
from podium.api.decorators import conditional, json_body, paginated
from podium.config import Testing


class Body(BaseModel, extra="forbid"):
    text: str


DECORATORS = {
    "json_body": json_body(Body),
    "paginated": paginated("rows", str),
    "conditional": conditional(lambda: "1"),
}


@pytest.mark.parametrize("decorate", DECORATORS.values(), ids=DECORATORS)
def test_a_decorator_keeps_name_docstring_and_signature(decorate):
    def view(first, second=2):
        """What the view does."""

    decorated = decorate(view)
    assert (decorated.__name__, decorated.__doc__) == ("view", "What the view does.")
    assert str(inspect.signature(decorated)) == "(first, second=2)"


@pytest.fixture
def bare():
    """An application with no views, for a test to add its own."""
    return create_app(Testing)


def test_json_body_hands_over_the_model(bare):
    bare.post("/api/echo")(json_body(Body)(lambda body: {"got": body.text}))
    client = bare.test_client()
    assert client.post("/api/echo", json={"text": "hello"}).json == {"got": "hello"}
    assert client.post("/api/echo", json={"text": 7}).status_code == 400
    assert client.post("/api/echo", json={"text": "a", "more": "b"}).status_code == 400
    assert client.post("/api/echo", data="text=hello").status_code == 415


def test_conditional_spares_the_view_when_nothing_changed(bare):
    versions, calls = ["1", "1", "2"], []

    def view():
        calls.append("called")
        return {"calls": len(calls)}

    bare.get("/news")(conditional(lambda: versions.pop(0))(view))
    client = bare.test_client()
    first = client.get("/news")
    second = client.get("/news", headers={"If-None-Match": first.headers["ETag"]})
    third = client.get("/news", headers={"If-None-Match": first.headers["ETag"]})
    assert [answer.status_code for answer in (first, second, third)] == [200, 304, 200]
    assert second.data == b"" and second.headers["ETag"] == first.headers["ETag"]
    assert third.json == {"calls": 2}


def test_who_may_is_asked_before_what_they_sent(client, ask, log_in):
    url = f"/api/questions/{ask(log_in('author'))['id']}"
    assert client.put(url, data="not JSON").status_code == 401


def test_pages_follow_each_other_without_gap_or_overlap(client, log_in, ask):
    asker = log_in("asker")
    posted = [ask(asker, f"Number {n}?")["id"] for n in range(5)]
    url, seen = "/api/questions?talk=talk&limit=2", []
    while url:
        answer = client.get(url)
        seen += [question["id"] for question in answer.json["questions"]]
        following = re.search('<([^>]+)>; rel="next"', ", ".join(answer.headers.getlist("Link")))
        url = following and following[1]
    assert seen == posted


@pytest.mark.parametrize("page", ["limit=0", "limit=101", "limit=x", "offset=-1", "offset=1e3"])
def test_a_page_that_cannot_be_is_refused(client, page):
    assert client.get(f"/api/questions?talk=talk&{page}").status_code == 400


def test_every_change_of_the_list_changes_its_etag(app, client, log_in, ask):
    author, voter = log_in("author"), log_in("voter")
    seen = []

    def look():
        seen.append(client.get("/api/questions?talk=talk").headers["ETag"])

    look()
    url = f"/api/questions/{ask(author)['id']}"
    look()
    client.put(url, json={"source": "Better?"}, headers=author)
    look()
    client.put(f"{url}/vote", headers=voter)
    look()
    client.delete(f"{url}/vote", headers=voter)
    look()
    client.delete(url, headers=author)
    look()
    assert len(set(seen)) == len(seen) == 6
