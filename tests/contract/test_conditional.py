"""From step 4 on: a list that has not changed costs next to nothing, and lists come in pages."""

import re
from urllib.parse import urljoin

import pytest

from tests.podium_api import is_error

pytestmark = pytest.mark.since(4)


@pytest.fixture
def tag(podium):
    """The ETag of the list as it is now."""
    return read_list(podium).headers["ETag"]


def test_a_list_has_an_etag_that_stays_while_nothing_changes(podium, tag):
    assert re.fullmatch(r'(W/)?"[!#-~]+"', tag)
    assert read_list(podium).headers["ETag"] == tag


def test_a_client_that_has_the_list_gets_304_without_a_body(podium, tag):
    answer = read_list(podium, tag)
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["ETag"] == tag
    assert int(answer.headers.get("Content-Length", 0)) == 0


def test_an_etag_is_found_in_a_list_weak_or_by_a_star(podium, tag):
    opaque = tag.removeprefix("W/")
    for header in (f'"x", {tag}, "y"', f"W/{opaque}", f'"x",W/{opaque}', "*"):
        assert read_list(podium, header).status_code == 304, header


def test_another_etag_is_answered_with_the_whole_list(podium, tag):
    for header in ('"x"', 'W/"x"', tag.strip('"') + "x", '""', '"', "x", "W/", '"x" "y"', "**"):
        answer = read_list(podium, header)
        assert answer.status_code == 200, header
        assert answer.json()["questions"]


def test_head_is_conditional_too(podium, tag):
    params = {"talk": podium.talk}
    answer = podium.http.head("/api/questions", params=params)
    assert (answer.status_code, answer.headers["ETag"], answer.content) == (200, tag, b"")
    headers = {"If-None-Match": tag}
    answer = podium.http.head("/api/questions", params=params, headers=headers)
    assert (answer.status_code, answer.content) == (304, b"")


CHANGES = {
    "a new question": lambda author, voter, organiser, path: author.ask("New?"),
    "an edit": lambda author, voter, organiser, path: author.put(path, json={"source": "Edited?"}),
    "a deletion": lambda author, voter, organiser, path: author.delete(path),
    "a vote": lambda author, voter, organiser, path: voter.put(f"{path}/vote"),
    "an answer": lambda author, voter, organiser, path: organiser.put(f"{path}/answered"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_every_change_gives_another_etag(podium, bob, organiser, what):
    author = podium.author()
    path = f"/api/questions/{author.ask('Unchanged?')['id']}"
    tag = read_list(podium).headers["ETag"]
    CHANGES[what](author, bob, organiser, path)
    answer = read_list(podium, tag)
    assert answer.status_code == 200
    assert answer.headers["ETag"] != tag


def test_a_vote_taken_back_is_a_change_in_the_same_second_too(podium, bob, question):
    tags = []
    for change in (bob.vote, bob.unvote, bob.vote):
        change(question)
        tags.append(read_list(podium).headers["ETag"])
    assert tags[0] != tags[1] != tags[2]


def test_ten_changes_in_a_row_give_ten_etags(podium):
    author = podium.author()
    path = f"/api/questions/{author.ask('Version 0?')['id']}"
    tags = set()
    for n in range(10):
        author.put(path, json={"source": f"Version {n}?"})
        tags.add(read_list(podium).headers["ETag"])
    assert len(tags) == 10


def test_a_vote_that_changes_nothing_keeps_the_etag(podium, bob, question):
    bob.vote(question)
    tag = read_list(podium).headers["ETag"]
    bob.vote(question)
    assert read_list(podium, tag).status_code == 304


def test_the_etag_of_one_talk_does_not_fit_another(podium, tag):
    other = podium.talks[1]["slug"]
    headers = {"If-None-Match": tag}
    answer = podium.http.get("/api/questions", params={"talk": other}, headers=headers)
    assert answer.status_code == 200


def test_a_change_in_one_talk_leaves_the_other_lists_in_peace(podium):
    params = {"talk": podium.talks[2]["slug"]}
    tag = podium.http.get("/api/questions", params=params).headers["ETag"]
    podium.ask("Only here?")
    answer = podium.http.get("/api/questions", params=params, headers={"If-None-Match": tag})
    assert answer.status_code == 304


def test_a_condition_does_not_hide_a_mistake(podium):
    headers = {"If-None-Match": "*"}
    for query, status in (("talk=nothing", 404), ("talk=x&since=abc", 400), ("", 400)):
        assert is_error(podium.http.get(f"/api/questions?{query}", headers=headers), status)


def test_what_is_for_everybody_says_that_it_is_to_be_checked(podium):
    policy = read_list(podium).headers["Cache-Control"]
    assert "no-cache" in policy or "max-age=0" in policy


@pytest.mark.parametrize("limit", [1, 7, 100])
def test_pages_followed_by_their_links_are_the_whole_list(podium, limit):
    whole = podium.questions()
    answer = podium.http.get("/api/questions", params={"talk": podium.talk, "limit": limit})
    found = []
    for _ in range(len(whole) // limit + 2):
        page = answer.json()["questions"]
        found += page
        if "next" not in answer.links:
            break
        assert len(page) == limit
        answer = podium.http.get(urljoin(str(answer.url), answer.links["next"]["url"]))
    assert found == whole


def test_offset_and_limit_cut_out_a_part(podium):
    whole = podium.questions()
    assert podium.questions(limit=3, offset=2) == whole[2:5]
    assert podium.questions(offset=2) == whole[2:]
    assert podium.questions(limit=5, offset=len(whole) - 5) == whole[-5:]
    assert podium.questions(limit=5, offset=len(whole) + 5) == []


def test_the_last_page_and_the_whole_list_have_no_next_link(podium):
    size = len(podium.questions())
    for query in ({}, {"limit": 5, "offset": size - 5}, {"limit": 1, "offset": size + 1}):
        answer = podium.http.get("/api/questions", params={"talk": podium.talk} | query)
        assert "next" not in answer.links


def test_the_next_link_keeps_the_other_parameters(podium):
    query = {"talk": podium.talk, "since": 1, "limit": 2}
    answer = podium.http.get("/api/questions", params=query)
    url = answer.links["next"]["url"]
    assert "since=1" in url and f"talk={podium.talk}" in url and "limit=2" in url


@pytest.mark.parametrize("name,value", [("limit", "0"), ("limit", "101"), ("offset", "-1")])
def test_a_page_out_of_range_is_refused_by_name(podium, name, value):
    answer = podium.http.get("/api/questions", params={"talk": podium.talk, name: value})
    assert is_error(answer, 400, field=name)


@pytest.mark.parametrize("value", ["abc", "-1", "1.5", "9" * 40, "٣", "1e2", "\0", "9" * 5000])
@pytest.mark.parametrize("name", ["limit", "offset"])
def test_a_page_that_is_no_number_is_refused_by_name(podium, name, value):
    answer = podium.http.get("/api/questions", params={"talk": podium.talk, name: value})
    assert is_error(answer, 400, field=name)


def read_list(podium, etag=None):
    headers = {"If-None-Match": etag} if etag else {}
    return podium.http.get("/api/questions", params={"talk": podium.talk}, headers=headers)
