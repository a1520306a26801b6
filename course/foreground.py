"""`make step-N`: one step in the foreground, until Ctrl-C."""

from __future__ import annotations

import contextlib
import os
import signal
import textwrap
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from rich.console import Console
from rich.text import Text

from course.catalog import Step
from course.console import COLOURS
from course.processes import POLL
from course.runner import Cancelled, Running, live
from course.services import REGISTRY, variables
from course.supervisor import Supervisor

# A reader may set these for a step on purpose, and the variables of its services.
PASSED_ON = (
    "DATABASE_CONNECTIONS",
    "PASSWORD_HASH",
    "QUESTION_RATE",
    "TOKEN_RATE",
    "WEB_CONCURRENCY",
)
PASSED_ON_PREFIX = "PODIUM_"
DEFAULT_PORT = "8000"
SAMPLE_PASSWORD = "podium-demo"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def serve(
    step: Step,
    port: int,
    console: Console,
    start: Callable[..., AbstractContextManager[Running]] = live,
    *,
    welcome: Callable[[Running, int], Text] | None = None,
    given: Mapping[str, str] | None = None,
) -> None:
    """Run `step` on `port` until Ctrl-C, SIGTERM, SIGHUP or the loss of the terminal.

    `start` is `course.runner.live` or what takes the same arguments. `welcome` returns what to say
    once it runs, for a width in characters. `given` is the environment of its processes, in place
    of what the reader has set for them.
    Raises CourseError when it does not start, or when its processes end by themselves.
    """
    console.print(Text(f"Starting step {step.number}: {step.title}", style="bold"))
    given = _passed_on(step) if given is None else dict(given)
    for name in step.services:
        variable = REGISTRY[name].variable
        if variable in given:
            _say(console, Text(f"Using the server of your {variable}; {name} is not started."))
    echo = Echo(console)
    with _signals() as stop:
        with contextlib.suppress(Cancelled):
            running = start(
                step,
                port,
                step.data_dir,
                env=given,
                echo=echo,
                cancelled=lambda: stop.count > 0,
                impatient=lambda: stop.count > 1,
            )
            with running as step_running:
                _say(console, (welcome or _welcome)(step_running, min(console.width, 100)))
                with contextlib.suppress(Cancelled):
                    _watch(step_running, stop, lambda line: _say(console, Text(line)))
                _say(console, Text(f"Stopping step {step.number} …"))
        _say(console, Text(f"Step {step.number} has stopped; its data stay in {_shown(step)}"))


class Stop:
    """How often we were asked to stop."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, *_: object) -> None:
        self.count += 1


class Echo:
    """Prints the processes' output, each process with its own colour."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._styles: dict[str, str] = {}
        self._width = 4
        self._lock = threading.Lock()

    def __call__(self, name: str, line: str) -> None:
        with self._lock:
            style = self._styles.setdefault(name, COLOURS[len(self._styles) % len(COLOURS)])
            self._width = max(self._width, len(name))
            text = Text.assemble((f"{name:<{self._width}} | ", style), line.rstrip())
            _say(self._console, text)


def _say(console: Console, text: Text) -> None:
    # The terminal may be gone, or the reader of a pipe (for which rich wants to exit, from whatever
    # thread it is); the processes still have to be stopped in order.
    with contextlib.suppress(OSError, SystemExit):
        console.print(text, soft_wrap=True)


def _watch(running: Running, stop: Stop, say: Callable[[str], None]) -> None:
    """Return when asked to stop; CourseError when a process of the step cannot be kept running."""
    supervisor = Supervisor(running, say)
    terminal = _terminal()
    looked = time.monotonic()
    while not stop.count:
        time.sleep(POLL)
        supervisor.look()
        if terminal is not None and time.monotonic() - looked > 0.5:
            looked = time.monotonic()
            try:
                os.tcgetpgrp(terminal)
            except OSError:
                # When make leads the session, it does not pass the hangup on to us.
                return


def _terminal() -> int | None:
    """Return the file descriptor of our controlling terminal, None when there is none."""
    for descriptor in (0, 1, 2):
        with contextlib.suppress(OSError):
            os.tcgetpgrp(descriptor)
            return descriptor
    return None


@contextlib.contextmanager
def _signals() -> Iterator[Stop]:
    """Count the requests to stop instead of being interrupted anywhere."""
    stop = Stop()
    before = {signum: signal.signal(signum, stop) for signum in SIGNALS}
    try:
        yield stop
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)


def _passed_on(step: Step) -> dict[str, str]:
    """Return what of the reader's environment is meant for the step."""
    names = {*PASSED_ON, *(name for name in variables(step.services) if os.environ.get(name))}
    prefixes = (PASSED_ON_PREFIX,)
    if "DATABASE_URL" in names:
        # What such a URL leaves out, its password for instance.
        prefixes += ("PG",)
    return {
        name: value
        for name, value in os.environ.items()
        if name in names or name.startswith(prefixes)
    }


def _shown(step: Step) -> Path:
    """Return how to name the data directory: from .data on."""
    data = next(path for path in step.data_dir.parents if path.name == ".data")
    return step.data_dir.relative_to(data.parent)


def _welcome(running: Running, width: int) -> Text:
    step = running.step
    # What a browser remembers and shows: the name, not the address.
    url = running.url.replace("127.0.0.1", "localhost")
    text = Text()
    text.append(f"\n  Step {step.number}: {step.title}\n", style="bold")
    text.append(textwrap.fill(step.problem, width - 2, initial_indent="  ", subsequent_indent="  "))
    text.append("\n\n")
    text.append("  Open      ")
    text.append(url + "\n", style="bold underline")
    text.append(f"  Accounts  every sample account has the password {SAMPLE_PASSWORD}\n")
    for index, line in enumerate(step.suggestions):
        text.append("  Try       " if index == 0 else "            ")
        text.append(line.replace("{url}", url) + "\n")
    for label, note in running.group.network.notes:
        text.append(f"  {label:<10}{note}\n")
    text.append(f"  Logs      {_shown(step) / 'logs'}/\n")
    text.append("\n  Ctrl-C stops it.\n", style="bold")
    return text
