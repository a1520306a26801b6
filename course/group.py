"""The processes of one running step: starts, watches, restarts and ends them, services included."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from course import leftovers, ports
from course.catalog import Step
from course.errors import CourseError
from course.network import Network
from course.processes import Process, describe_exit, stop_all, tail, wait_until
from course.services import REGISTRY, Service
from course.watchdog import Watchdog

GRACE = 25  # seconds that a process has to end in order when it is restarted

Echo = Callable[[str, str], None]


class StepFailed(CourseError):
    """The step did not come up; the message ends with the last lines of the log that tells why."""


class Cancelled(Exception):
    """The start was given up, because `cancelled()` said so."""


class Group:
    """All that runs for one step in one data directory.

    `processes` are those that keep running, by name, in the order of their start; each runs where
    `network` has a place for it. Whatever happens to us, they are ended: `watchdog` and the notes
    in the data directory see to it.
    """

    def __init__(
        self,
        step: Step,
        data_dir: Path,
        watchdog: Watchdog,
        network: Network,
        echo: Echo | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        self.step = step
        self.data_dir = data_dir
        self.network = network
        self.processes: dict[str, Process] = {}
        self._watchdog = watchdog
        self._echo = echo
        self._cancelled = cancelled
        self._running: dict[str, Process] = {}
        self._ready: dict[str, Callable[[], str]] = {}

    @property
    def services(self) -> tuple[str, ...]:
        """The names of the services that were started here."""
        return tuple(name for name in self.processes if name in REGISTRY)

    def start(self, name: str, argv: list[str], cwd: Path, env: dict[str, str]) -> None:
        """Start a process that is to keep running."""
        process = Process(
            name,
            self.network.command(name, argv),
            cwd=cwd,
            env=env | self.network.own_variables(name),
            log=log_file(self.data_dir, name),
            echo=self._echo,
        )
        self._launch(process)
        self.processes[name] = process

    def start_services(
        self, names: Sequence[str], taken: set[int], env: dict[str, str], timeout: float
    ) -> dict[str, str]:
        """Start the services `names`, return their variables once all serve.

        `taken` are ports to keep off; those that are chosen are added. StepFailed when a service
        is not ready within `timeout` seconds.
        """
        variables = {}
        for name in names:
            service, directory = REGISTRY[name], self.data_dir / name
            host, port = self.network.address(name), ports.find_free(avoid=taken)
            taken.add(port)
            service.set_up(directory, self.network.clients, self._set_up(name, env, timeout))
            process = Process(
                name,
                self.network.command(name, service.command(directory, host, port)),
                cwd=directory,
                env=env,
                log=log_file(self.data_dir, name),
                echo=self._echo,
                stop_signal=service.stop_signal,
                # Not killed when we are: then it has nothing to repair at the next start.
                orphaned=service.stop_signal,
            )
            self._launch(process)
            self.processes[name] = process
            self._ready[name] = _serves(service, directory, host, port)
            variables[service.variable] = service.url(host, port)
        for name in names:
            self.wait_ready(name, timeout)
        return variables

    def run(
        self,
        name: str,
        argv: list[str],
        cwd: Path,
        env: dict[str, str],
        timeout: float,
        *,
        quiet: bool = False,
    ) -> None:
        """Run a process to its end; StepFailed when it fails or takes too long.

        With `quiet` its output goes to the log only.
        """
        log = log_file(self.data_dir, name)
        echo = None if quiet else self._echo
        process = Process(name, argv, cwd=cwd, env=env, log=log, echo=echo)
        self._launch(process)
        wait_until(lambda: not process.alive, timeout, give_up=self._cancelled)
        self._raise_if_cancelled()
        if process.alive:
            raise self._failure(process, f"did not end within {timeout:.0f} s")
        process.close()
        if process.exit_code != 0:
            raise self._failure(process, describe_exit(process.exit_code))

    def answers(self, name: str, port: int, path: str) -> None:
        """Say that the process `name` is ready when it answers 200 to GET `path` on `port`."""
        host = self.network.address(name)

        def look() -> str:
            status = _get(host, port, path)
            if status == 200:
                return ""
            answer = "no answer" if status is None else f"the last answer was {status}"
            return f"{answer} from http://{host}:{port}{path}"

        self._ready[name] = look

    def wait_ready(self, name: str, timeout: float, *, alone: bool = False) -> None:
        """Wait until a process is ready; StepFailed when it is not, or another one has ended.

        With `alone` the others do not matter.
        """
        self._wait(name, self._ready[name], timeout, alone=alone)

    def wait_listening(self, name: str, port: int, timeout: float) -> None:
        """Wait until a process takes connections on `port`; StepFailed when it does not."""
        host = self.network.address(name)
        nobody = f"nothing listens on {host}:{port}"
        self._wait(name, lambda: "" if ports.takes_connections(host, port) else nobody, timeout)

    def _wait(
        self, name: str, look: Callable[[], str], timeout: float, *, alone: bool = False
    ) -> None:
        """Wait until `look` finds nothing that a process lacks to be ready."""
        process = self.processes[name]
        answer = ""

        def is_ready() -> bool:
            nonlocal answer
            for other in [process] if alone else self.processes.values():
                if not other.alive:
                    other.close()
                    raise self._failure(other, f"{describe_exit(other.exit_code)} at start")
            answer = look()
            return not answer

        if not wait_until(is_ready, timeout, give_up=self._cancelled):
            self._raise_if_cancelled()
            raise self._failure(process, f"was not ready within {timeout:.0f} s: {answer}")

    def kill(self, name: str) -> None:
        """Kill a process and all its children with SIGKILL; CourseError when there is no such."""
        self._find(name).kill()

    def start_again(self, name: str, timeout: float) -> None:
        """Start a process that has ended, with the same command, its log carried on.

        Waits until it is ready if there is a way to know. Not with `timeout` 0. CourseError when it
        runs or there is no such process, StepFailed when it does not come up.
        """
        process = self._find(name)
        if process.alive:
            raise CourseError(f"{name} of step {self.step.number} runs: nothing to start.")
        # Its children may have outlived it, and hold its port.
        process.kill()
        self._watchdog.forget(process.pid)
        self._launch(process, append=True)
        if timeout and name in self._ready:
            self.wait_ready(name, timeout, alone=True)

    def restart(self, name: str, timeout: float) -> None:
        """Ask a process to end, wait for it, start it again; raises as `start_again` does.

        It is killed when it has not ended after 25 seconds (or `timeout`, if that is less).
        """
        process = self._find(name)
        stop_all([process], grace=min(GRACE, timeout), impatient=self._cancelled)
        self._raise_if_cancelled()
        self.start_again(name, timeout)

    def stop(self, impatient: Callable[[], bool] = lambda: False) -> None:
        """End all of them, children included: the services when nobody uses them any more."""
        services = [p for p in self._running.values() if p.name in self.services]
        stop_all([p for p in self._running.values() if p not in services], impatient=impatient)
        stop_all(services, impatient=impatient)
        for process in self._running.values():
            self._watchdog.forget(process.pid)
        leftovers.forget(self.data_dir)

    def _launch(self, process: Process, *, append: bool = False) -> None:
        """Start a process, now under its name, and note that it has to be ended."""
        try:
            process.start(append=append)
        except OSError as error:
            raise self._failure(process, f"cannot be run: {error}") from None
        self._running[process.name] = process
        self._watchdog.watch(process.pid, self._service_signals().get(process.name))
        self._note()

    def _note(self) -> None:
        pids = {process.name: process.pid for process in self._running.values()}
        leftovers.note(self.data_dir, pids, self._service_signals())

    def _service_signals(self) -> Mapping[str, int]:
        return {
            process.name: process.stop_signal
            for process in self._running.values()
            if process.name in REGISTRY
        }

    def _set_up(
        self, name: str, env: dict[str, str], timeout: float
    ) -> Callable[[list[str]], None]:
        """Return what runs a command that prepares the data of the service `name`."""

        def run(argv: list[str]) -> None:
            self.run(f"{name}-setup", argv, self.data_dir, env, timeout, quiet=True)

        return run

    def _find(self, name: str) -> Process:
        if name in self.processes:
            return self.processes[name]
        raise CourseError(
            f"Step {self.step.number} has no process {name!r}; it has {', '.join(self.processes)}."
        )

    def _raise_if_cancelled(self) -> None:
        if self._cancelled():
            raise Cancelled

    def _failure(self, process: Process, what: str) -> StepFailed:
        number = self.step.number
        service = process.name.removesuffix("-setup") in REGISTRY
        remedy = (
            f"make doctor looks at the servers, make reset-{number} starts with fresh data. "
            if service
            else ""
        )
        return StepFailed(
            f"Step {number} did not start: {process.name} {what}. {remedy}"
            f"The end of its log:\n{tail(process.text())}"
        )


def log_file(data_dir: Path, name: str) -> Path:
    """Return where the output of the process `name` is kept."""
    return data_dir / "logs" / f"{name}.log"


def _serves(service: Service, directory: Path, host: str, port: int) -> Callable[[], str]:
    def look() -> str:
        return "" if service.ready(directory, host, port) else f"it does not serve on port {port}"

    return look


def _get(host: str, port: int, path: str) -> int | None:
    """Return the status of GET `path`, None when there is no HTTP answer within 2 seconds."""
    # Not httpx: a proxy in the environment must not come between.
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", path, headers={"User-Agent": "course"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
