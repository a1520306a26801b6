"""Drill 12: the same hall asks, waits, and is told; and what each of these costs."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import psutil

from course.drills import followers
from course.drills.followers import Hearing, following, gathered, listening, polling
from course.drills.load import Load, bottleneck, percentile, problems
from course.drills.machine import Neighbours
from course.drills.people import Person, register
from course.drills.plan import Stream
from course.drills.questions import asking, end_of
from course.drills.report import Row, below, counts, ratio, seconds
from course.drills.stage import Stage
from course.runner import Running

TITLE = "Step 12: server push over WebSocket"
SECONDS = 12
HALL, NEWS = "million-pollers", "news"
ATTENDEES = 500
POLLS_EVERY = 2  # seconds: as the page of step 10 asks
ARRIVAL = 5  # seconds over which listeners connect
NEWS_EVERY = 1.5  # seconds between two posts
FRESHER, CHEAPER = 20, 10  # times, at least
PATIENCE = 20  # seconds in which all should have heard
IDLE = followers.WAIT  # seconds: who waits asks again after so many, and the server's pings come
AUDIENCE, OFTEN = 300, 0.3  # attendees of the server that is killed, seconds between two posts
BEFORE, AWAY, BACK_WITHIN = 2, 2, 10  # seconds
ACCESS = re.compile(r'" \d{3} \d+ ms$', re.M)  # the end of a line of the access log
TICK = 1 / os.sysconf("SC_CLK_TCK")  # seconds: the smallest use of a processor that is counted

Crowd = Callable[[str, str], Stream]
ASKS, WAITS, TOLD = "ask every 2 s", "wait for answers", "are told"
WAYS: dict[str, tuple[int, Crowd]] = {
    ASKS: (10, lambda talk, after: polling(talk, ATTENDEES, after, POLLS_EVERY)),
    WAITS: (11, lambda talk, after: following(talk, ATTENDEES, after)),
    TOLD: (12, lambda talk, after: listening(talk, ATTENDEES, after, ARRIVAL)),
}


@dataclass
class Spent:
    """What a step needs, per second: requests, and seconds of processor; `least` can be measured.

    So much may be missing where every process used a little less than it takes to be counted.
    """

    requests: float
    cpu: float
    least: float


@dataclass
class Found:
    """What a hall hears, and costs beyond the step without it."""

    requests: float
    cpu: float
    hearing: Hearing
    posts: Load
    crowd: Load
    invalid: str | None

    @property
    def p95(self) -> float:
        """Until which 95 of 100 attendees had a question after its author had the answer."""
        return percentile(self.hearing.delays, 95)


def hall(stage: Stage) -> None:
    """500 attendees in three steps, one after the other: idle, then with news."""
    found: dict[str, Found] = {}
    for way, (number, crowd) in WAYS.items():
        with stage.only(number) as server:
            found[way] = _look(stage, server, way, crowd)
    for way, one in found.items():
        for row in rows(way, found[ASKS], one):
            stage.add(row)


def rows(way: str, polled: Found, found: Found) -> list[Row]:
    """Compare what a hall found with one that polls."""
    told = way == TOLD
    hearing, requests, cpu = found.hearing, found.requests / ATTENDEES, found.cpu / ATTENDEES
    fresher = ratio(polled.p95, found.p95)
    fewer, less = ratio(polled.requests, found.requests), ratio(polled.cpu, found.cpu)
    fresh = Row(
        f"{ATTENDEES} {way}: news",
        f"half within {seconds(percentile(hearing.delays, 50))}, p95 {seconds(found.p95)}, "
        f"{fresher:.1f} x sooner",
        f"{FRESHER} x" if told else "",
        missed=told and below(fresher, FRESHER),
        lost=hearing.lost,
        duplicated=hearing.duplicated,
        zero=("failed", "lost", "duplicated"),
        invalid=found.invalid,
        **counts([*found.posts.records, *found.crowd.records]),
    )
    idle = Row(
        f"{ATTENDEES} {way}: nothing happens",
        f"each {requests:.4f} requests/s, {fewer:,.0f} x fewer; "
        f"{cpu * 1000:.2f} ms/s of processor, {less:,.1f} x less",
        f"{CHEAPER} x both" if told else "",
        missed=told and (below(fewer, CHEAPER) or below(less, CHEAPER)),
        invalid=found.invalid,
    )
    if wrong := problems(found.crowd.records):
        fresh.figure += f"; {wrong}"
    return [fresh, idle]


def restart(stage: Stage) -> None:
    """The server of the sockets is killed while questions are posted, and started again."""
    with stage.only(12) as server:
        author = register(server.url, 1)[0]
        stream = listening(HALL, AUDIENCE, end_of(server.url, HALL), BEFORE)
        with gathered(stage.progress, server.url, HALL, author, stream) as crowd:
            with Load(server.url, _news(author, every=OFTEN)) as load:
                stage.progress.load(load, "before", BEFORE)
                server.kill("sockets")
                stage.progress.load(load, "nobody is told", AWAY)
                server.start("sockets")
                stage.progress.load(load, "they come back", BACK_WITHIN / 2)
            posts = load.of(NEWS)
            heard = followers.settled(stage.progress, crowd, posts, BACK_WITHIN / 2)
    stage.add(
        Row(
            f"kill -9 of the server, {AUDIENCE} listen",
            f"{len(posts)} posts, heard {heard.told:,} times, "
            f"the latest after {seconds(max(heard.delays, default=0))}",
            f"all within {BACK_WITHIN} s of its start",
            lost=heard.lost,
            duplicated=heard.duplicated,
            zero=("failed", "lost", "duplicated"),
            invalid=bottleneck(crowd),
            **counts(load.records),
        )
    )


SCENES = {"hall": hall, "restart": restart}


def _look(stage: Stage, server: Running, way: str, crowd: Crowd) -> Found:
    """Measure the step with nobody there, then with a hall that is idle, then with news."""
    authors = register(server.url, 4)
    empty = _spent(stage, server, stage.seconds, "nobody is there")
    neighbours = Neighbours()
    stream = crowd(HALL, end_of(server.url, HALL))
    with gathered(stage.progress, server.url, HALL, authors[0], stream) as load:
        with neighbours:
            idle = _spent(stage, server, IDLE, f"{ATTENDEES} {way}")
        with neighbours, Load(server.url, _news(*authors, every=NEWS_EVERY)) as posts:
            stage.progress.load(posts, "with news", stage.seconds)
        hearing = followers.settled(stage.progress, load, posts.of(NEWS), PATIENCE)
    found = Found(
        max(idle.requests - empty.requests, 1 / IDLE),
        max(idle.cpu - empty.cpu, idle.least),
        hearing,
        posts,
        load,
        bottleneck(load) or bottleneck(posts) or neighbours.reason,
    )
    stage.progress.say(
        f"  {ATTENDEES} {way}: {found.requests:.1f} requests/s and {found.cpu:.1%} of a core while "
        f"nothing happens; news p95 {seconds(found.p95)}"
    )
    return found


def _news(*authors: Person, every: float) -> Stream:
    tokens = [author.token for author in authors]
    return asking(HALL, NEWS, tokens=tokens, rate=1 / every, timeout=PATIENCE)


def _spent(stage: Stage, server: Running, length: float, what: str) -> Spent:
    """Watch what a step needs for a while."""
    (before, used), began = _so_far(server), time.monotonic()
    stage.progress.wait(lambda: False, length, what)
    (after, more), wall = _so_far(server), time.monotonic() - began
    least = len(_tree(server)) * TICK / wall
    return Spent((after - before) / wall, (more - used) / wall, least)


def _so_far(server: Running) -> tuple[int, float]:
    """Return how many requests the access logs have, and the seconds of processor used."""
    logs = [server.log(name) for name in server.names if name.startswith(("host-", "sockets"))]
    used = 0.0
    for process in _tree(server):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            used += times.user + times.system
    return sum(len(ACCESS.findall(text)) for text in logs), used


def _tree(server: Running) -> list[psutil.Process]:
    """Return the processes of a step with all that they have started."""
    found = []
    for process in server.processes.values():
        with suppress(psutil.NoSuchProcess):
            root = psutil.Process(process.pid)
            found += [root, *root.children(recursive=True)]
    return found
