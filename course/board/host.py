"""`make board`: runs step 13 for the room, which reaches one of its processes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import psutil
import psycopg
from rich.console import Console
from rich.text import Text

from course import catalog, foreground, housekeeping, ports
from course.board import SLUG, STEP, addresses, organiser
from course.board.organiser import Organiser
from course.catalog import Step
from course.deploy import variable
from course.errors import CourseError
from course.exercises import catalog as exercises
from course.group import Echo
from course.network import Loopback, Network
from course.paths import ROOT
from course.runner import Running, live
from course.watchdog import Watchdog

DATA = Path(".data", "board")
# The tables, and nobody in them: the sample accounts have a password that everybody knows.
RELEASE = "flask --app podium init-db"
LOOK = 5.0  # seconds between two looks at who is connected


class Exposed(Loopback):
    """Only the process `entry`, the load balancer, listens on `bind`, for the room to reach."""

    def __init__(self, entry: str, bind: str) -> None:
        self.entry = entry
        self.bind = bind

    def address(self, name: str) -> str:
        """Return where a process is reached from this machine."""
        return self.bind if name == self.entry and self.bind != addresses.EVERY else ports.HOST

    def own_variables(self, name: str) -> dict[str, str]:
        """Return where the entry listens; the others have it from their own default."""
        return {"BIND": self.bind} if name == self.entry else {}


def step(root: Path = ROOT) -> Step:
    """Return step 13 with data of its own, so that those of `make step-13` stay as they are."""
    return replace(catalog.find(STEP, root), data=root / DATA)


def settings(secret_key: str) -> dict[str, str]:
    """Return what makes the step fit for a room: no key that is in the repository, no requests to
    other sites because somebody posts a link.
    """
    return {
        "PODIUM_SECRET_KEY": secret_key,
        "PODIUM_PREVIEWS": "0",
        "PREVIEW_ALLOW_HOSTS": "",
    }


def live_board(
    who: Organiser, title: str, bind: str
) -> Callable[..., AbstractContextManager[Running]]:
    """Return what runs the board: it takes the arguments of `course.runner.live`."""

    @contextmanager
    def start(
        step: Step,
        port: int = 0,
        data_dir: Path | None = None,
        env: Mapping[str, str] | None = None,
        *,
        echo: Echo | None = None,
        **options,
    ) -> Iterator[Running]:
        @contextmanager
        def network(watchdog: Watchdog) -> Iterator[Network]:
            yield Exposed(step.entry, bind)

        given = {**(env or {}), **settings(who.secret_key)}
        # Its processes write to their logs only: a line a request would push the addresses away.
        with live(
            step, port, data_dir, given, network=network, release=RELEASE, **options
        ) as running:
            try:
                database = running.variables["DATABASE_URL"]
                tasks = exercises.load(step.path.parent.parent)
                organiser.prepare(running.url, database, who, title, tasks)
            except (httpx.HTTPError, psycopg.Error) as error:
                raise CourseError(f"The board could not be prepared: {error}") from None
            with _told(running, echo):
                yield running

    return start


def serve(port: int, bind: str, title: str, console: Console, *, fresh: bool = False) -> None:
    """Run the board until Ctrl-C; `fresh` deletes what an earlier one has left. CourseError."""
    title, bind, board = organiser.title(title), addresses.check(bind), step()
    if not ports.is_free(port):
        raise CourseError(
            f"Port {port} is in use by another program; stop that one or choose another port: "
            f"PORT={ports.find_free(avoid=(port,))} make board"
        )
    if fresh:
        housekeeping.reset(board)
    who, new = organiser.known(board.data_dir)

    def welcome(running: Running, width: int) -> Text:
        return _welcome(bind, port, who, show_password=new)

    foreground.serve(board, port, console, live_board(who, title, bind), welcome=welcome, given={})


def connections(running: Running) -> dict[str, int]:
    """Return how many connections each Socket.IO server of the step has, by its name."""
    found = {}
    for name in running.names:
        port = running.variables.get(variable(name, "PORT"))
        if name.startswith("sockets") and port:
            found[name] = _established(running.processes[name].pid, int(port))
    return found


def _established(pid: int, port: int) -> int:
    count = 0
    try:
        processes = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.Error:
        return 0
    for process in processes:
        try:
            count += sum(
                one.status == psutil.CONN_ESTABLISHED and one.laddr.port == port
                for one in process.net_connections("tcp")
            )
        except psutil.Error:
            continue
    return count


def told(running: Running, counts: Mapping[str, int]) -> str:
    """Say how many are connected to which server, and which process that is."""
    shares = ", ".join(
        f"{name} {count} (process {running.processes[name].pid})" for name, count in counts.items()
    )
    return f"{sum(counts.values())} connected: {shares}"


@contextmanager
def _told(running: Running, echo: Echo | None) -> Iterator[None]:
    """Say how many are connected, and to which server, whenever that has changed."""
    over = threading.Event()

    def look() -> None:
        before: dict[str, int] = {}
        while not over.wait(LOOK):
            now = connections(running)
            if now != before and echo and (before or any(now.values())):
                echo("board", told(running, now))
            before = now

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _welcome(bind: str, port: int, who: Organiser, *, show_password: bool) -> Text:
    reached = addresses.to_write_down(bind, port)
    text = Text("\n  The class board\n\n", style="")
    text.stylize("bold")
    if not reached:
        text.append(
            "  This machine has no address in a network: join one, then make board again.\n"
        )
    rows: Sequence[tuple[str, str]] = [
        (f"{url}/talks/{SLUG}", f"({interface})" if interface else "") for url, interface in reached
    ]
    for index, (url, interface) in enumerate(rows):
        text.append("  Open      " if index == 0 else "            ")
        text.append(url, style="bold underline")
        text.append(f"  {interface}\n" if interface else "\n")
    if reached:
        text.append("  Type      ")
        text.append(f"make join BOARD={reached[0][0]} NICKNAME=…\n", style="bold")
        text.append("            then make check-N as ever; make leave ends it\n")
    secret = who.password if show_password else f"in {DATA / organiser.FILE}"
    text.append(f"  Organiser {who.nickname}, password {secret}\n")
    if show_password:
        text.append(f"            it is shown this once, and kept in {DATA / organiser.FILE}\n")
    text.append("  Seen      by everybody in this network, without encryption\n")
    text.append(f"  Logs      {DATA / 'logs'}/\n")
    text.append("\n  Ctrl-C stops it; FRESH=1 make board begins a new one.\n", style="bold")
    return text
