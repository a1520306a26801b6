"""Drill 9: two processes against one; 200 voters at once; a server that is gone for a while."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence

from course.drills import database, faults, throughput
from course.drills.load import BUSY, Load, bottleneck, problems
from course.drills.machine import Neighbours
from course.drills.people import client, register
from course.drills.plan import Record, Stream
from course.drills.questions import asking, listing, path
from course.drills.report import Row, below, counts, seconds
from course.drills.stage import Stage
from course.drills.throughput import Throughput
from course.errors import CourseError
from course.runner import Running

TITLE = "Step 9: more processes"
SECONDS = 4
TALK = "million-pollers"
QUESTIONS = 50
UNCHANGED, LISTED = "poll, nothing new", "poll, the whole list"
CONNECTIONS = 12
ROUNDS = 3
AT_LEAST = 1.6
VOTERS = 200
BEFORE, GONE, AFTER = 2, 3, 7  # seconds of light load before, while and after a server is gone
HANG = 5  # seconds
RECOVERY = 5  # seconds


def processes(stage: Stage) -> None:
    """The poll, with nothing new and with the whole list, from one process and two, in turn."""
    servers = {
        "step 8": stage.server(8),
        "1 process": stage.server(9, WEB_CONCURRENCY="1"),
        "2 processes": stage.server(9, WEB_CONCURRENCY="2"),
    }
    url = f"{path(TALK)}?limit={QUESTIONS}"
    polls = {}
    for name, server in servers.items():
        _fill(server)
        polls[f"{UNCHANGED}, {name}"] = server, _etag(server, url)
        polls[f"{LISTED}, {name}"] = server, None
    busy, neighbours = stage.quiet(), Neighbours()
    found: dict[str, list[Throughput]] = {name: [] for name in sorted(polls)}
    for turn in range(1, ROUNDS + 1):
        for name in found:
            server, etag = polls[name]
            stage.progress.live(f"round {turn} of {ROUNDS}, {name}")
            with neighbours:
                measured = throughput.measure(
                    server.url, url, CONNECTIONS, int(stage.seconds), etag
                )
            found[name].append(measured)
            stage.progress.say(f"  round {turn} of {ROUNDS}, {name}: {measured.rate:,.0f} a second")
    share = max(one.share for rounds in found.values() for one in rounds)
    invalid = f"the load generator used {share:.0%} of a core" if share > BUSY else None
    for name, rounds in found.items():
        stage.add(Row(name, _rates(rounds)))
    gain, listed = (
        _median(found[f"{what}, 2 processes"]) / _median(found[f"{what}, 1 process"])
        for what in (UNCHANGED, LISTED)
    )
    stage.add(Row(f"{LISTED}, 2 processes against 1", f"{listed:.2f} x the requests"))
    figure = (
        f"{gain:.2f} x the requests; {throughput.generator()} itself used {share:.0%} of a core"
    )
    missed = below(gain, AT_LEAST)
    target = f"{AT_LEAST} x or more"
    # What disturbed both in turn takes nothing from a target that was met.
    invalid = invalid or (busy or neighbours.reason if missed else None)
    name = f"{UNCHANGED}, 2 processes against 1"
    stage.add(Row(name, figure, target, missed, invalid=invalid))


def _etag(server: Running, url: str) -> str:
    """Return the version of the list; CourseError when it is not recognised."""
    with client(server.url) as http:
        etag = http.get(url).raise_for_status().headers["ETag"]
        status = http.get(url, headers={"If-None-Match": etag}).status_code
    if status != 304:
        raise CourseError(f"{server.url}{url} answers {status} to a client that has all of it.")
    return etag


def voters(stage: Stage) -> None:
    """200 people vote for the same question at once."""
    server = stage.server(9, WEB_CONCURRENCY="2")
    stage.progress.say(f"  registering {VOTERS} voters")
    author, *people = register(server.url, VOTERS + 1)
    with client(server.url) as http:
        body = {"source": "Does each of 200 votes count once?"}
        answer = http.post(path(TALK), json=body, headers=author.headers).raise_for_status()
        question = answer.json()["id"]
        vote = Stream(
            "vote",
            f"/api/v2/questions/{question}/vote",
            method="PUT",
            tokens=[person.token for person in people],
            users=VOTERS,
            total=VOTERS,
            expect=[204],
        )
        with Load(server.url, vote) as load:
            stage.progress.load(load, "voting")
        score = http.get(f"/api/v2/questions/{question}").raise_for_status().json()["score"]
    stored = database.votes(server, question)
    took = max(record.end for record in load.records) - min(record.due for record in load.records)
    wrong = problems(load.records)
    figure = f"score {score}, {stored} votes stored; {seconds(took)} in all"
    row = Row(
        f"{VOTERS} voters at once",
        figure + (f"; {wrong}" if wrong else ""),
        f"score {VOTERS}, {VOTERS} votes stored",
        missed=(score, stored) != (VOTERS, VOTERS),
        lost=max(0, VOTERS - min(score, stored)),
        duplicated=max(0, max(score, stored) - VOTERS),
        zero=("failed", "lost", "duplicated"),
        **counts(load.records),
    )
    stage.add(row)


def valkey(stage: Stage) -> None:
    """Valkey is gone for a while: lists, posts and votes go on."""
    # Who is present is counted there, and nothing else needs it to answer.
    _gone(stage, "valkey", may_refuse=("stats",))


def postgres(stage: Stage) -> None:
    """PostgreSQL is gone for a while: everything says so, and comes back by itself."""
    _gone(stage, "postgres", may_refuse=("list", "post", "vote", "stats"))


SCENES = {"processes": processes, "voters": voters, "valkey": valkey, "postgres": postgres}


def refusals(records: Sequence[Record], may_refuse: Sequence[str]) -> list[str]:
    """Return what is wrong with the answers while a server is gone, one entry for each.

    A 503 is right where the stream may refuse, in JSON and with Retry-After; all else that is no
    success is wrong.
    """
    wrong = []
    for record in records:
        if record.status != 503:
            if not record.ok:
                wrong.append(f"{record.stream}: {record.problem}")
        elif record.stream not in may_refuse:
            wrong.append(f"{record.stream}: 503")
        elif not record.retry_after:
            wrong.append(f"{record.stream}: 503 without Retry-After")
        elif "json" not in record.content_type:
            wrong.append(f"{record.stream}: 503 that is not JSON")
    return wrong


def recovery(records: Sequence[Record], back: float) -> float:
    """Return how long after `back` (monotonic) a request was last refused or failed, in seconds."""
    bad = [record.end for record in records if record.status == 503 or not record.ok]
    return max([0.0, *(end - back for end in bad)])


def _gone(stage: Stage, name: str, may_refuse: tuple[str, ...]) -> None:
    server = stage.server(9, WEB_CONCURRENCY="2")
    author, voter = register(server.url, 2)
    with client(server.url) as http:
        body = {"source": "What does a vote need?"}
        answer = http.post(path(TALK), json=body, headers=author.headers).raise_for_status()
        question = answer.json()["id"]
    posts = asking(TALK, tokens=[author.token], rate=5)
    votes = Stream("vote", f"/api/v2/questions/{question}/vote", method="PUT", expect=[204], rate=5)
    votes.tokens = [voter.token]
    streams = [listing(TALK), posts, votes, Stream("stats", "/api/v2/stats", rate=5)]
    streams[0].rate = 10
    for stream in streams:
        stream.timeout, stream.expect = HANG, [*stream.expect, 503]
    with Load(server.url, *streams) as load:
        stage.progress.load(load, "light load", BEFORE)
        faults.kill(stage, server, name)
        stage.progress.load(load, f"{name} is gone", GONE)
        faults.start(stage, server, name)
        back = time.monotonic()
        stage.progress.load(load, f"{name} is back", AFTER)
    wrong = refusals(load.records, may_refuse)
    took = recovery(load.records, back)
    refused = sum(record.status == 503 for record in load.records)
    worst = max(record.seconds for record in load.records)
    figure = (
        f"{refused} refused with 503; worst wait {seconds(worst)}; "
        f"all as before {seconds(took)} after it is back"
    )
    if wrong:
        figure += f"; {wrong[0]}" + (f" and {len(wrong) - 1} more" if wrong[1:] else "")
    row = Row(
        f"{name} gone for {GONE} s",
        figure,
        f"within {RECOVERY} s",
        missed=took > RECOVERY,
        zero=("failed",),
        invalid=bottleneck(load),
        **counts(load.records),
    )
    row.failed = len(wrong)
    stage.add(row)


def _fill(server: Running) -> None:
    """Ask until the first page of the talk is full."""
    author = register(server.url, 1)[0]
    with client(server.url) as http:
        there = len(http.get(path(TALK)).raise_for_status().json()["items"])
        for number in range(there, QUESTIONS):
            body = {"source": f"Question {number + 1}: how many rows are enough?"}
            http.post(path(TALK), json=body, headers=author.headers).raise_for_status()


def _median(rounds: Sequence[Throughput]) -> float:
    return statistics.median(one.rate for one in rounds)


def _rates(rounds: Sequence[Throughput]) -> str:
    low, high = min(one.rate for one in rounds), max(one.rate for one in rounds)
    return f"{_median(rounds):,.0f} requests/s (rounds {low:,.0f}-{high:,.0f})"
