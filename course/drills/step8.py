"""Drill 8: work in other processes, against the step before; then each of them is killed."""

from __future__ import annotations

import time
from collections.abc import Callable

import httpx

from course.drills import database, faults
from course.drills.jobs import Jobs, jobs_settled, ordering
from course.drills.load import Load, bottleneck, percentile, problems, times
from course.drills.machine import Neighbours
from course.drills.people import register
from course.drills.plan import Record
from course.drills.questions import asking, listing, settled
from course.drills.report import Row, below, counts, ratio, seconds
from course.drills.stage import Stage
from course.runner import Running

TITLE = "Step 8: work in other processes"
SECONDS = 8
BIG_TALK = "million-pollers"
TALK = "open-lines"
# So many that a transcript takes seconds of work.
QUESTIONS = 500
POLLERS = 10
EVERY = 0.2
IN_FLIGHT = 2
AT_LEAST = 3
JOBS = 10
LINK = "/counter/{key}?delay=1.5"
PATIENCE = 30  # seconds


def polls(stage: Stage) -> None:
    """Ten poll a talk while its transcripts are made, at step 7 and at step 8 in turn."""
    servers = {number: stage.server(number) for number in (7, 8)}
    jobs = {number: Jobs(servers[number].url, BIG_TALK) for number in servers}
    for server in servers.values():
        _fill(stage, server)
    busy, neighbours = stage.quiet(), Neighbours()
    loads: list[Load] = []
    records: dict[int, list[Record]] = {7: [], 8: []}
    transcripts: dict[int, list[float]] = {7: [], 8: []}
    for turn, number in enumerate((7, 8, 7, 8), start=1):
        with neighbours:
            load, took = _polling(stage, servers[number], jobs[number], f"round {turn} of 4")
        loads.append(load)
        records[number] += load.records
        transcripts[number] += took
    invalid = next(filter(None, map(bottleneck, loads)), None)
    p95 = {number: percentile(times(records[number]), 95) for number in records}
    for number in records:
        p50 = percentile(times(records[number]), 50)
        made = transcripts[number]
        figure = f"p50 {seconds(p50)}, p95 {seconds(p95[number])}; {len(made)} transcripts made" + (
            f", {seconds(percentile(made, 50))} each" if made else ""
        )
        row = Row(f"polls of step {number}", figure, zero=("failed",), **counts(records[number]))
        row.invalid = None if made else "no transcript was made meanwhile"
        stage.add(row)
    lower = ratio(p95[7], p95[8])
    target = f"{AT_LEAST} x or more"
    missed = below(lower, AT_LEAST)
    # What disturbed both in turn takes nothing from a target that was met.
    invalid = invalid or (busy or neighbours.reason if missed else None)
    stage.add(Row("step 8 against 7", f"p95 {lower:.1f} x lower", target, missed, invalid=invalid))


def pool_child(stage: Stage) -> None:
    """One process of the pool that makes transcripts is killed."""
    server = stage.server(8)
    _jobs_survive(
        stage, "kill -9 of a pool child", lambda: faults.kill_child(stage, server, "transcripts")
    )


def transcripts(stage: Stage) -> None:
    """The whole worker that makes transcripts is killed."""
    _killed(stage, "transcripts")


def previews(stage: Stage) -> None:
    """The whole worker that reads links is killed."""
    _killed(stage, "previews")


def valkey(stage: Stage) -> None:
    """The broker is killed while everything is under way."""
    _killed(stage, "valkey")


def web(stage: Stage) -> None:
    """The web process is killed while everything is under way."""
    _killed(stage, "web")


def broker_down(stage: Stage) -> None:
    """There is no broker for a while: what is accepted, what is refused?"""
    server = stage.server(8)
    jobs = Jobs(server.url, TALK)
    author = register(server.url, 1)[0]
    link = server.slow_site_url + LINK
    faults.kill(stage, server, "valkey")
    posts = asking(TALK, links=(link,), tokens=[author.token], users=4, total=2 * JOBS)
    with Load(server.url, posts) as load:
        stage.progress.load(load, "posting without a broker")
    p95 = percentile(times(load.records), 95)
    wrong = problems(load.records)
    figure = f"p95 {seconds(p95)}" + (f"; {wrong}" if wrong else "")
    stage.add(Row("no broker: posts", figure, "201", zero=("failed",), **counts(load.records)))
    refused = [jobs.order() for _ in range(4)]
    right = [answer for answer in refused if _is_unavailable(answer)]
    figure = ", ".join(sorted({str(answer.status_code) for answer in refused}))
    took = max(answer.elapsed.total_seconds() for answer in refused)
    figure += f" after at most {seconds(took)}"
    stage.add(
        Row(
            "no broker: transcripts",
            figure,
            "503, Retry-After",
            missed=len(right) < len(refused),
            sent=len(refused),
        )
    )
    faults.start(stage, server, "valkey")
    back = time.monotonic()
    found = settled(stage.progress, server.url, TALK, load.records, PATIENCE)
    took = time.monotonic() - back
    stage.add(
        Row(
            "the broker is back",
            f"{found.complete} of {found.accepted} previews there {seconds(took)} after it",
            f"all within {PATIENCE} s",
            missed=found.pending > 0,
            sent=found.accepted,
            lost=found.lost,
            duplicated=found.duplicated,
            zero=("lost", "duplicated"),
        )
    )


