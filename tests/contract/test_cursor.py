"""From step 6 on: who follows the cursor sees every change, and nothing twice."""

import random
import threading

import pytest
from feed import Feed
from test_api_versions import is_problem

pytestmark = pytest.mark.since(6)

QUIET = 2  # the number of a talk that only these tests write to


@pytest.fixture(scope="module")
def feed(podium):
    return Feed(podium, podium.talks[QUIET]["slug"])


def test_a_list_comes_in_parts_that_are_together_all_questions_once(podium, feed):
    whole, _ = feed.follow(limit=100)
    ids = [item["id"] for item in whole if "deleted" not in item]
    assert sorted(ids) == sorted(each["id"] for each in podium.questions(talk=feed.talk))
    assert len(ids) == len(set(ids))
    for limit in (1, 7):
        assert feed.follow(limit=limit)[0] == whole


def test_without_a_limit_a_part_has_at_most_50_items(podium, feed):
    for _ in range(52 - len(podium.questions(talk=feed.talk))):
        feed.ask()
    page = feed.read().json()
    assert len(page["items"]) == 50 and page["more"] is True


def test_the_order_is_that_of_the_last_change(podium, feed, bob):
    first, second, third = (feed.ask() for _ in range(3))
    bob.vote(first)
    ids = [item["id"] for item in feed.follow()[0]]
    assert ids[-3:] == [second["id"], third["id"], first["id"]]


def test_a_question_of_version_2_is_in_the_list_as_it_is_by_itself(podium, feed):
    question = feed.ask()
    alone = podium.http.get(f"/api/v2/questions/{question['id']}").json()
    assert feed.follow()[0][-1] == alone


def test_when_nothing_changed_there_are_no_items_and_the_same_cursor(feed):
    end = feed.end()
    assert feed.read(end).json() == {"items": [], "next": end, "more": False}


def test_everything_that_changes_is_after_the_cursor(podium, feed, bob):
    organiser = podium.log_in(podium.talks[QUIET]["organiser"], "podium-demo")
    author = podium.author()
    voted, edited, answered, deleted = (feed.ask(author) for _ in range(4))
    changes = [
        (voted, lambda: bob.vote(voted)),
        (voted, lambda: bob.unvote(voted)),
        (edited, lambda: author.put(path_of(edited), json={"source": "Edited?"})),
        (answered, lambda: organiser.put(f"{path_of(answered)}/answered")),
        (answered, lambda: organiser.delete(f"{path_of(answered)}/answered")),
        (deleted, lambda: author.delete(path_of(deleted))),
    ]
    for question, change in changes:
        before = feed.end()
        change()
        assert feed.ids_after(before) == [question["id"]]


def test_a_question_posted_in_the_same_second_is_not_lost(feed):
    cursor = feed.end()
    for _ in range(20):
        question = feed.ask()
        page = feed.read(cursor).json()
        assert [item["id"] for item in page["items"]] == [question["id"]]
        cursor = page["next"]


def test_a_deleted_question_is_named_with_nothing_but_its_id(podium, feed):
    author = podium.author()
    question = feed.ask(author)
    cursor = feed.end()
    author.delete(path_of(question))
    items, _ = feed.follow(cursor)
    assert items == [{"id": question["id"], "deleted": True}]


def test_a_vote_that_changes_nothing_is_no_change(feed, bob):
    question = feed.ask()
    bob.vote(question)
    cursor = feed.end()
    bob.vote(question)
    assert feed.ids_after(cursor) == []


def test_what_is_refused_is_no_change(podium, feed, bob):
    question = feed.ask()
    cursor = feed.end()
    bob.put(path_of(question), json={"source": "Mine?"})
    bob.delete(path_of(question))
    bob.put(f"{path_of(question)}/answered")
    assert feed.ids_after(cursor) == []


def test_changes_in_other_talks_do_not_show(podium, feed):
    cursor = feed.end()
    podium.ask("Elsewhere?", talk=podium.talks[0]["slug"])
    assert feed.ids_after(cursor) == []


def test_a_part_has_an_etag_and_is_304_while_nothing_changes(feed):
    end = feed.end()
    for after, limit in ((None, None), (None, 3), (end, None)):
        answer = feed.read(after, limit)
        tag = answer.headers["ETag"]
        again = feed.read(after, limit, etag=tag)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == tag
        assert feed.read(after, limit, etag=f'"x", W/{tag.removeprefix("W/")}').status_code == 304
        assert feed.read(after, limit, etag='"x"').status_code == 200


def test_a_change_gives_the_end_of_the_list_another_etag(feed):
    end = feed.end()
    tag = feed.read(end).headers["ETag"]
    question = feed.ask()
    answer = feed.read(end, etag=tag)
    assert answer.status_code == 200
    assert [item["id"] for item in answer.json()["items"]] == [question["id"]]
    assert answer.headers["ETag"] != tag


