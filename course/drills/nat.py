"""A hall behind one address, whose clients poll: where does each way to choose a server send them?

A client that polls opens its session with one request and goes on with others, all of which have to
reach the same server. https://socket.io/docs/v4/using-multiple-nodes/#why-is-sticky-session-required
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx

from course import catalog
from course.catalog import Step
from course.drills.people import ENVIRONMENT, client
from course.drills.report import Row
from course.drills.stage import Stage
from course.errors import CourseError
from course.runner import Running, live

STEP, CONFIGURATION = 13, "nginx.conf"
UPSTREAM = re.compile(r"(upstream sockets \{\n\s+zone [^;]+;)(.*?)(\n    \})", re.S)
SERVERS = '\n        include "@DATA@/sockets.conf";'
OWN = None  # the step's own way
WAYS = {
    "the next server each time": SERVERS,
    "by address (ip_hash)": "\n        ip_hash;" + SERVERS,
    "by cookie (sticky)": OWN,
}
CLIENTS, AT_ONCE = 100, 20
POLLING = "/socket.io/?EIO=4&transport=polling"
HALL = "million-pollers"
EVEN = 0.6  # of the clients that stay, at most, at one server
SESSION = re.compile(r'"GET /socket\.io/\?\S*sid=(\S+) HTTP/1\.1" 200')
LOGGED_WITHIN = 5  # seconds
READS = 4  # answers, one of which has to be the list


def nat(stage: Stage) -> None:
    """100 clients behind one address that cannot open a WebSocket, under three load balancers."""
    for way, lines in WAYS.items():
        stage.progress.say(f"starting step {STEP}, {way}")
        with _balancing(lines) as step, live(step, env=ENVIRONMENT, timeout=60) as server:
            stage.quiet()
            with ThreadPoolExecutor(AT_ONCE) as pool:
                came = list(pool.map(poll, [server.url] * CLIENTS, range(CLIENTS)))
            sessions = [session for session in came if session]
            stage.add(row(way, lines is OWN, len(sessions), _where(stage, server, sessions)))


def row(way: str, own: bool, came: int, where: Counter[str]) -> Row:
    """Say how many came in, and where they are."""
    most = max(where.values(), default=0)
    return Row(
        f"{CLIENTS} poll from one address, {way}",
        f"{came} came in" + (f": {' + '.join(map(str, sorted(where.values())))}" if came else ""),
        f"all come in, at most {EVEN:.0%} at one server" if own else "",
        missed=own and (came < CLIENTS or most > EVEN * CLIENTS),
        sent=CLIENTS,
        failed=CLIENTS - came,
    )


def poll(url: str, number: int) -> str | None:
    """Open a session, join a talk and read what comes; its ID, or None if it is not served."""
    with client(url) as http:
        http.cookies.set("visitor", f"nat-{number}")
        try:
            opened = http.get(POLLING).raise_for_status().text
            session = re.search(r'"sid": ?"([^"]+)"', opened)[1]
            path = f"{POLLING}&sid={session}"
            http.post(path, content="40").raise_for_status()
            http.get(path).raise_for_status()
            http.post(path, content=f'42["join",{{"talk":"{HALL}"}}]').raise_for_status()
            for _ in range(READS):
                if '["question"' in http.get(path).raise_for_status().text:
                    return session
        except (httpx.HTTPError, TypeError):
            return None
    return None


@contextmanager
def _balancing(lines: str | None) -> Iterator[Step]:
    """Yield the step with other lines for its servers of sockets, the step itself if None."""
    step = catalog.find(STEP)
    if lines is None:
        yield step
        return
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "steps" / step.name
        shutil.copytree(step.path, path, ignore=shutil.ignore_patterns("__pycache__"))
        text = (path / CONFIGURATION).read_text()
        changed, times = UPSTREAM.subn(rf"\g<1>{lines}\g<3>", text)
        if times != 1 or changed == text:
            raise CourseError(f"{step.name}/{CONFIGURATION} has no servers of sockets to choose.")
        (path / CONFIGURATION).write_text(changed)
        yield replace(step, path=path)


def _where(stage: Stage, server: Running, sessions: list[str]) -> Counter[str]:
    """Return how many of the sessions each server has, by its name."""
    found: Counter[str] = Counter()

    def all_logged() -> bool:
        nonlocal found
        names = [name for name in server.names if name.startswith("sockets")]
        logged = {name: set(SESSION.findall(server.log(name))) for name in names}
        found = Counter({name: len(logged[name] & set(sessions)) for name in names})
        return found.total() >= len(sessions)

    if not stage.progress.wait(all_logged, LOGGED_WITHIN, "where they are"):
        raise CourseError(f"{found.total()} of {len(sessions)} sessions are in the servers' logs.")
    return found
