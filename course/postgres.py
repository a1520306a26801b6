"""PostgreSQL: a step's database, over TCP only."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from course import servers, unprivileged
from course.errors import CourseError

NAME = "postgres"
USER = DATABASE = "podium"
SUPERUSER = "postgres"
# The step's role is no superuser, and over TCP there is no other: a superuser may run programs and
# read files, and everybody on this machine reaches the port.
ACCESS = f"host all {USER} {{clients}} trust\n"
CREATE = f"CREATE ROLE {USER} LOGIN CREATEDB;\n\nCREATE DATABASE {DATABASE} OWNER {USER};\n"
INITDB = (
    f"--username={SUPERUSER} --auth=trust --encoding=UTF8 --locale=C --locale-provider=builtin "
    "--builtin-locale=C.UTF-8 --set=timezone=UTC --set=log_timezone=UTC --no-sync --no-instructions"
).split()
SETTINGS = {
    "unix_socket_directories": "",
    "max_connections": "100",
    # Containers have little shared memory (64 MB), or none that may be written to.
    "shared_buffers": "64MB",
    "dynamic_shared_memory_type": "mmap",
    "max_parallel_workers_per_gather": "0",
    # Fewer processes: nothing replicates, and reads need no helpers here.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "io_method": "sync",
    "jit": "off",
    "log_min_messages": "error",
    "log_checkpoints": "off",
}


class Postgres:
    """PostgreSQL with the database `podium`. As root it runs as the owner of its data."""

    variable = "DATABASE_URL"
    # A fast shutdown: open connections are ended, not waited for.
    stop_signal = signal.SIGINT

    def set_up(self, directory: Path, clients: str, run: Callable[[list[str]], None]) -> None:
        """Make the data directory unless it is there; let in whoever has an address in `clients`.

        `run` runs a command to its end and raises when it fails. CourseError when the data belong
        to another user.
        """
        if directory.exists():
            _check_owner(directory)
            _forget_namesake(directory)
            _let_in(directory, clients)
            return
        # Under its name there is only ever a complete one, however we are interrupted.
        new = directory.with_name(directory.name + ".new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        new.chmod(0o700)
        create = new.with_name("create.sql")
        create.write_text(CREATE, encoding="utf-8")
        if os.geteuid() == 0:
            _give_away(new, *unprivileged.owner(directory))
        run(_as_owner(new, [servers.postgres("initdb"), *INITDB, "-D", new]))
        _let_in(new, clients)
        single = [servers.postgres(), "--single", "-j", "-D", new, "-c", "exit_on_error=on"]
        # Its standard input is the file; "$0" and "$@" spare us the quoting.
        redirect = ["sh", "-c", 'exec "$@" <"$0"', str(create)]
        run([*redirect, *_as_owner(new, [*single, *_settings(), SUPERUSER])])
        create.unlink()
        new.rename(directory)

    def command(self, directory: Path, host: str, port: int) -> list[str]:
        """Return the command that serves the data in `directory`."""
        arguments = [servers.postgres(), "-D", directory, "-h", host, "-p", port, *_settings()]
        return _as_owner(directory, arguments)

    def url(self, host: str, port: int) -> str:
        """Return the value of its variable."""
        return f"postgresql://{USER}@{host}:{port}/{DATABASE}"

    def ready(self, directory: Path, host: str, port: int) -> bool:
        """Whether it takes connections; after a kill it first repairs what it was writing."""
        try:
            status = (directory / "postmaster.pid").read_text(encoding="utf-8").splitlines()[7]
        except (OSError, IndexError):
            return False
        # Asked earlier, it would log that it refuses: a FATAL that alarms without need.
        if status.strip() != "ready":
            return False
        # As a user who may come in: it would note others in its log.
        url = self.url(host, port)
        command = [servers.postgres("pg_isready"), "--quiet", "--timeout=2", f"--dbname={url}"]
        # Nothing of the reader's environment: it may have settings for other databases (PG...).
        return subprocess.run(command, env={}, check=False).returncode == 0


def _settings() -> list[str]:
    return [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]


def _as_owner(directory: Path, argv: list[object]) -> list[str]:
    """Return the command, for root as another user: PostgreSQL refuses to run as root."""
    command = list(map(str, argv))
    if os.geteuid() == 0:
        return unprivileged.command(*unprivileged.owner(directory), command)
    return command


def _let_in(directory: Path, clients: str) -> None:
    (directory / "pg_hba.conf").write_text(ACCESS.format(clients=clients), encoding="utf-8")


def _give_away(directory: Path, uid: int, gid: int) -> None:
    try:
        os.chown(directory, uid, gid)
    except OSError as error:
        raise CourseError(
            "PostgreSQL refuses to run as root, and this system does not let root use another user "
            f"({error.strerror}): work as an ordinary user, in a checkout of your own."
        ) from None


def _check_owner(directory: Path) -> None:
    owner = directory.stat().st_uid
    if os.geteuid() not in (0, owner):
        raise CourseError(
            f"The database in .data/{directory.parent.name} belongs to another user (id {owner}): "
            f"delete it, sudo rm -rf '{directory}'; the step makes a new one."
        )


def _forget_namesake(directory: Path) -> None:
    """Delete the note of a server that was killed if its process id is another program's now.

    PostgreSQL would take that program for a server on the same data and refuse to start; in a
    container, where process ids are small and come again, that happens.
    """
    note = directory / "postmaster.pid"
    try:
        pid = int(note.read_text(encoding="utf-8").split("\n", 1)[0])
    except (OSError, ValueError):
        return
    if NAME not in _program_of(pid):
        note.unlink(missing_ok=True)


def _program_of(pid: int) -> str:
    """Return the name of a running program; the name we look for when we may not know."""
    if sys.platform == "linux":
        try:
            return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").strip()
        except FileNotFoundError:
            return ""
        except OSError:
            return NAME
    command = ["ps", "-o", "comm=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout
