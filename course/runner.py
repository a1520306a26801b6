"""Runs a step for real: its slow site, its services, its release command and its processes.

    with live(find(3)) as running:
        httpx.get(running.url + "/api/talks")

`course.foreground` uses it for `make step-N`, the tests for everything that needs a live step.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from course import leftovers, ports, procfile
from course.catalog import Step
from course.errors import CourseError
from course.group import Cancelled, Echo, Group, StepFailed, log_file
from course.network import Network, loopback
from course.paths import ROOT
from course.processes import Process, raise_file_limit, shell
from course.services import REGISTRY
from course.watchdog import Watchdog

__all__ = ["Cancelled", "Running", "StepFailed", "live", "live_services"]

SLOW_SITE = "slow"
RELEASE = "release"
# What a step reads from its environment: never inherited from the reader's shell by accident.
OWN_VARIABLES = (
    "PORT DATABASE_URL REDIS_URL SLOW_SITE_URL PREVIEW_ALLOW_HOSTS PASSWORD_HASH QUESTION_RATE "
    "TOKEN_RATE DATA_DIR BIND HOST_A_ADDRESS HOST_B_ADDRESS SOCKETS_ADDRESS SOCKETS_A_ADDRESS "
    "SOCKETS_B_ADDRESS"
).split()
# PG: settings of PostgreSQL's clients, which would come between a step and its database.
FOREIGN_PREFIXES = ("FLASK_", "PODIUM_", "GUNICORN_", "WERKZEUG_", "PG")
FOREIGN = ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "WEB_CONCURRENCY", "MAKEFLAGS", "MAKELEVEL")
VARIABLES_FILE = "run-environment.json"

MakeNetwork = Callable[[Watchdog], AbstractContextManager[Network]]


@dataclass
class Running:
    """A step that answers requests.

    `processes` are all that run, by name: those of the Procfile (`names`), the services that were
    started (`services`), and `slow`, the slow site. `variables` is what the step's processes have
    in their environment because of us.
    """

    step: Step
    url: str
    slow_site_url: str
    data_dir: Path
    group: Group = field(repr=False)
    names: tuple[str, ...] = ()
    variables: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def processes(self) -> dict[str, Process]:
        """What runs, or ran until it ended, by name."""
        return self.group.processes

    @property
    def services(self) -> tuple[str, ...]:
        """The names of the services among the processes."""
        return self.group.services

    def log(self, name: str) -> str:
        """Return all that a process (or `release`) has printed so far."""
        return Process(
            name, [], cwd=self.data_dir, env={}, log=log_file(self.data_dir, name)
        ).text()

    def kill(self, name: str) -> None:
        """Kill a process and all its children with SIGKILL, and wait until they are gone."""
        self.group.kill(name)

    def start(self, name: str, timeout: float = 30) -> None:
        """Start a process that has ended: same command, same port, same data.

        A service and the process that answers on $PORT are waited for until they are ready, unless
        `timeout` is 0. CourseError when it runs, StepFailed when it does not come up.
        """
        self.group.start_again(name, timeout)

    def restart(self, name: str, timeout: float = 30) -> None:
        """Ask a process to end, wait for it (after 25 seconds it is killed), then `start` it."""
        self.group.restart(name, timeout)


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
    release: str | None = None,
    network: MakeNetwork = loopback,
) -> Iterator[Running]:
    """Start `step`, yield it once it answers, and leave no process behind.

    `port` 0 takes a free one. `data_dir` None uses a temporary one, deleted afterwards. `env` is
    added to what the runner gives the processes; a service whose variable it sets is not started.
    `echo(name, line)` receives their output, from several threads. `cancelled()` is asked while
    starting, `impatient()` while stopping gracefully. `timeout` is how many seconds the services,
    the release command and the processes may each take. `web` is a command to serve the step with
    in place of its Procfile's, `release` one to prepare it with. `network` makes what the processes
    reach each other over, and is told the watchdog.

    Raises StepFailed when the step does not come up, CourseError when the port or the data
    directory is in use, Cancelled.
    """
    commands = procfile.read(step.path / "Procfile", step.entry)
    if web:
        commands = replace(commands, processes=commands.processes | {step.entry: web})
    if release:
        commands = replace(commands, release=release)
    raise_file_limit()
    with _group(step, data_dir, echo, cancelled, impatient, network) as group:
        data_dir = group.data_dir
        # A runner that was killed has left it.
        (data_dir / VARIABLES_FILE).unlink(missing_ok=True)
        place = group.network
        port = place.web_port(port) or _web_port(step, port)
        slow_port = _slow_site_port(data_dir, port)
        taken = {port, slow_port}
        variables = _variables(step, data_dir, port, slow_port, taken)
        variables |= {**place.variables, **(env or {})}
        outside = _outside()

        slow_site = [sys.executable, "-m", "course.slow_site", "--port", str(slow_port)]
        group.start(SLOW_SITE, slow_site, cwd=ROOT, env=outside | variables)
        group.answers(SLOW_SITE, slow_port, "/healthz")
        needed = [name for name in step.services if not (env or {}).get(REGISTRY[name].variable)]
        variables |= group.start_services(needed, taken, outside, timeout)
        environment = outside | variables
        if commands.release:
            release = shell(commands.release)
            group.run(RELEASE, release, step.path, environment, timeout)
        for name, command in commands.processes.items():
            group.start(name, shell(command), cwd=step.path, env=environment)
        group.answers(step.entry, port, step.ready)
        group.wait_ready(SLOW_SITE, timeout)
        group.wait_ready(step.entry, timeout)
        # The load balancer answers while some of those behind it do not yet.
        for name in commands.processes:
            if own_port := variables.get(f"{name.upper().replace('-', '_')}_PORT"):
                group.wait_listening(name, int(own_port), timeout)
        with _published(data_dir, variables):
            yield Running(
                step,
                f"http://{place.address(step.entry)}:{port}",
                f"http://{ports.HOST}:{slow_port}",
                data_dir,
                group,
                tuple(commands.processes),
                variables,
            )


@contextmanager
def live_services(
    step: Step, timeout: float = 30, *, cancelled: Callable[[], bool] = lambda: False
) -> Iterator[dict[str, str]]:
    """Start only the services of `step`, with data of their own; yield their variables.

    Raises StepFailed when one does not come up, Cancelled.
    """
    with _group(step, cancelled=cancelled) as group:
        yield group.start_services(step.services, set(), _outside(), timeout)


@contextmanager
def _group(
    step: Step,
    data_dir: Path | None = None,
    echo: Echo | None = None,
    cancelled: Callable[[], bool] = lambda: False,
    impatient: Callable[[], bool] = lambda: False,
    network: MakeNetwork = loopback,
) -> Iterator[Group]:
    """Yield an empty group of processes that holds its data directory, and end it afterwards."""
    with ExitStack() as stack:
        temporary = data_dir is None
        if data_dir is None:
            data_dir = Path(tempfile.mkdtemp(prefix=f"course-{step.name}-")).resolve()
            stack.callback(shutil.rmtree, data_dir, ignore_errors=True)
        data_dir = data_dir.resolve()
        stack.enter_context(leftovers.exclusive(data_dir))
        leftovers.clear(data_dir)
        watchdog = Watchdog(remove=data_dir if temporary else None)
        stack.callback(watchdog.close)
        place = stack.enter_context(network(watchdog))
        group = Group(step, data_dir, watchdog, place, echo, cancelled)
        stack.callback(group.stop, impatient)
        yield group


@contextmanager
def _published(data_dir: Path, variables: Mapping[str, str]) -> Iterator[None]:
    """Keep the variables where other commands find them (`course.remote`) while the step runs."""
    path = data_dir / VARIABLES_FILE
    new = path.with_suffix(".new")
    # For this user only: the URL of a database may hold a password.
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        json.dump(dict(variables), file, indent=2)
    new.replace(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


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


def _variables(
    step: Step, data_dir: Path, port: int, slow_port: int, taken: set[int]
) -> dict[str, str]:
    """Return what a step's processes are told, but for the services' variables.

    The ports that the step asks for are added to `taken`.
    """
    own_ports = {}
    for name in step.ports:
        own_ports[name] = ports.find_free(avoid=taken)
        taken.add(own_ports[name])
    files = data_dir / "files"
    files.mkdir(exist_ok=True)
    return {
        "PORT": str(port),
        "DATA_DIR": str(files),
        "DATABASE_URL": f"sqlite:///{data_dir / 'podium.db'}",
        "SLOW_SITE_URL": f"http://{ports.HOST}:{slow_port}",
        "PREVIEW_ALLOW_HOSTS": f"{ports.HOST}:{slow_port}",
    } | {name: str(number) for name, number in own_ports.items()}


def _outside() -> dict[str, str]:
    """Return our environment without what would make a step depend on the reader's shell."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in OWN_VARIABLES
        and name not in FOREIGN
        and not name.startswith(FOREIGN_PREFIXES)
    }
    path = os.pathsep.join([str(Path(sys.executable).parent), environment.get("PATH", os.defpath)])
    return environment | {"PATH": path, "PYTHONUNBUFFERED": "1"}
