"""What the framework itself costs: step 13 beside the least that could answer in its place.

Floors and ceilings of one process of the web server, and of one of the servers of sockets. What
stands in place of step 13 is in loadtests/floors, and runs under the same server.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

from course import catalog, ports
from course.drills.crowd import Crowd
from course.drills.fanout import NEWS, addresses
from course.drills.load import Load, percentile
from course.drills.people import ENVIRONMENT, register
from course.drills.progress import Progress
from course.drills.questions import asking, end_of
from course.errors import CourseError
from course.load import locusts
from course.load.compare import TALK, fill
from course.load.scenario import FOLDER
from course.processes import Process, tail, wait_until
from course.runner import Running, live

LIST, STEP = 6, 13
QUESTIONS, CLIENTS, SECONDS, ROUNDS = 50, 10, 3, 2
FILE = FOLDER / "floors" / "load.py"
COMMON = "--workers 1 --keep-alive 15 --no-control-socket --access-logfile - --graceful-timeout 2"
# Step 6 waits for nothing but its database, and runs in threads; step 13 as its own gunicorn does.
SERVERS = {
    LIST: f"--threads {CLIENTS} {COMMON}",
    STEP: f"--worker-class gevent --worker-connections 12000 {COMMON}",
}
# A server of step 13's with one process each, as those above; and room for a crowd.
SETTINGS = {"WEB_CONCURRENCY": "1", "GUNICORN_CMD_ARGS": "--worker-connections 12000"}
LISTENERS, POSTS, LISTENED, COME_WITHIN, HEARD_WITHIN = 1000, 4, 8, 60, 10
STARTED_WITHIN = 20  # seconds


@dataclass(frozen=True)
class Case:
    """One thing to call: by which user of FILE, and its name there; of the floor or of the step.

    `at_least` is what the rate should be, as a share of that of another.
    """

    user: str
    name: str
    bare: bool = False
    at_least: tuple[str, float] | None = None


CASES = (
    Case("Hello", "hello", bare=True),
    Case("Poller", "unchanged", at_least=("hello", 0.5)),
    Case("Direct", "direct", bare=True),
    Case("Reader", "list", at_least=("direct", 0.9)),
)
POSTS_TOO = (*CASES, Case("HelloPost", "hello, post", bare=True), Case("Poster", "post"))


@dataclass
class Rates:
    """Requests a second in each round, and the processor seconds of the server for one of them."""

    rates: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)
    generator: float = 0.0

    @property
    def rate(self) -> float:
        return statistics.median(self.rates)


def versions(progress: Progress) -> dict[str, object]:
    """Call step 6, where the list has its last form and nothing is shared by processes."""
    web = f"gunicorn {SERVERS[LIST]} --bind 127.0.0.1:$PORT 'podium:create_app()'"
    with live(catalog.find(LIST), env=ENVIRONMENT, web=web) as server:
        pid = server.processes[server.step.entry].pid
        return _requests(progress, server, server.url, pid, CASES)


def cluster(progress: Progress) -> dict[str, object]:
    """Call one host of step 13."""
    with live(catalog.find(STEP), env=ENVIRONMENT | SETTINGS, timeout=60) as server:
        url = f"http://{ports.HOST}:{server.variables['HOST_A_PORT']}"
        return _requests(progress, server, url, server.processes["host-a"].pid, POSTS_TOO)


def _requests(
    progress: Progress, server: Running, url: str, pid: int, cases: Sequence[Case]
) -> dict[str, object]:
    """Call a step and its floors in turn; return what was found, by the name of the call."""
    found = {case.name: Rates() for case in cases}
    number = server.step.number
    progress.say(f"step {number}: {server.step.title}, and what could stand in its place")
    fill(server, QUESTIONS)
    with bare("bare:create_app()", number, server.variables["DATABASE_URL"]) as (floor, floor_pid):
        same(url, floor)
        for turn in range(1, ROUNDS + 1):
            for case in cases:
                whom = (floor, floor_pid) if case.bare else (url, pid)
                what = f"round {turn} of {ROUNDS}, {case.name}"
                _call(found[case.name], case, number, *whom, progress, what)
    return {case.name: _shown(case, found) for case in cases}


def _shown(case: Case, found: dict[str, Rates]) -> dict[str, object]:
    """Return what was found of a case, with its ratio and the target if it has one."""
    rates = found[case.name]
    values = vars(rates) | {"rate": rates.rate}
    if case.at_least:
        of, share = case.at_least
        values |= {"of": of, "ratio": rates.rate / found[of].rate, "target": share}
    return values


def _call(
    rates: Rates, case: Case, step: int, url: str, pid: int, progress: Progress, what: str
) -> None:
    """Measure a case once more."""
    before = used(pid)
    result = locusts.run(url, step, FILE, CLIENTS, SECONDS, progress, what, options=(case.user,))
    if result.failed or not result.sent:
        problems = ", ".join(f"{n} x {what}" for what, n in result.problems.most_common(3))
        raise CourseError(f"{what}: {result.failed} of {result.sent} failed: {problems}")
    rates.rates.append(result.rate(case.name))
    rates.costs.append((used(pid) - before) / result.total)
    rates.generator = max(rates.generator, sum(result.cpu))
    progress.say(
        f"  {what}: {rates.rates[-1]:,.0f} a second, {rates.costs[-1] * 1000:.2f} ms of the "
        f"processor each, generator {sum(result.cpu):.0%} of a core"
    )


def fanout(progress: Progress) -> dict[str, object]:
    """Tell a crowd of questions, by step 13's two servers of sockets and by the floor's one."""
    step = catalog.find(STEP)
    progress.say(f"starting step {STEP}: {step.title}, to tell {LISTENERS:,} listeners")
    with live(step, env=ENVIRONMENT | SETTINGS, timeout=60) as server:
        pids = [each.pid for name, each in server.processes.items() if name.startswith("sockets")]
        token = register(server.url, 1)[0].token
        start = end_of(server.url, TALK)
        ours = _tell(progress, server.url, addresses(server), pids, token, start)
    with bare("fanout:create_app()", STEP) as (url, pid):
        floor = _tell(progress, url, [url], [pid], "", "")
    return {f"step {STEP}, two servers": ours, "python-socketio alone": floor}


def _tell(
    progress: Progress, url: str, sockets: list[str], pids: list[int], token: str, after: str
) -> dict[str, object]:
    """Post for a while; return when 95 of 100 had it, and what a message cost the servers."""
    with Crowd(sockets, TALK, after) as crowd:
        crowd.grow(progress, LISTENERS, COME_WITHIN)
        before = sum(map(used, pids))
        with Load(url, asking(TALK, NEWS, tokens=[token], rate=POSTS)) as posts:
            progress.wait(lambda: not posts.running, LISTENED, f"{LISTENERS:,} listen")
            posts.stop()
        accepted = {post.key: post.end for post in posts.of(NEWS) if post.ok}
        due = len(accepted) * LISTENERS

        def all_heard() -> bool:
            crowd.listen(progress)
            return sum(len(crowd.times.get(key, [])) for key in accepted) >= due

        heard = progress.wait(all_heard, HEARD_WITHIN, "the last of them")
        cost = sum(map(used, pids)) - before
    if not (accepted and heard):
        raise CourseError(
            f"Not all of {LISTENERS:,} listeners have heard of {len(accepted)} posts."
        )
    # Some hear of a post before its author has the answer.
    times = [max(0.0, at - end) for key, end in accepted.items() for at in crowd.times[key]]
    p95 = percentile(times, 95)
    progress.say(
        f"  {LISTENERS:,} listen: p95 {p95 * 1000:,.0f} ms, {cost / due * 1e6:.0f} millionths of a "
        f"second of the processor for each message, listeners "
        f"{crowd.effort.cpu / crowd.effort.wall:.0%} of a core"
    )
    return {"listeners": LISTENERS, "messages": due, "p95": p95, "cost": cost / due}


def same(url: str, floor: str) -> None:
    """CourseError unless the floor's list is what the step answers: less would be no floor."""
    with httpx.Client(timeout=30, trust_env=False) as http:
        path = f"/api/v2/talks/{TALK}/questions?limit=100"
        ours = http.get(url + path).raise_for_status().json()["items"]
        theirs = http.get(f"{floor}/list/{TALK}").raise_for_status().json()["items"]
    if ours != theirs:
        raise CourseError("loadtests/floors/bare.py does not answer what the step does.")


