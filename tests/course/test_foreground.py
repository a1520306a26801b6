"""`make step-N` says what to do, and ends cleanly however it is ended."""

import fcntl
import http.client
import os
import pty
import re
import signal
import subprocess
import sys
import termios
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

import pytest

from course import catalog, foreground, leftovers, ports, remote
from course.paths import ROOT
from course.processes import started_at, wait_until

SERVE = """
import sys
import termios
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen
from course import console, foreground
from course.catalog import find
from course.errors import CourseError

try:
    foreground.serve(find(1, Path(sys.argv[1])), int(sys.argv[2]), console.output())
except CourseError as error:
    sys.exit(f"failed: {error}")
"""
# Answers until somebody asks for /die.
MORTAL = """
import http.server, os

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        if self.path == "/die":
            print("out of memory", flush=True)
            os._exit(7)

http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""


class Served:
    """A step in the foreground of another process, as make runs it."""

    def __init__(self, root: Path, under: tuple[str, ...] = (), **options) -> None:
        self.port = ports.find_free()
        self.data_dir = root / ".data" / "01-step"
        self.output = root / "output"
        self.popen = subprocess.Popen(
            [*under, sys.executable, "-c", SERVE, root, str(self.port)],
            cwd=ROOT,
            **{"stdout": self.output.open("w"), "stderr": subprocess.STDOUT} | options,
        )

    def pids(self) -> list[int]:
        """Return the processes of the step."""
        return [one.pid for one in leftovers.stale(self.data_dir)]

    def text(self) -> str:
        return self.output.read_text()

    def wait_for(self, text: str) -> None:
        assert wait_until(lambda: text in self.text(), 15), self.text()


@pytest.fixture
def served(checkout):
    checkout.step(
        toml='try = ["curl {url}/x"]', files={"Procfile": "web: python m.py", "m.py": MORTAL}
    )
    one = Served(checkout.root)
    yield one
    if one.popen.poll() is None:
        one.popen.terminate()
        one.popen.wait(20)


def test_it_says_what_to_open_and_to_try(served):
    served.wait_for("Ctrl-C stops it.")
    text = served.text()
    assert "Step 1: Step 1\n  The step before has a problem." in text
    assert f"Open      http://localhost:{served.port}\n" in text
    assert f"Try       curl http://localhost:{served.port}/x\n" in text
    assert "every sample account has the password podium-demo" in text
    assert "\x1b" not in text
    assert 'slow | 127.0.0.1 - "GET' in text or "web  | 127.0.0.1" in text


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_each_way_to_stop_it_leaves_no_process(served, signum):
    served.wait_for("Ctrl-C stops it.")
    pids = served.pids()
    assert len(pids) == 2
    served.popen.send_signal(signum)
    assert served.popen.wait(10) == 0
    assert not any(map(started_at, pids))
    assert served.text().endswith("Step 1 has stopped; its data stay in .data/01-step\n")


def test_stopping_while_it_starts_leaves_no_process(checkout):
    checkout.step(files={"Procfile": "release: echo busy; sleep 600\nweb: python web.py"})
    served = Served(checkout.root)
    served.wait_for("busy")
    pids = served.pids()
    served.popen.send_signal(signal.SIGINT)
    assert served.popen.wait(10) == 0
    assert pids
    assert not any(map(started_at, pids))


def test_a_process_that_ends_by_itself_ends_the_step_with_its_log(served):
    served.wait_for("Ctrl-C stops it.")
    with suppress(OSError, http.client.HTTPException):
        urlopen(f"http://127.0.0.1:{served.port}/die", timeout=5)
    assert served.popen.wait(10) == 1
    assert (
        "failed: Step 1 stopped: web ended with exit code 7. The end of its log:" in served.text()
    )
    assert served.text().rstrip().endswith("    out of memory")


def test_servers_of_the_readers_own_are_used_and_named(checkout):
    show = "import os; print([os.environ.get(n) for n in ('REDIS_URL', 'DATABASE_URL', 'PGUSER')])"
    files = {"Procfile": "release: python show.py\nweb: python web.py", "show.py": show}
    theirs = {"REDIS_URL": "redis://x/1", "DATABASE_URL": "postgresql://x", "PGUSER": "me"}
    cases = {"valkey": "['redis://x/1', 'sqlite:", "postgres": "[None, 'postgresql://x', 'me']"}
    for names, expected in cases.items():
        step = checkout.step(toml=f'services = ["{names}"]', files=files)
        served = Served(checkout.root, env=os.environ | theirs)
        served.wait_for("Ctrl-C stops it.")
        variable = {"valkey": "REDIS_URL", "postgres": "DATABASE_URL"}[names]
        assert f"Using the server of your {variable}; {names} is not started.\n" in served.text()
        assert expected in (step.data_dir / "logs" / "release.log").read_text()
        assert len(served.pids()) == 2
        served.popen.terminate()
        assert served.popen.wait(10) == 0


def test_one_of_several_processes_that_dies_is_started_again(checkout):
    step = checkout.step(files={"Procfile": "web: python web.py\nworker: sleep 600"})
    served = Served(checkout.root)
    served.wait_for("Ctrl-C stops it.")
    worker = {one.name: one.pid for one in leftovers.stale(served.data_dir)}["worker"]
    os.kill(worker, signal.SIGKILL)
    served.wait_for("worker was ended by SIGKILL; it is started again in 1 s.")
    assert wait_until(lambda: len(served.pids()) == 3 and worker not in served.pids(), 5)
    remote.restart(step, "worker", timeout=10)
    assert "Restarting worker, as asked by another command." in served.text()
    pids = served.pids()
    served.popen.send_signal(signal.SIGINT)
    assert served.popen.wait(10) == 0
    assert not any(map(started_at, pids))


def test_a_reader_of_its_output_who_leaves_does_not_disturb_it(checkout):
    checkout.step()
    ours, theirs = os.pipe()
    served = Served(checkout.root, stdout=theirs, stderr=subprocess.DEVNULL)
    os.close(theirs)
    assert os.read(ours, 20)
    os.close(ours)
    url = f"http://127.0.0.1:{served.port}/"

    def answers() -> bool:
        with suppress(OSError, http.client.HTTPException):
            return bool(urlopen(url, timeout=5).read())
        return False

    assert wait_until(answers, 10)
    pids = served.pids()
    served.popen.terminate()
    assert served.popen.wait(10) == 0
    assert not any(map(started_at, pids))


def test_the_loss_of_the_terminal_stops_it(checkout):
    checkout.step()
    ours, theirs = pty.openpty()
    # As under make, when it leads the session: it gets the hangup and does not pass it on.
    leader = ("sh", "-c", 'trap "" HUP; "$@"; exit $?', "sh")
    served = Served(
        checkout.root,
        under=leader,
        stdin=theirs,
        preexec_fn=lambda: (os.setsid(), fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)),
    )
    os.close(theirs)
    served.wait_for("Ctrl-C stops it.")
    pids = served.pids()
    os.close(ours)
    assert served.popen.wait(10) == 0
    assert wait_until(lambda: not any(map(started_at, pids)), 5)


def test_colour_appears_on_a_terminal_unless_unwanted(checkout):
    checkout.step()
    assert b"\x1b[" in _on_a_terminal(checkout.root, {})
    assert b"\x1b[" not in _on_a_terminal(checkout.root, {"NO_COLOR": "1"})


def _on_a_terminal(root: Path, environment: dict[str, str]) -> bytes:
    ours, theirs = pty.openpty()
    served = Served(
        root,
        stdout=theirs,
        stderr=theirs,
        env={k: v for k, v in os.environ.items() if k != "NO_COLOR"}
        | {"TERM": "xterm-256color"}
        | environment,
    )
    os.close(theirs)
    seen = b""
    while b"Ctrl-C stops it." not in seen:
        seen += os.read(ours, 4096)
    served.popen.terminate()
    served.popen.wait(10)
    os.close(ours)
    return seen


def test_what_the_steps_say_may_be_set_reaches_them(monkeypatch):
    """Each `NAME=value make step-N` of a step.toml."""
    promised = {
        name
        for step in catalog.load()
        for name in re.findall(r"\b([A-Z_]+)=\S+ make step-", (step.path / "step.toml").read_text())
    }
    assert "WEB_CONCURRENCY" in promised
    for name in promised:
        monkeypatch.setenv(name, "4")
        assert foreground._passed_on(catalog.find(9))[name] == "4"
    monkeypatch.setenv("FLASK_DEBUG", "1")
    assert "FLASK_DEBUG" not in foreground._passed_on(catalog.find(9))
