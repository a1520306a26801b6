"""Locust as we run it: against a server of ours, by several processes, and what is left of it."""

import json
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO

import psutil
import pytest
from rich.console import Console

from course.drills.progress import Progress
from course.errors import CourseError
from course.load import claims, locusts, scenario
from course.load.scenario import FOLDER
from course.processes import wait_until

READERS = FOLDER / "step02.py"


class List(BaseHTTPRequestHandler):
    """A talk without questions."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = json.dumps({"questions": []}).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextmanager
def serving(status=200):
    with ThreadingHTTPServer(("127.0.0.1", 0), List) as server:
        server.status, server.daemon_threads = status, True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


class Silent(Progress):
    def __init__(self):
        super().__init__(Console(file=StringIO()))


def run(url, **options):
    return locusts.run(url, 2, READERS, 4, 2, Silent(), "a test", **options)


def programs():
    return [each for each in psutil.Process().children(recursive=True) if each.is_running()]


@pytest.mark.parametrize("processes", [1, 2])
def test_what_several_processes_have_measured_is_put_together(processes):
    with serving() as url:
        found = run(url, processes=processes)
    assert found.rate("list") > 10 and not found.failed
    assert len(found.cpu) == processes and all(share > 0 for share in found.cpu)
    assert found.total > found.sent > 0
    assert not programs()


def test_failures_are_counted_with_their_reason():
    with serving(status=500) as url:
        found = run(url)
    assert found.failed == found.sent > 0 and "status 500" in str(found.problems)


def test_a_locust_that_fails_says_why():
    with serving() as url, pytest.raises(CourseError, match=r"(?s)Locust failed.*Nobody"):
        run(url, options=("Nobody",))


def test_an_interruption_leaves_nothing_running():
    class Interrupted(Silent):
        def wait(self, condition, *_):
            assert programs()
            raise KeyboardInterrupt

    with serving() as url, pytest.raises(KeyboardInterrupt):
        locusts.run(url, 2, READERS, 4, 2, Interrupted(), "a test", processes=2)
    assert not programs()


def test_a_generator_whose_parent_is_killed_ends():
    """It would end by itself, too, but only when its time is up."""
    code = (
        "from course.load import locusts; from course.load.bar import Bar; import sys, pathlib\n"
        "from rich.console import Console\n"
        "locusts.run(sys.argv[1], 2, pathlib.Path(sys.argv[2]), 4, 60, Bar(Console()), 'x')"
    )
    with serving() as url:
        parent = subprocess.Popen([sys.executable, "-c", code, url, str(READERS)])
        started = psutil.Process(parent.pid)
        assert wait_until(lambda: started.children(recursive=True), 20)
        below = started.children(recursive=True)
        parent.kill()
        parent.wait()
        assert wait_until(lambda: not any(each.is_running() for each in below), 10)


@pytest.mark.parametrize(("minimum", "outcome"), [(1.1, claims.HOLDS), (1000, claims.FAILS)])
def test_a_claim_about_real_steps_is_measured(monkeypatch, tmp_path, minimum, outcome):
    """Two steps that start at once, for a moment: the claim of the course, and a planted one."""
    short = replace(scenario.find(4), seconds=2)
    monkeypatch.setattr(claims.scenario, "find", lambda number: short)
    claim = claims.Claim("c", "A poll is cheap.", (3, 4), 4, minimum)
    monkeypatch.setattr(claims, "chosen", lambda only: [claim])
    out, path = Console(file=StringIO(), width=150), tmp_path / "claims.json"
    code = claims.run((), out, rounds=1, results=path)
    assert json.loads(path.read_text())["c"]["outcome"] == outcome, out.file.getvalue()
    assert code == claims.EXIT[outcome]
