"""Runs a step for real: its slow site, its services, its release command and its processes.

    with live(find(3)) as running:
        httpx.get(running.url + "/api/talks")

`course.foreground` uses it for `make step-N`, the tests for everything that needs a live step.
"""

from __future__ import annotations

import http.client
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from course import leftovers, ports, procfile, services
from course.catalog import Step
from course.errors import CourseError
from course.paths import ROOT
from course.processes import (
    Process,
    describe_exit,
    raise_file_limit,
    shell,
    stop_all,
    tail,
    wait_until,
)
from course.watchdog import Watchdog

SLOW_SITE = "slow"
RELEASE = "release"
# What a step reads from its environment: never inherited from the reader's shell by accident.
OWN_VARIABLES = (
    "PORT DATABASE_URL REDIS_URL SLOW_SITE_URL PREVIEW_ALLOW_HOSTS PASSWORD_HASH QUESTION_RATE "
    "TOKEN_RATE"
).split()
FOREIGN_PREFIXES = ("FLASK_", "PODIUM_", "GUNICORN_", "WERKZEUG_")
FOREIGN = ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "WEB_CONCURRENCY", "MAKEFLAGS", "MAKELEVEL")

Echo = Callable[[str, str], None]


class StepFailed(CourseError):
    """The step did not come up; the message ends with the last lines of the log that tells why."""


class Cancelled(Exception):
    """The start was given up, because `cancelled()` said so."""


@dataclass
class Running:
    """A step that answers requests.

    `processes` are those of the Procfile by name, and `slow`, the slow site.
    """

    step: Step
    url: str
    slow_site_url: str
    data_dir: Path
    processes: dict[str, Process] = field(default_factory=dict)

    def log(self, name: str) -> str:
        """Return all that a process (or `release`) has printed so far."""
        return Process(
            name, [], cwd=self.data_dir, env={}, log=log_file(self.data_dir, name)
        ).text()


@contextmanager
def live(
    step: Step,
    port: int = 0,
    data_dir: Path | None = None,
    env: dict[str, str] | None = None,
    *,
    echo: Echo | None = None,
    cancelled: Callable[[], bool] = lambda: False,
    impatient: Callable[[], bool] = lambda: False,
    timeout: float = 30,
    web: str | None = None,
) -> Iterator[Running]:
    """Start `step`, yield it once it answers, and leave no process behind.

    `port` 0 takes a free one. `data_dir` None uses a temporary one, deleted afterwards. `env` is
    added to what the runner gives the processes. `echo(name, line)` receives their output, from
    several threads. `cancelled()` is asked while starting, `impatient()` while stopping gracefully.
    `timeout` is how many seconds the release command and the processes may each take. `web` is a
    command to serve the step with in place of its Procfile's.

    Raises StepFailed when the step does not come up, CourseError when the port or the data
    directory is in use, Cancelled.
    """
    commands = procfile.read(step.path / "Procfile")
    if web:
        commands = replace(commands, processes=commands.processes | {"web": web})
    raise_file_limit()
    with ExitStack() as stack:
        temporary = data_dir is None
        if data_dir is None:
            data_dir = Path(tempfile.mkdtemp(prefix=f"course-{step.name}-")).resolve()
            stack.callback(shutil.rmtree, data_dir, ignore_errors=True)
        data_dir = data_dir.resolve()
        stack.enter_context(leftovers.exclusive(data_dir))
        leftovers.clear(data_dir)
        port = _web_port(step, port)
        slow_port = _slow_site_port(data_dir, port)
        running = Running(
            step, f"http://{ports.HOST}:{port}", f"http://{ports.HOST}:{slow_port}", data_dir
        )
        watchdog = Watchdog(remove=data_dir if temporary else None)
        stack.callback(watchdog.close)
        environment = _environment(running, port, slow_port) | (env or {})
        environment |= stack.enter_context(services.running(step.services, data_dir, env or {}))
        group = _Group(running, watchdog, environment, echo)
        stack.callback(group.stop, impatient)

        slow_site = [sys.executable, "-m", "course.slow_site", "--port", str(slow_port)]
        group.start(SLOW_SITE, slow_site, cwd=ROOT)
        if commands.release:
            group.run(RELEASE, shell(commands.release), timeout, cancelled)
        for name, command in commands.processes.items():
            group.start(name, shell(command), cwd=step.path)
        group.wait_ready(SLOW_SITE, slow_port, "/healthz", timeout, cancelled)
        group.wait_ready("web", port, step.ready, timeout, cancelled)
        yield running


def log_file(data_dir: Path, name: str) -> Path:
    """Return where the output of the process `name` is kept."""
    return data_dir / "logs" / f"{name}.log"


