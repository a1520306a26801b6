"""Programs that run beside us, each in a session of its own, and how to end them for certain."""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO

POLL = 0.03  # seconds between two looks at something that we wait for
PR_SET_PDEATHSIG = 1
ESCAPE_SEQUENCE = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|[@-Z\\-_])")
CONTROL = dict.fromkeys((*range(9), *range(10, 32), 127))
libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class Process:
    """One program with its log.

    Its output goes to `log`; with `echo` it is also passed on, line by line, from a thread.
    `stop_signal` is what ends it in order. `orphaned` is the signal that the kernel sends it when
    we are killed (Linux only).
    """

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        *,
        cwd: Path,
        env: dict[str, str],
        log: Path,
        echo: Callable[[str, str], None] | None = None,
        stop_signal: int = signal.SIGTERM,
        orphaned: int = signal.SIGKILL,
    ) -> None:
        self.name = name
        self.argv = list(argv)
        self.cwd = cwd
        self.env = env
        self.log = log
        self.echo = echo
        self.stop_signal = stop_signal
        self.orphaned = orphaned
        self._popen: subprocess.Popen[bytes] | None = None
        self._pump: threading.Thread | None = None

    def start(self, *, append: bool = False) -> None:
        """Start the program, once more with `append`; OSError when it cannot be found."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if not append:
            self.log.write_bytes(b"")
        with self.log.open("ab") as file:
            self._popen = subprocess.Popen(
                self.argv,
                cwd=self.cwd,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if self.echo else file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_end_with_parent(self.orphaned),
            )
        if self.echo:
            self._pump = threading.Thread(
                target=self._pass_on, args=(self._popen.stdout,), daemon=True
            )
            self._pump.start()

    @property
    def pid(self) -> int:
        """The process id, which is also the id of its group."""
        assert self._popen is not None, f"{self.name} was not started"
        return self._popen.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs, else its exit code (negative: the signal that ended it)."""
        return self._popen.poll() if self._popen else None

    @property
    def alive(self) -> bool:
        """Whether the program itself runs; children that it left do not count."""
        return self._popen is not None and self._popen.poll() is None

    def send(self, signum: int) -> None:
        """Send a signal to the program and all its children."""
        if self._popen is not None:
            signal_group(self.pid, signum)

    def ask(self, signum: int) -> None:
        """Send a signal that asks to end in order, to whoever passes it on to the children."""
        if self.alive and self._leads:
            # gunicorn and Celery let their workers finish; workers that get the signal themselves
            # drop what they are doing.
            self._popen.send_signal(signum)
        else:
            self.send(signum)

    def kill(self) -> None:
        """Kill the program and all its children, and wait until they are gone."""
        # Some children are in sessions of their own, out of the group's reach: PostgreSQL's.
        strays = {pid: started_at(pid) for pid in children(self.pid)} if self.alive else {}
        self.send(signal.SIGKILL)
        wait_until(self.gone, 3)
        strays = {pid: since for pid, since in strays.items() if since == started_at(pid)}
        for pid in strays:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not any(map(started_at, strays)), 3)
        self.close()

    @property
    def _leads(self) -> bool:
        """Whether our program, and not a shell around it, is what was started."""
        # Before the shell there may be a command that puts it elsewhere (course.hosts).
        return self.argv[-3:-1] != ["sh", "-c"] or self.argv[-1].startswith("exec ")

    def gone(self) -> bool:
        """Whether the program and all its children have ended."""
        return not self.alive and (self._popen is None or not group_alive(self.pid))

    def text(self) -> str:
        """Return all it has printed."""
        try:
            return self.log.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""

    def close(self) -> None:
        """Let the last lines of the output arrive; call it when the program has ended."""
        if self._pump:
            self._pump.join(timeout=1)

    def _pass_on(self, stream: IO[bytes]) -> None:
        with self.log.open("ab", buffering=0) as file, stream:
            for line in stream:
                file.write(line)
                self.echo(self.name, printable(line.decode("utf-8", "replace")))


def shell(command: str) -> list[str]:
    """Return the arguments that run a command line of a Procfile.

    A simple command replaces the shell, so that our signals reach it and not a shell around it;
    `env` is there for commands that begin with a variable, as in `A=1 flask run`.
    """
    if re.search(r"[;&|\n]", command):
        return ["sh", "-c", command]
    return ["sh", "-c", f"exec env {command}"]


def describe_exit(code: int) -> str:
    """Say how a program ended."""
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"


def printable(line: str) -> str:
    """Return a line of a log without what would colour or move about a terminal."""
    return ESCAPE_SEQUENCE.sub("", line).translate(CONTROL)


