"""Drill 7: a slow site behind a link, against the step before; then what memory does not keep."""

from __future__ import annotations

from course.drills import faults
from course.drills.load import Load, bottleneck, percentile, problems, times
from course.drills.machine import Neighbours
from course.drills.people import register
from course.drills.plan import Record
from course.drills.questions import asking, listing, settled
from course.drills.report import Row, below, counts, ratio, seconds
from course.drills.stage import Stage
from course.runner import Running

TITLE = "Step 7: work that leaves the request"
SECONDS = 8
TALK = "million-pollers"
SIDE_TALK = "open-lines"
ATTENDEES = 10
# Together as many a second as there are attendees: less than the previews' threads can read.
EVERY = 1.0
AT_LEAST = 10
SLOW_LINK = "/page/3?delay=0.5&of={key}"
# Slower, so that previews are in flight when the process dies, and yet in time to be read.
SLOWER_LINK = "/page/4?delay=2&of={key}"
IN_FLIGHT = 20
PATIENCE = 30  # seconds
# Longer than reading all the links takes, for whoever still knows of them.
AFTERWARDS = 10  # seconds


def posting(stage: Stage) -> None:
    """Ten attendees post a question with a slow link, to step 6 and to step 7 in turn."""
    servers = {number: stage.server(number) for number in (6, 7)}
    tokens = {n: [who.token for who in register(servers[n].url, ATTENDEES)] for n in servers}
    busy, neighbours = stage.quiet(), Neighbours()
    loads: list[Load] = []
    records: dict[int, list[Record]] = {6: [], 7: []}
    for turn, number in enumerate((6, 7, 6, 7), start=1):
        with neighbours:
            load = _posting(stage, servers[number], tokens[number], f"round {turn} of 4")
        loads.append(load)
        records[number] += load.records
    invalid = next(filter(None, map(bottleneck, loads)), None)
    p95 = {number: percentile(times(records[number]), 95) for number in records}
    for number in records:
        p50 = percentile(times(records[number]), 50)
        figure = f"p50 {seconds(p50)}, p95 {seconds(p95[number])}"
        counted = counts(records[number])
        stage.add(Row(f"posts to step {number}", figure, zero=("failed",), **counted))
    lower = ratio(p95[6], p95[7])
    target = f"{AT_LEAST} x or more"
    missed = below(lower, AT_LEAST)
    # What disturbed both in turn takes nothing from a target that was met.
    invalid = invalid or (busy or neighbours.reason if missed else None)
    stage.add(Row("step 7 against 6", f"p95 {lower:.1f} x lower", target, missed, invalid=invalid))
    found = settled(stage.progress, servers[7].url, TALK, records[7], PATIENCE)
    stage.add(
        Row(
            "previews of step 7",
            f"{found.complete} of {found.accepted} there {seconds(found.took)} after the last post",
            f"all within {PATIENCE} s",
            missed=found.pending > 0,
            sent=found.accepted,
            lost=found.lost,
            duplicated=found.duplicated,
            zero=("lost", "duplicated"),
        )
    )


def kill(stage: Stage) -> None:
    """The web process is killed while previews are under way: who remembers them?"""
    server = stage.server(7)
    author = register(server.url, 1)[0]
    link = server.slow_site_url + SLOWER_LINK
    posts = asking(SIDE_TALK, links=(link,), tokens=[author.token], users=4, total=IN_FLIGHT)
    with Load(server.url, posts) as load:
        stage.progress.load(load, "posting")
    faults.kill(stage, server, "web")
    back = faults.start(stage, server, "web")
    found = settled(stage.progress, server.url, SIDE_TALK, load.records, AFTERWARDS)
    figure = (
        f"answers again after {seconds(back)}; {found.pending} of {found.accepted} previews are "
        f"still pending {AFTERWARDS} s later, and nobody knows of them"
    )
    # What was under way is lost, and that is the point of step 8: a fact here, not a target.
    counted = counts(load.records) | {"lost": found.pending + found.lost}
    stage.add(Row("kill -9 of the web process", figure, zero=("failed",), **counted))


def full(stage: Stage) -> None:
    """More links than there are places: the post is refused, the lists go on."""
    server = stage.server(7, PODIUM_PREVIEW_QUEUE="20")
    author = register(server.url, 1)[0]
    link = server.slow_site_url + SLOWER_LINK
    posts = asking(SIDE_TALK, links=(link,), tokens=[author.token], users=2, every=0.05)
    posts.expect = [201, 503]
    with Load(server.url, posts, listing(SIDE_TALK), seconds=stage.seconds) as load:
        stage.progress.load(load, "posting into a full queue")
    refused = [record for record in load.of("post") if record.status == 503]
    unsaid = sum(not record.retry_after for record in refused)
    figure = f"{len(refused)} refused with 503"
    figure += f", {unsaid} of them without Retry-After" if unsaid else " and Retry-After"
    missed = not refused or unsaid > 0
    counted = counts(load.of("post"))
    stage.add(
        Row("full queue, posts", figure, "503, Retry-After", missed, zero=("failed",), **counted)
    )
    p95 = percentile(times(load.of("list")), 95)
    counted = counts(load.of("list"))
    stage.add(Row("full queue, lists", f"p95 {seconds(p95)}", zero=("failed",), **counted))


SCENES = {"posting": posting, "kill": kill, "full": full}


def _posting(stage: Stage, server: Running, tokens: list[str], round: str) -> Load:
    number = server.step.number
    link = server.slow_site_url + SLOW_LINK
    posts = asking(TALK, links=(link,), tokens=tokens, users=ATTENDEES, every=EVERY)
    with Load(server.url, posts, seconds=stage.seconds) as load:
        stage.progress.load(load, f"{round}, step {number}")
    p95 = percentile(times(load.records), 95)
    wrong = problems(load.records)
    stage.progress.say(
        f"  {round}, step {number}: {len(load.records)} posts, p95 {seconds(p95)}"
        + (f"; {wrong}" if wrong else "")
    )
    return load
