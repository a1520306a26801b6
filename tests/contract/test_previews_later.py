"""From step 7 on: previews come later, and everybody is told when they are there."""

from dataclasses import dataclass

import pytest
from feed import Feed

from tests.podium_api import is_error, unique, wait_until

pytestmark = pytest.mark.since(7)

PENDING = {"status": "pending"}
QUIET = 2  # the number of a talk to which few other tests write
GIVEN_UP_AFTER = 3  # seconds that the reading of a page may take
# Seconds after which a linked page answers: in a later second than the post, so that a busy machine
# too sees the preview pending, and in time.
DELAY = 1.7


@pytest.fixture(scope="module")
def feed(podium):
    return Feed(podium, podium.talks[QUIET]["slug"])


@dataclass
class Arrival:
    """A question with a link, and what people saw of it before and after its preview arrived."""

    answer: dict
    alone: dict
    old: dict
    changes_before: list
    changes_after: list
    changes_later: list


@pytest.fixture(scope="module")
def arrival(podium, feed):
    cursor = feed.end()
    source = f"Does {podium.slow_site_url}/page/3?delay={DELAY} say when?"
    answer = podium.author().post(feed.path, json={"source": source})
    assert answer.status_code == 201, answer.text
    path = f"/api/v2/questions/{answer.json()['id']}"
    alone, old = podium.http.get(path).json(), podium.question(answer.json()["id"])
    before, cursor = feed.follow(cursor)
    after = []

    def arrived():
        nonlocal cursor
        items, cursor = feed.follow(cursor)
        after.extend(items)
        return after and after[-1]["previews"] != PENDING

    wait_until(arrived, f"the preview of {source!r} does not arrive", 20)
    return Arrival(answer.json(), alone, old, before, after, feed.follow(cursor)[0])


def test_a_preview_that_is_still_to_come_is_pending_and_nothing_else(arrival):
    assert arrival.answer["previews"] == PENDING
    assert arrival.alone == arrival.answer
    assert arrival.changes_before == [arrival.answer]


def test_version_1_has_no_previews_until_they_arrive(arrival):
    assert arrival.old["previews"] == []


def test_a_preview_that_arrives_is_one_change_after_the_cursor(podium, arrival):
    alone = podium.http.get(f"/api/v2/questions/{arrival.answer['id']}").json()
    assert arrival.changes_after == [alone]
    assert arrival.changes_later == []
    assert alone["previews"]["status"] == "done"
    assert [item["url"] for item in alone["previews"]["items"]] == [
        f"{podium.slow_site_url}/page/3?delay={DELAY}"
    ]
    different = {name for name, value in alone.items() if arrival.answer[name] != value}
    assert different == {"previews", "updated_at"}


def test_a_preview_that_arrives_is_a_change_for_version_1_too(podium, feed, arrival):
    changed = podium.questions(talk=feed.talk, since=arrival.old["updated_at"])
    found = [each for each in changed if each["id"] == arrival.answer["id"]]
    assert [len(each["previews"]) for each in found] == [1]


def test_a_question_with_a_preview_is_in_the_list_as_it_is_by_itself(podium, feed):
    question = podium.settled(feed.ask(source=f"What is in {podium.slow_site_url}/page/1 ?"))
    alone = podium.http.get(f"/api/v2/questions/{question['id']}").json()
    assert alone["previews"] == {"status": "done", "items": question["previews"]}
    assert len(question["previews"]) == 1
    assert feed.follow()[0][-1] == alone


def test_without_a_link_there_is_nothing_to_wait_for(podium, feed):
    answer = podium.author().post(feed.path, json={"source": "Nothing to read here?"})
    assert answer.json()["previews"] == {"status": "done", "items": []}


def test_several_links_are_pending_until_the_last_has_come(podium, feed):
    slow = f"{podium.slow_site_url}/page/4?delay={DELAY}"
    fast = f"{podium.slow_site_url}/page/5"
    question = podium.author().post(feed.path, json={"source": f"{fast} or {slow} ?"}).json()
    seen = []

    def done():
        shown = podium.http.get(f"/api/v2/questions/{question['id']}").json()["previews"]
        seen.append(shown)
        return shown["status"] == "done"

    wait_until(done, "two previews do not arrive", 20)
    assert seen[:-1] and all(shown == PENDING for shown in seen[:-1])
    assert [item["url"] for item in seen[-1]["items"]] == [fast, slow]


def test_an_edit_makes_the_previews_pending_again(podium, feed):
    author = podium.author()
    pages = [f"{podium.slow_site_url}/page/{n}?delay=0.3" for n in (6, 7)]
    question = podium.settled(feed.ask(author, f"Do I mean {pages[0]} here?"))
    cursor = feed.end()
    path = f"/api/v2/questions/{question['id']}"
    edited = author.put(path, json={"source": f"Do I mean {pages[1]} here?"})
    assert (edited.status_code, edited.json()["previews"]) == (200, PENDING)
    assert edited.json()["id"] in feed.ids_after(cursor)
    assert [each["url"] for each in podium.settled(question)["previews"]] == [pages[1]]


def test_the_preview_of_a_link_that_was_edited_away_never_shows(podium, feed):
    author = podium.author()
    old = feed.ask(author, f"First {podium.slow_site_url}/page/8?delay=0.6 ?")
    path = f"/api/v2/questions/{old['id']}"
    new = f"{podium.slow_site_url}/page/9"
    assert author.put(path, json={"source": f"Then {new} ?"}).status_code == 200
    # What is asked for later and comes later than the first link's page.
    podium.settled(feed.ask(source=f"Last {podium.slow_site_url}/page/1?delay=0.9 ?"))
    assert [each["url"] for each in podium.settled(old)["previews"]] == [new]


def test_a_question_deleted_while_it_waits_for_a_preview_leaves_no_trace(podium, feed):
    author = podium.author()
    question = feed.ask(author, f"Gone before {podium.slow_site_url}/page/8?delay={DELAY} is read?")
    path = f"/api/v2/questions/{question['id']}"
    assert podium.http.get(path).json()["previews"] == PENDING
    cursor = feed.end()
    assert author.delete(path).status_code == 204
    later = f"{podium.slow_site_url}/page/1?delay={DELAY + 0.3}"
    marker = feed.ask(source=f"Later {unique()}: {later} ?")
    podium.settled(marker)
    items, _ = feed.follow(cursor)
    assert [item for item in items if item["id"] == question["id"]] == [
        {"id": question["id"], "deleted": True}
    ]
    assert is_error(podium.http.get(f"/api/questions/{question['id']}"), 404)
    assert podium.http.get(path).status_code == 404


def test_a_post_waits_for_no_link(podium):
    author = podium.register()
    body = {"source": " ".join(f"{podium.slow_site_url}/never?{n}" for n in range(3))}
    edited = author.ask("Without a link?", podium.side_talk)
    for answer in (
        author.post("/api/questions", json=body | {"talk": podium.side_talk}),
        author.post(f"/api/v2/talks/{podium.side_talk}/questions", json=body),
        author.put(f"/api/questions/{edited['id']}", json=body),
    ):
        assert answer.status_code in (200, 201), answer.text
        assert answer.elapsed.total_seconds() < GIVEN_UP_AFTER
        path = f"/api/v2/questions/{answer.json()['id']}"
        assert podium.http.get(path).json()["previews"] == PENDING
        # Nobody tries these links again and again while other tests wait for theirs.
        assert author.delete(path).status_code == 204
