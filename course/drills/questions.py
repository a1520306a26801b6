"""What became of the questions that a drill posted, as a client sees it that follows the feed."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import httpx

from course.drills.people import client
from course.drills.plan import MARK, Record, Stream
from course.drills.progress import Progress
from course.errors import CourseError


def path(talk: str) -> str:
    """Return where a talk's questions are."""
    return f"/api/v2/talks/{talk}/questions"


def asking(
    talk: str, name: str = "post", *, links: tuple[str, ...] = (), **options: object
) -> Stream:
    """Return a stream that posts questions with these links; `{key}` in one is the question's."""
    body = {"source": " ".join(["Drill {key}: what does this say?", *links])}
    return Stream(name, path(talk), method="POST", body=body, expect=[201], **options)


def listing(talk: str, name: str = "list", users: int = 4, every: float = 0.2) -> Stream:
    """Return a stream that reads the first page of a talk's feed, all of it every time."""
    return Stream(name, path(talk), users=users, every=every)


class Feed:
    """All questions of a talk, kept up to date by asking for what changed since."""

    def __init__(self, url: str, talk: str) -> None:
        self.path = path(talk)
        self.url = url
        self.items: dict[int, dict] = {}
        self.cursor: str | None = None

    def refresh(self) -> None:
        """Follow the feed to its end; httpx.HTTPError when the step does not answer."""
        with client(self.url) as http:
            more = True
            while more:
                query = {"limit": 100} | ({"after": self.cursor} if self.cursor else {})
                body = http.get(self.path, params=query).raise_for_status().json()
                self.items |= {item["id"]: item for item in body["items"]}
                self.cursor, more = body["next"], body["more"]

    def catch_up(self, progress: Progress, patience: float = 30) -> None:
        """Follow the feed to its end as soon as the step answers; CourseError if it does not."""
        reason = ""

        def answered() -> bool:
            nonlocal reason
            try:
                self.refresh()
            except httpx.HTTPError as error:
                reason = str(error).splitlines()[0]
                return False
            return True

        if not progress.wait(answered, patience, "reading what there is"):
            raise CourseError(f"The list cannot be read any more: {reason}")


def end_of(url: str, talk: str) -> str:
    """Return the cursor at the end of a talk's list."""
    feed = Feed(url, talk)
    feed.refresh()
    return feed.cursor


@dataclass
class Tally:
    """How many questions were accepted, and what there is of them.

    `complete` have the previews of all their links, `pending` still wait for one. `lost` are not
    there, or are done without a preview. `duplicated` are questions beyond one for each key, and
    previews beyond one for each link. `took` is in seconds.
    """

    accepted: int = 0
    complete: int = 0
    pending: int = 0
    lost: int = 0
    duplicated: int = 0
    took: float = field(default=0, compare=False)


def tally(keys: Iterable[str], items: Iterable[dict], links: int) -> Tally:
    """Compare what was accepted, by the keys in the questions' text, with what the feed has.

    `links` is how many links each question has, each of them to a page of its own.
    """
    by_key: dict[str, list[dict]] = defaultdict(list)
    for item in items:
        if found := MARK.search(item.get("source", "")):
            by_key[found[1]].append(item)
    result = Tally()
    for key in keys:
        result.accepted += 1
        questions = by_key[key]
        result.duplicated += max(0, len(questions) - 1)
        if not questions:
            result.lost += 1
        elif questions[0]["previews"]["status"] == "pending":
            result.pending += 1
        else:
            previews = questions[0]["previews"]["items"]
            result.duplicated += max(0, len(previews) - links)
            if len(previews) < links:
                result.lost += 1
            else:
                result.complete += 1
    return result


def settled(
    progress: Progress,
    url: str,
    talk: str,
    records: Iterable[Record],
    patience: float,
    links: int = 1,
) -> Tally:
    """Wait until no question that was accepted is pending, `patience` seconds at most.

    `records` are of a stream that `asking` made. Its `took` is from the last answer on. A step that
    does not answer is asked again.
    """
    records = [record for record in records if record.status == 201]
    keys = [record.key for record in records]
    last = max((record.end for record in records), default=time.monotonic())
    feed = Feed(url, talk)
    result = Tally(accepted=len(keys), pending=len(keys))

    def nothing_pending() -> bool:
        nonlocal result
        try:
            feed.refresh()
        except httpx.HTTPError:
            return False
        result = tally(keys, feed.items.values(), links)
        return not result.pending

    progress.wait(nothing_pending, patience, lambda: f"{result.complete} of {len(keys)} complete")
    result.took = time.monotonic() - last
    return result
