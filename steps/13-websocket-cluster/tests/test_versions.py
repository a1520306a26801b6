import re

import pytest
from sqlalchemy import event

from podium.extensions import db
from podium.questions.cursor import read_cursor, write_cursor
from podium.services.errors import Invalid

FEED = "/api/v2/talks/talk/questions"


@pytest.fixture
def follow(client):
    """Everything after a cursor, page by page: the items, and the cursor to go on with."""

    def follow(cursor=None, limit=50):
        items = []
        while True:
            after = f"&after={cursor}" if cursor else ""
            page = client.get(f"{FEED}?limit={limit}{after}").json
            items += page["items"]
            cursor = page["next"]
            if not page["more"]:
                return items, cursor

    return follow


def test_version_1_loses_what_changes_in_the_second_of_the_last_look(client, log_in, ask):
    asker = log_in("asker")
    seen = ask(asker, "First?")
    lost = ask(asker, "In the same second?")
    since = max(seen["updated_at"], lost["updated_at"])
    assert client.get(f"/api/v1/questions?talk=talk&since={since}").json["questions"] == []


def test_version_2_misses_nothing_in_the_same_second(log_in, ask, follow):
    asker = log_in("asker")
    ask(asker, "First?")
    _, cursor = follow()
    later = ask(asker, "In the same second?")
    items, cursor = follow(cursor)
    assert [item["id"] for item in items] == [later["id"]]
    assert follow(cursor) == ([], cursor)


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_pages_of_any_size_tell_the_same(log_in, ask, follow, limit):
    asker = log_in("asker")
    posted = [ask(asker, f"Number {n}?")["id"] for n in range(5)]
    items, _ = follow(limit=limit)
    assert [item["id"] for item in items] == posted


def test_each_kind_of_change_comes_through(client, log_in, ask, follow):
    author, voter = log_in("author"), log_in("voter")
    url = f"/api/v2/questions/{ask(author)['id']}"
    _, cursor = follow()
    for change in (
        lambda: client.put(url, json={"source": "Better?"}, headers=author),
        lambda: client.put(f"{url}/vote", headers=voter),
        lambda: client.delete(f"{url}/vote", headers=voter),
        lambda: client.delete(url, headers=author),
    ):
        change()
        items, cursor = follow(cursor)
        assert len(items) == 1
    assert items[0]["deleted"] is True and "source" not in items[0]
    assert client.get(url).status_code == 404


def test_a_list_is_one_query_whatever_its_length(app, client, log_in, ask):
    asker = log_in("asker")
    for n in range(30):
        ask(asker, f"Number {n}?")
    statements = []
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    for limit in (1, 30):
        statements.clear()
        assert len(client.get(f"{FEED}?limit={limit}").json["items"]) == limit
        assert len(statements) == 1, statements


def test_an_unchanged_feed_is_304(client, log_in, ask):
    asker = log_in("asker")
    ask(asker)
    etag = {"If-None-Match": client.get(FEED).headers["ETag"]}
    assert client.get(FEED, headers=etag).status_code == 304
    ask(asker, "News?")
    assert client.get(FEED, headers=etag).status_code == 200


def test_an_error_is_a_problem_document(client):
    answer = client.get(f"{FEED}?limit=0")
    assert answer.content_type == "application/problem+json"
    assert answer.json["errors"][0]["field"] == "limit"
    for url in ("/api/v2/nothing", "/api/v2/questions/99", "/api/v2/talks/none/questions"):
        answer = client.get(url)
        assert (answer.status_code, answer.content_type) == (404, "application/problem+json")
    answer = client.put("/api/v2/questions/1/vote")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert (answer.status_code, answer.content_type) == (401, "application/problem+json")


@pytest.mark.parametrize("cursor", ["x", "%00", "a" * 500, "MTIz", "LTE6dGFsaw", "é"])
def test_a_cursor_that_is_none_is_refused(client, cursor):
    assert client.get(f"{FEED}?after={cursor}").status_code == 400


def test_a_cursor_of_another_talk_or_from_the_future_is_refused(client):
    assert read_cursor("talk", write_cursor("talk", 7)) == 7
    with pytest.raises(Invalid):
        read_cursor("talk", write_cursor("other", 7))
    for future in (2**60, 2**63, -1):
        assert client.get(f"{FEED}?after={write_cursor('talk', future)}").status_code == 400


@pytest.mark.parametrize("prefix", ["/api", "/api/v1"])
def test_version_1_announces_its_end(client, prefix):
    answer = client.get(f"{prefix}/questions?talk=talk")
    assert re.fullmatch(r"@\d{10}", answer.headers["Deprecation"])
    assert answer.headers["Sunset"].endswith("GMT")
    assert '</api/v2/talks/talk/questions>; rel="successor-version"' in answer.headers["Link"]


def test_version_2_does_not(client):
    assert "Deprecation" not in client.get(FEED).headers
