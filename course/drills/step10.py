"""Drill 10: hosts and workers die, hang and restart under 200 requests a second."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence

import httpx

from course import catalog, netns
from course.deploy import rolling_restart
from course.drills import faults
from course.drills.load import Load, bottleneck, percentile, problems, times
from course.drills.people import ENVIRONMENT, client, register
from course.drills.plan import Record, Stream
from course.drills.questions import Feed, asking, listing, path, tally
from course.drills.report import Row, counts, seconds
from course.drills.stage import Skipped, Stage
from course.errors import CourseError
from course.hosts import link_down, link_up, live_hosts
from course.processes import children
from course.runner import Running

TITLE = "Step 10: a load balancer before two hosts"
SECONDS = 4
# A change takes its turn among the changes of its talk; three talks wait less for each other.
TALKS = ("million-pollers", "jobs-not-lost", "open-lines")
READ = "read"
USERS = 50
# Requests a second, half of them reads, half posts with a key. The first that a machine serves at
# ease is taken: a load that is too much without a fault shows nothing about faults.
RATES = (200, 140, 100, 60)
AT_EASE = 0.3  # seconds that 95 of 100 answers may take without a fault
RETRIES = 2
# What a client waits at most; beyond it, the request has failed.
PATIENCE = 15  # seconds
# So many quick answers in a row, within so many seconds, are the end of an overload.
QUICK, RECOVERY = 10, 60
STOPPED = 8  # seconds that a host does not answer
RELOAD = 30  # seconds in which the old processes of nginx answer what they have
HOST = "host-a"

Fault = Callable[[Load], None]


def worker(stage: Stage) -> None:
    """One worker process of a host is killed."""
    server = stage.server(10)

    def fault(load: Load) -> None:
        faults.kill_child(stage, server, HOST)

    _under_load(stage, server, "kill -9 of a worker", fault)


def host(stage: Stage) -> None:
    """A whole host is killed, and started again a while later."""
    server = stage.server(10)

    def fault(load: Load) -> None:
        faults.kill(stage, server, HOST)
        stage.progress.load(load, f"without {HOST}", stage.seconds)
        faults.start(stage, server, HOST)

    _under_load(stage, server, "kill -9 of a host", fault)


def hang(stage: Stage) -> None:
    """A host stops answering and keeps its connections, then goes on."""
    server = stage.server(10)

    def fault(load: Load) -> None:
        stage.progress.say(f"  SIGSTOP of {HOST}, all of it")
        server.processes[HOST].send(signal.SIGSTOP)
        try:
            stage.progress.load(load, f"{HOST} hangs", STOPPED)
        finally:
            server.processes[HOST].send(signal.SIGCONT)
        stage.progress.say("  SIGCONT")

    _under_load(stage, server, f"a host hangs for {STOPPED} s", fault)


def deploy(stage: Stage) -> None:
    """Both hosts are restarted one after the other, as `make deploy-10` does it."""
    server = stage.server(10)

    def fault(load: Load) -> None:
        began = time.monotonic()
        rolling_restart(server, lambda text: stage.progress.say(f"  {text}"))
        stage.progress.say(f"  both hosts are restarted after {seconds(time.monotonic() - began)}")

    _under_load(stage, server, "rolling restart", fault)


def reload(stage: Stage) -> None:
    """nginx reads its configuration again."""
    server = stage.server(10)

    def fault(load: Load) -> None:
        master = server.processes["nginx"].pid
        workers = set(children(master))
        stage.progress.say("  SIGHUP of nginx")
        os.kill(master, signal.SIGHUP)
        if not stage.progress.wait(lambda: not workers & set(children(master)), RELOAD, "reload"):
            raise CourseError(f"nginx has kept its old processes for {RELOAD} s: no reload.")

    _under_load(stage, server, "nginx reload", fault)


def link(stage: Stage) -> None:
    """The network link to a host is down for a while, its connections neither closed nor served."""
    if reason := netns.reason_against():
        raise Skipped(f"no hosts with networks of their own here: {reason}")
    stage.progress.say("starting step 10 with a network for each host")
    hosts = live_hosts(catalog.find(10), env=ENVIRONMENT, timeout=60)
    server = stage.stack.enter_context(hosts)

    def fault(load: Load) -> None:
        link_down(server, HOST)
        try:
            stage.progress.load(load, f"the link to {HOST} is down", STOPPED)
        finally:
            link_up(server, HOST)

    _under_load(stage, server, f"the link to a host is down for {STOPPED} s", fault)


SCENES = {
    "worker": worker,
    "host": host,
    "hang": hang,
    "deploy": deploy,
    "reload": reload,
    "link": link,
}


def streams(tokens: list[str], rate: float) -> list[Stream]:
    """Return the load: reads that are sent once, and posts that are repeated under their key."""
    reads = listing(TALKS[0], READ)
    reads.rate = rate / 2
    posts = [asking(talk, talk, tokens=tokens, keyed=True, retries=RETRIES) for talk in TALKS]
    for stream in posts:
        stream.rate = rate / 2 / len(posts)
    for stream in (reads, *posts):
        stream.timeout = PATIENCE
    return [reads, *posts]


def too_much(records: Sequence[Record]) -> str | None:
    """Say why a load is more than the step serves at ease; None when it is not."""
    wrong = problems(records)
    p95 = percentile(times(records), 95)
    if wrong or not p95 <= AT_EASE:
        return ", ".join(filter(None, [f"p95 {seconds(p95)}", wrong]))
    return None


def calm(stage: Stage, server: Running) -> None:
    """Wait until the step has got over a load that was too much for it; CourseError if never."""
    quick = 0

    def quick_again() -> bool:
        nonlocal quick
        began = time.monotonic()
        try:
            with client(server.url, timeout=PATIENCE) as http:
                http.get(path(TALKS[0])).raise_for_status()
            good = time.monotonic() - began < AT_EASE / 2
        except httpx.HTTPError:
            good = False
        quick = quick + 1 if good else 0
        return quick >= QUICK

    if not stage.progress.wait(quick_again, RECOVERY, "waiting until the step is at ease again"):
        raise CourseError(f"The step is not at ease again {RECOVERY} s after too much load.")


def _under_load(stage: Stage, server: Running, what: str, fault: Fault) -> None:
    """Inject a fault while requests come at a constant rate, and compare keys with questions.

    The rate is the highest of RATES that the step serves at ease before the fault.
    """
    tokens = [person.token for person in register(server.url, USERS)]
    busy = None if "rate" in stage.memory else stage.quiet()
    reason = ""
    for rate in RATES:
        if rate > stage.memory.get("rate", RATES[0]):
            continue
        stage.memory["rate"] = rate
        feeds = [Feed(server.url, talk) for talk in TALKS]
        for feed in feeds:
            feed.catch_up(stage.progress)
        with Load(server.url, *streams(tokens, rate)) as load:
            stage.progress.load(load, f"{rate} requests a second, before the fault", stage.seconds)
            reason = too_much(list(load.records))
            if not reason:
                fault(load)
                stage.progress.load(load, "after the fault", stage.seconds)
        for feed in feeds:
            feed.catch_up(stage.progress)
        if not reason:
            stage.add(_row(what, rate, load, feeds))
            return
        stage.progress.say(f"  {rate} a second are too many for this machine now: {reason}")
        calm(stage, server)
    reason = f"{RATES[-1]} requests/s are too many without a fault: {reason}"
    stage.add(Row(what, invalid="; ".join(filter(None, [reason, busy]))))


def _row(what: str, rate: float, load: Load, feeds: Sequence[Feed]) -> Row:
    """Compare what clients heard with what there is."""
    posts = [record for record in load.records if record.stream != READ]
    items = [item for feed in feeds for item in feed.items.values()]
    accepted = tally([post.key for post in posts if post.ok], items, links=0)
    # Of a post that failed for the client there may be a question, but not two.
    refused = tally([post.key for post in posts if not post.ok], items, links=0)
    wrong = problems(load.records)
    figure = (
        f"at {rate} of {RATES[0]} requests/s; "
        f"worst wait {seconds(max(times(load.records), default=0))}"
    )
    return Row(
        what,
        figure + (f"; {wrong}" if wrong else ""),
        lost=accepted.lost,
        duplicated=accepted.duplicated + refused.duplicated,
        zero=("failed", "lost", "duplicated"),
        invalid=bottleneck(load),
        **counts(load.records),
    )
