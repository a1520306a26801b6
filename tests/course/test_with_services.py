"""A command can be given the services of a step: a step's own tests are."""

import os
import signal
import subprocess
import sys
from contextlib import suppress

import pytest

from course import verify, with_services
from course.errors import CourseError
from course.paths import ROOT
from course.processes import children, started_at, wait_until
from course.runner import StepFailed

SERVICES = 'services = ["valkey"]'
CODE = """
import os, pathlib, socket, sys
pathlib.Path("seen").write_text(os.environ["REDIS_URL"])
port = int(os.environ["REDIS_URL"].split(":")[2].split("/")[0])
socket.create_connection(("127.0.0.1", port), timeout=5).close()
sys.exit(7)
"""
RUN = """
import sys
from pathlib import Path
from course import with_services
from course.catalog import find

code = '''
import pathlib, os, signal
signal.signal(signal.SIGTERM, lambda *_: os._exit(5))
pathlib.Path("pid").write_text(f"{os.getpid()}")
signal.pause()
'''
sys.exit(with_services.run(find(1, Path(sys.argv[1])), [sys.executable, "-c", code]))
"""


def test_the_command_has_them_and_its_exit_code_is_passed_on(checkout, monkeypatch):
    monkeypatch.setenv("REDIS_URL", "redis://a-server-that-matters/0")
    step = checkout.step(toml=SERVICES)
    assert with_services.run(step, [sys.executable, "-c", CODE]) == 7
    seen = (step.path / "seen").read_text()
    assert seen.startswith("redis://127.0.0.1:")
    assert with_services.run(step, ["sh", "-c", "kill -9 $$"]) == 128 + signal.SIGKILL


def test_a_command_that_is_not_there_is_one_line(checkout):
    with pytest.raises(CourseError, match="no-such-program cannot be run"):
        with_services.run(checkout.step(toml=SERVICES), ["no-such-program"])


def test_a_service_that_does_not_come_up_keeps_the_command_from_running(checkout, monkeypatch):
    step = checkout.step(toml=SERVICES)
    monkeypatch.setattr("course.servers.valkey", lambda: "/bin/false")
    with pytest.raises(StepFailed, match="valkey ended with exit code 1 at start"):
        with_services.run(step, ["touch", "ran"])
    assert not (step.path / "ran").exists()


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGTERM, 5), (signal.SIGKILL, -9)])
def test_whoever_ends_it_leaves_no_server(checkout, signum, code):
    step = checkout.step(toml=SERVICES)
    popen = subprocess.Popen([sys.executable, "-c", RUN, checkout.root], cwd=ROOT)
    file = step.path / "pid"
    try:
        assert wait_until(lambda: file.exists() and file.read_text(), 30), "no command runs"
        others = set(children(popen.pid)) - {int(file.read_text())}
        assert len(others) == 2, "the server and the watchdog"
        popen.send_signal(signum)
        assert popen.wait(30) == code
        assert wait_until(lambda: not any(map(started_at, others)), 30), "a server is left"
    finally:
        popen.kill()
        popen.wait()
        # Nobody ends the command for a caller that was killed.
        if file.exists():
            with suppress(ProcessLookupError):
                os.kill(int(file.read_text()), signal.SIGKILL)


def test_a_signal_that_comes_while_the_command_starts_reaches_it(checkout, monkeypatch):
    start = subprocess.Popen

    def too_early(argv, **options):
        if argv == ["sleep", "30"]:
            os.kill(os.getpid(), signal.SIGTERM)
        return start(argv, **options)

    monkeypatch.setattr(with_services.subprocess, "Popen", too_early)
    code = with_services.run(checkout.step(toml=SERVICES), ["sleep", "30"])
    assert code == 128 + signal.SIGTERM


def test_the_unit_tests_of_a_step_get_them(checkout):
    plain, served = checkout.step(1), checkout.step(2, toml=SERVICES)
    checks = {check.name: check for check in verify.plan(checkout.root, [plain, served])}
    assert checks["step 1: unit"].argv[1:3] == ("-m", "pytest")
    assert checks["step 1: unit"].cwd == plain.path
    argv = checks["step 2: unit"].argv
    assert argv[1:8] == ("-m", "course", "with-services", "2", "--", sys.executable, "-m")
    assert checks["step 2: unit"].cwd == checkout.root