@pytest.mark.parametrize(
    "after",
    ["x", "", "0", "-1", "%00", "%ff", "٣", "AAAA", "====", "a" * 5000, "../..", "9" * 40, "e30"],
)
def test_a_malformed_cursor_is_refused_by_name(feed, after):
    answer = feed.podium.http.get(f"{feed.path}?after={after}")
    assert is_problem(answer, 400, field="after")


def test_a_cursor_that_was_tampered_with_is_refused_or_harmless(feed):
    end = feed.end()
    for text in (end[:-1], end[1:], end + "A", end[::-1], end.swapcase(), end + "\0"):
        answer = feed.read(text)
        assert answer.status_code in (200, 400)


def test_the_cursor_of_another_talk_is_refused_or_harmless(podium, feed):
    other = Feed(podium, podium.talks[1]["slug"]).end()
    answer = feed.read(other)
    assert answer.status_code in (200, 400)


@pytest.mark.parametrize("limit", ["0", "101", "-1", "abc", "1.5", "9" * 30, "٣", "%00", ""])
def test_a_limit_out_of_range_is_refused_by_name(feed, limit):
    answer = feed.podium.http.get(f"{feed.path}?limit={limit}")
    assert is_problem(answer, 400, field="limit")


class Reader:
    """Follows the cursor from the beginning and keeps what it saw last of each question."""

    def __init__(self, feed, limit):
        self.feed, self.limit = feed, limit
        self.seen, self.repeated, self.backwards = {}, [], []
        self.cursors = [None]

    def run(self, done):
        """Read until `done` is set and nothing has come since."""
        while True:
            last = done.is_set()
            page = self.feed.read(self.cursors[-1], self.limit).raise_for_status().json()
            for item in page["items"]:
                if self.seen.get(item["id"]) == item:
                    self.repeated.append(item)
                self.seen[item["id"]] = item
            if page["items"] and page["next"] in self.cursors:
                self.backwards.append(page["next"])
            self.cursors.append(page["next"])
            if last and not page["items"] and not page["more"]:
                return


def write(feed, author, voters, seed):
    """Change questions for a while, never back to what they were; return the ids."""
    dice = random.Random(seed)
    waiting = {}
    ids = []
    for n in range(60):
        what = dice.choice(("post", "edit", "vote", "vote", "delete"))
        if what == "post" or len(waiting) < 3:
            if author.posts < 20:
                question = feed.ask(author, f"Writer {seed}, question {n}?")
                ids.append(question["id"])
                waiting[question["id"]] = list(voters)
            continue
        id = dice.choice(list(waiting))
        path = f"/api/questions/{id}"
        if what == "edit":
            answer = author.put(path, json={"source": f"Writer {seed}, edit {n}?"})
        elif what == "vote" and waiting[id]:
            answer = waiting[id].pop().put(f"{path}/vote")
        elif what == "delete" and len(waiting) > 4:
            answer = author.delete(path)
            del waiting[id]
        else:
            continue
        assert answer.status_code in (200, 204), answer.text
    return ids


def test_readers_of_a_list_that_is_written_to_miss_nothing_and_see_nothing_twice(
    podium, feed, background
):
    voters = [podium.register() for _ in range(6)]
    authors = [podium.register() for _ in range(5)]
    done = threading.Event()
    readers = [Reader(feed, limit) for limit in (1, 2, 3, 10, None)]
    reading = [background.submit(reader.run, done) for reader in readers]
    writing = [
        background.submit(write, feed, author, voters, seed) for seed, author in enumerate(authors)
    ]
    written = [id for future in writing for id in future.result(timeout=60)]
    done.set()
    for future in reading:
        future.result(timeout=60)

    final = {item["id"]: item for item in feed.follow(limit=100)[0]}
    alive = {each["id"] for each in podium.questions(talk=feed.talk)}
    assert len(written) > 30 and alive < set(written) | alive
    for reader in readers:
        assert reader.backwards == [], "a cursor came twice although there were items"
        assert reader.repeated == [], "an item came twice although it had not changed"
        missed = [id for id in written if id not in reader.seen and id in alive]
        assert missed == [], f"limit {reader.limit}: never seen {missed}"
        for id in alive:
            assert reader.seen[id] == final[id], f"limit {reader.limit}: an old state of {id}"
        gone = [id for id, item in reader.seen.items() if "deleted" not in item and id not in alive]
        assert gone == [], f"limit {reader.limit}: {gone} are deleted, and nobody told"


def path_of(question):
    return f"/api/questions/{question['id']}"
