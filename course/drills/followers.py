"""Clients that wait for news of a talk, and what they have heard."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from course.drills.load import Load, problems
from course.drills.people import Person, client
from course.drills.plan import Record, Stream
from course.drills.progress import Progress
from course.drills.questions import path
from course.errors import CourseError

WAIT = 25  # seconds that a client lets the server wait: what the page asks for
# From one request of a client to its next: the page, too, asks no more than once a second.
APART = 1
FOLLOW = "follow"
SOCKETS = "/socket.io/?EIO=4&transport=websocket"
PATIENCE = 20  # seconds in which all should have heard


def following(talk: str, users: int, after: str, every: float = APART) -> Stream:
    """Return clients that follow a talk from a cursor on, each of them a visitor of its own."""
    visit = secrets.token_hex(4)
    cookie = {"Cookie": f"visitor=follower-{visit}-{{user}}"}
    options = {"expect": [200, 304], "timeout": WAIT + 15, "headers": cookie}
    return Stream(FOLLOW, path(talk), users=users, every=every, wait=WAIT, after=after, **options)


def listening(talk: str, users: int, after: str, within: float, stays: float = 0) -> Stream:
    """Return clients that are told of a talk from a cursor on, connected in so many seconds.

    With `stays` they come and go, after so many seconds each time, on average.
    """
    visit = secrets.token_hex(4)
    options = {"headers": {"Cookie": f"visitor=listener-{visit}-{{user}}"}, "body": {"talk": talk}}
    options |= {"listens": True, "stays": stays}
    return Stream(FOLLOW, SOCKETS, users=users, every=within, after=after, **options)


def polling(talk: str, users: int, after: str, every: float) -> Stream:
    """Return clients that ask for what is new every so many seconds, as the page of step 10."""
    visit = secrets.token_hex(4)
    options = {"headers": {"Cookie": f"visitor=poller-{visit}-{{user}}"}, "conditional": True}
    options |= {"expect": [200, 304], "timeout": 15}
    return Stream(FOLLOW, path(talk), users=users, every=every, after=after, **options)


@dataclass
class Hearing:
    """What followers heard of posts that were accepted.

    `lost` and `duplicated` count a post once for each follower. `delays` are from the answer to a
    post until a follower had it, in seconds.
    """

    told: int = 0
    lost: int = 0
    duplicated: int = 0
    delays: list[float] = field(default_factory=list)


def hearing(records: Iterable[Record], posts: Iterable[Record], users: int) -> Hearing:
    """Compare what each of `users` followers heard with the posts."""
    accepted = {post.key: post.end for post in posts if post.ok}
    heard: Counter[tuple[str, int]] = Counter()
    result = Hearing()
    for record in records:
        for key in record.heard:
            if key not in accepted:
                continue
            heard[key, record.user] += 1
            if heard[key, record.user] == 1:
                # Some hear of a post before its author has the answer.
                result.delays.append(max(0.0, record.end - accepted[key]))
    result.told = len(heard)
    result.lost = len(accepted) * users - result.told
    result.duplicated = heard.total() - result.told
    return result


def call(url: str, talk: str, author: Person) -> Record:
    """Post a question and return what became of it; httpx.HTTPError when it is not taken."""
    key, began = secrets.token_hex(8), time.monotonic()
    with client(url) as http:
        body = {"source": f"Drill {key}: who is here?"}
        status = http.post(path(talk), json=body, headers=author.headers).status_code
    took = time.monotonic() - began
    return Record("call", key, began, 0, took, status, status == 201, f"status {status}")


@contextmanager
def gathered(
    progress: Progress, url: str, talk: str, author: Person, stream: Stream
) -> Iterator[Load]:
    """Send a crowd, and wait until each of them hears a question; CourseError when some do not."""
    with Load(url, stream) as crowd:
        heard = settled(progress, crowd, [call(url, talk, author)])
        if heard.lost:
            raise CourseError(f"{heard.lost} clients do not hear: {problems(crowd.records)}")
        yield crowd


def settled(
    progress: Progress, load: Load, posts: Sequence[Record], patience: float = PATIENCE
) -> Hearing:
    """Wait until all followers of a load have heard of all posts, `patience` seconds at most."""
    users = sum(stream.users for stream in load.streams if stream.after)
    found = Hearing()

    def all_heard() -> bool:
        nonlocal found
        found = hearing(load.of(FOLLOW), posts, users)
        return not found.lost

    progress.wait(all_heard, patience, lambda: f"{found.told} heard, {found.lost} to go")
    return found