def used(pid: int) -> float:
    """Return the processor seconds of a process and its children, so far.

    With those of children that have ended: gunicorn replaces a worker after so many requests.
    """
    process = psutil.Process(pid)
    total = sum(process.cpu_times()[:4])
    for child in process.children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            total += sum(child.cpu_times()[:4])
    return total


@contextmanager
def bare(application: str, step: int, database: str = "") -> Iterator[tuple[str, int]]:
    """Serve one of the floors as we do that step; yield its address and its process."""
    port = ports.find_free()
    address = f"{ports.HOST}:{port}"
    url = f"http://{address}"
    with tempfile.TemporaryDirectory(prefix="course-floor-") as directory:
        process = Process(
            "floor",
            [
                sys.executable,
                "-m",
                "gunicorn",
                *SERVERS[step].split(),
                "--bind",
                address,
                application,
            ],
            cwd=FOLDER / "floors",
            env=os.environ | {"DATABASE_URL": database},
            log=Path(directory) / "floor.log",
        )
        process.start()
        try:
            if not wait_until(lambda: _answers(url) or not process.alive, STARTED_WITHIN):
                raise CourseError(f"The floor does not answer:\n{tail(process.text())}")
            if not process.alive:
                raise CourseError(f"The floor does not start:\n{tail(process.text())}")
            yield url, process.pid
        finally:
            process.kill()


def _answers(url: str) -> bool:
    try:
        httpx.get(url, timeout=1, trust_env=False)
    except httpx.HTTPError:
        return False
    return True


FLOORS = {"step 6": versions, "step 13": cluster, "push": fanout}