def tail(text: str, lines: int = 15) -> str:
    """Return the last lines of a log, indented."""
    last = [printable(line) for line in text.rstrip().splitlines()[-lines:]]
    return "\n".join("    " + line for line in last) or "    (it printed nothing)"


def stop_all(
    processes: Iterable[Process],
    *,
    first: int | None = None,
    grace: float = 8,
    impatient: Callable[[], bool] = lambda: False,
) -> None:
    """End programs and all their children, all at the same time.

    Sends `first` to all (default: to each program its stop signal), waits up to `grace` seconds
    (or until `impatient()`), then kills. Children that outlive their program are told to end too.
    """
    processes = list(processes)
    told: list[Process] = []

    def ended() -> bool:
        for process in processes:
            if process not in told and not process.alive:
                told.append(process)
                process.send(signal.SIGTERM)
        return _all_gone(processes)

    for process in processes:
        if first is None:
            process.ask(process.stop_signal)
        else:
            process.send(first)
    if not wait_until(ended, grace, give_up=impatient):
        for process in processes:
            if not process.gone():
                process.kill()
    for process in processes:
        process.close()


def end_groups(groups: Mapping[int, int], seconds: float = 5) -> None:
    """End process groups that others started; `groups` maps each to the signal to try first."""
    for group, signum in groups.items():
        signal_group(group, signum)
    if not wait_until(lambda: not any(map(group_alive, groups)), seconds):
        for group in groups:
            signal_group(group, signal.SIGKILL)
        wait_until(lambda: not any(map(group_alive, groups)), 2)


def wait_until(
    condition: Callable[[], bool], seconds: float, *, give_up: Callable[[], bool] = lambda: False
) -> bool:
    """Look at `condition` until it holds; False when time is up or `give_up()` says so."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline or give_up():
            return False
        time.sleep(POLL)
    return True


def signal_group(group: int, signum: int) -> None:
    """Send a signal to a process group, if there is one."""
    # macOS answers "not permitted" for a group in which only zombies are left.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signum)


def group_alive(group: int) -> bool:
    """Whether a process group has a member that is not a zombie."""
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    if sys.platform != "linux":
        return True
    # In a container nobody may collect the zombies of orphans: they are in the group for ever.
    return any(
        fields is not None and int(fields[2]) == group and fields[0] not in ("Z", "X")
        for fields in map(_stat, filter(str.isdigit, os.listdir("/proc")))
    )


def children(pid: int) -> list[int]:
    """Return the processes that run and whose parent is `pid`."""
    if sys.platform == "linux":
        stats = ((other, _stat(other)) for other in filter(str.isdigit, os.listdir("/proc")))
        rows = [(other, fields[1], fields[0]) for other, fields in stats if fields]
    else:
        answer = subprocess.run(
            ["ps", "-axo", "pid=,ppid=,stat="], capture_output=True, text=True, check=False
        )
        rows = [line.split() for line in answer.stdout.splitlines()]
    return [int(own) for own, parent, state in rows if int(parent) == pid and state[0] != "Z"]


def started_at(pid: int) -> str | None:
    """Return when a process started, in a form that is only good for comparing; None: no such.

    Process ids are reused: with this a stranger is not taken for ours.
    """
    if sys.platform == "linux":
        fields = _stat(str(pid))
        return fields[19] if fields and fields[0] != "Z" else None
    answer = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return answer.stdout.strip() or None


def raise_file_limit(wanted: int = 65_536) -> int:
    """Allow this process and its children as many open files as the system grants.

    An ordinary user starts with 1,024 (256 on macOS), too few for a hall of connections.
    Returns the limit that now holds.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for limit in (wanted, 10_240, 4_096):
        if hard != resource.RLIM_INFINITY:
            limit = min(limit, hard)
        if soft != resource.RLIM_INFINITY and soft < limit:
            # macOS announces no bound, yet refuses more than 10,240.
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
                return limit
    return soft


def _all_gone(processes: list[Process]) -> bool:
    return all(process.gone() for process in processes)


def _stat(pid: str) -> list[str] | None:
    """Return the fields of /proc/<pid>/stat from the state on."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except OSError:
        return None


def _end_with_parent(signum: int) -> Callable[[], None] | None:
    """Return what a new child has to do so that the kernel signals it when we are killed.

    Only for children of the main thread: the kernel means the thread when it says parent.
    """
    if libc is None or threading.current_thread() is not threading.main_thread():
        return None
    parent = os.getpid()

    def prepare() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signum)
        if os.getppid() != parent:
            os._exit(1)

    return prepare