class _Group:
    """The processes of one running step."""

    def __init__(
        self, running: Running, watchdog: Watchdog, environment: dict[str, str], echo: Echo | None
    ) -> None:
        self.running = running
        self.watchdog = watchdog
        self.environment = environment
        self.echo = echo
        self.started: dict[str, Process] = {}

    def start(self, name: str, argv: list[str], cwd: Path) -> Process:
        """Start one process and make sure that it is ended whatever happens to us."""
        process = Process(
            name,
            argv,
            cwd=cwd,
            env=self.environment,
            log=log_file(self.running.data_dir, name),
            echo=self.echo,
        )
        process.start()
        self.started[name] = process
        self.watchdog.watch(process.pid)
        leftovers.note(self.running.data_dir, {p.name: p.pid for p in self.started.values()})
        if name != RELEASE:
            self.running.processes[name] = process
        return process

    def run(
        self, name: str, argv: list[str], timeout: float, cancelled: Callable[[], bool]
    ) -> None:
        """Run a process to its end; StepFailed when it fails or takes too long."""
        process = self.start(name, argv, cwd=self.running.step.path)
        wait_until(lambda: not process.alive, timeout, give_up=cancelled)
        _raise_if(cancelled)
        if process.alive:
            raise self._failure(process, f"did not end within {timeout:.0f} s")
        process.close()
        if process.exit_code != 0:
            raise self._failure(process, describe_exit(process.exit_code))

    def wait_ready(
        self, name: str, port: int, path: str, timeout: float, cancelled: Callable[[], bool]
    ) -> None:
        """Wait until a process answers 200 to GET `path`; StepFailed when it does not."""
        process = self.started[name]
        answer = "no answer"

        def answered() -> bool:
            nonlocal answer
            for other in self.started.values():
                if other.name != RELEASE and not other.alive:
                    other.close()
                    raise self._failure(other, f"{describe_exit(other.exit_code)} at start")
            status = _get(port, path)
            answer = "no answer" if status is None else f"the last answer was {status}"
            return status == 200

        if not wait_until(answered, timeout, give_up=cancelled):
            _raise_if(cancelled)
            raise self._failure(
                process,
                f"was not ready within {timeout:.0f} s: {answer} from "
                f"http://{ports.HOST}:{port}{path}",
            )

    def stop(self, impatient: Callable[[], bool]) -> None:
        """End all of them, children included."""
        stop_all(self.started.values(), impatient=impatient)
        for process in self.started.values():
            self.watchdog.forget(process.pid)
        leftovers.forget(self.running.data_dir)

    def _failure(self, process: Process, what: str) -> StepFailed:
        step = self.running.step
        return StepFailed(
            f"Step {step.number} did not start: {process.name} {what}. "
            f"The end of its log:\n{tail(process.text())}"
        )


def _raise_if(cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise Cancelled


def _web_port(step: Step, port: int) -> int:
    if port == 0:
        return ports.find_free()
    if ports.is_free(port):
        return port
    if ports.needs_root(port):
        raise CourseError(
            f"Port {port} is for root only; choose one above 1023: "
            f"PORT=8000 make step-{step.number}"
        )
    other = next((p for p in range(port + 10, 65_500, 10) if ports.is_free(p)), 8000)
    raise CourseError(
        f"Port {port} is in use by another program; stop that one or choose another port: "
        f"PORT={other} make step-{step.number}"
    )


def _slow_site_port(data_dir: Path, web_port: int) -> int:
    """Return the port for the slow site: the one to which the data in `data_dir` link, if free.

    The sample questions hold links to the slow site, so its port has to stay the same.
    """
    memory = data_dir / "slow-site.port"
    try:
        remembered = int(memory.read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        remembered = None
    if remembered and remembered != web_port and ports.is_free(remembered):
        return remembered
    wanted = web_port + 1
    chosen = wanted if ports.is_free(wanted) else ports.find_free(avoid=(web_port,))
    if remembered is None:
        memory.write_text(str(chosen), encoding="ascii")
    return chosen


def _environment(running: Running, port: int, slow_port: int) -> dict[str, str]:
    """Return the environment of a step's processes, but for the services' variables."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in OWN_VARIABLES
        and name not in FOREIGN
        and not name.startswith(FOREIGN_PREFIXES)
    }
    path = os.pathsep.join([str(Path(sys.executable).parent), environment.get("PATH", os.defpath)])
    return environment | {
        "PATH": path,
        "PYTHONUNBUFFERED": "1",
        "PORT": str(port),
        "DATABASE_URL": f"sqlite:///{running.data_dir / 'podium.db'}",
        "SLOW_SITE_URL": running.slow_site_url,
        "PREVIEW_ALLOW_HOSTS": f"{ports.HOST}:{slow_port}",
    }


def _get(port: int, path: str) -> int | None:
    """Return the status of GET `path`, None when there is no HTTP answer within 2 seconds."""
    # Not httpx: a proxy in the environment must not come between.
    connection = http.client.HTTPConnection(ports.HOST, port, timeout=2)
    try:
        connection.request("GET", path, headers={"User-Agent": "course"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