SCENES = {
    "polls": polls,
    "pool-child": pool_child,
    "transcripts": transcripts,
    "previews": previews,
    "valkey": valkey,
    "web": web,
    "broker-down": broker_down,
}


def _fill(stage: Stage, server: Running) -> None:
    """Ask until the talk is so long that its transcript is work."""
    people = register(server.url, 4)
    tokens = [person.token for person in people]
    posts = asking(BIG_TALK, tokens=tokens, users=len(people), total=QUESTIONS)
    with Load(server.url, posts) as load:
        stage.progress.load(load, f"filling step {server.step.number}")
    stage.progress.say(f"  step {server.step.number} has {len(load.records)} more questions")


def _polling(stage: Stage, server: Running, jobs: Jobs, round: str) -> tuple[Load, list[float]]:
    stream = listing(BIG_TALK, "poll", POLLERS, EVERY)
    stream.conditional, stream.expect = True, [200, 304]
    with ordering(jobs, IN_FLIGHT) as took, Load(server.url, stream, seconds=stage.seconds) as load:
        stage.progress.load(load, f"{round}, step {server.step.number}")
    p95 = percentile(times(load.records), 95)
    stage.progress.say(f"  {round}, step {server.step.number}: polls p95 {seconds(p95)}")
    return load, took


def _killed(stage: Stage, name: str) -> None:
    server = stage.server(8)

    def kill_and_start() -> None:
        faults.kill(stage, server, name)
        faults.start(stage, server, name)

    _jobs_survive(stage, f"kill -9 of {name}", kill_and_start)


def _jobs_survive(stage: Stage, what: str, fault: Callable[[], None]) -> None:
    """Order transcripts, post links, inject the fault while they are under way, and count."""
    server = stage.server(8)
    jobs = Jobs(server.url, TALK)
    author = register(server.url, 1)[0]
    changes = database.changes(server, TALK)
    link = server.slow_site_url + LINK
    posts = asking(TALK, links=(link,), tokens=[author.token], users=4, total=JOBS)
    ids = jobs.accepted(JOBS)
    with Load(server.url, posts) as load:
        stage.progress.load(load, "posting")
    stage.progress.wait(lambda: any(jobs.status(id) == "running" for id in ids), 10, "waiting")
    pending = settled(stage.progress, server.url, TALK, load.records, patience=0).pending
    under_way = sum(jobs.status(id) in ("queued", "running") for id in ids)
    stage.progress.say(f"  under way: {under_way} transcripts, {pending} previews")
    fault()
    began = time.monotonic()
    asked = settled(stage.progress, server.url, TALK, load.records, PATIENCE)
    made = jobs_settled(stage.progress, jobs, ids, began + PATIENCE - time.monotonic())
    took = time.monotonic() - began
    # A question takes one version of its talk when it is posted, one when its preview is there.
    surplus = database.changes(server, TALK) - changes - 2 * asked.accepted
    fetches = sum(_fetches(server, record.key) for record in load.records)
    late = made.pending + asked.pending
    figure = (
        f"all done {seconds(took)} later" if not late else f"{late} not done {seconds(took)} later"
    )
    figure += f"; {fetches} fetches for {asked.accepted} previews"
    row = Row(
        what,
        figure,
        f"within {PATIENCE} s",
        missed=late > 0,
        lost=made.lost + made.failed + asked.lost,
        duplicated=asked.duplicated + max(0, surplus),
        zero=("failed", "lost", "duplicated"),
        **counts(load.records),
    )
    row.sent += len(ids)
    if not under_way or not pending:
        row.invalid = "not both transcripts and previews were under way when the fault came"
    stage.add(row)


def _fetches(server: Running, key: str) -> int:
    url = f"{server.slow_site_url}/counted/{key}"
    return httpx.get(url, trust_env=False).raise_for_status().json()["fetched"]


def _is_unavailable(answer: httpx.Response) -> bool:
    return answer.status_code == 503 and bool(answer.headers.get("Retry-After"))
