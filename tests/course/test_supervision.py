"""A step of several processes in the foreground: deaths are made good, restarts done on request."""

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from course import remote, supervisor
from course.catalog import Step
from course.errors import CourseError
from course.runner import Running, live
from course.supervisor import Supervisor

TWO = "web: python web.py\nworker: echo working; exec sleep 600\n"


class Foreground:
    """A running step that is looked after; `said` is what the terminal would show."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.said: list[str] = []
        self._supervisor = Supervisor(running, self.said.append)

    def look_until(self, condition: Callable[[], bool], seconds: float = 10) -> None:
        """Look after the step until something holds."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, self.said
            self._supervisor.look()
            time.sleep(0.01)

    def kill(self, name: str) -> None:
        """Kill the program only, as the reader might."""
        process = self.running.processes[name]
        os.kill(process.pid, signal.SIGKILL)
        self.look_until(lambda: any(name in line for line in self.said))


@pytest.fixture(autouse=True)
def short_pause(monkeypatch):
    monkeypatch.setattr(supervisor, "PAUSE", 0.1)


def asked(step: Step, name: str, foreground: Foreground, timeout: float = 10) -> list[str]:
    """Ask for a restart as another command does; return the error, if there is one."""
    errors: list[str] = []

    def ask() -> None:
        try:
            remote.restart(step, name, timeout)
        except CourseError as error:
            errors.append(str(error))

    thread = threading.Thread(target=ask)
    thread.start()
    foreground.look_until(lambda: not thread.is_alive())
    return errors


def test_a_process_that_dies_is_started_again_and_a_line_says_so(checkout):
    step = checkout.step(files={"Procfile": TWO}, toml='services = ["valkey"]')
    with live(step) as running:
        foreground = Foreground(running)
        for name in ("worker", "web", "valkey"):
            before = running.processes[name].pid
            foreground.kill(name)
            foreground.look_until(lambda name=name: running.processes[name].alive)
            assert running.processes[name].pid != before
        assert foreground.said[0] == "worker was ended by SIGKILL; it is started again in 0.1 s."
        assert len(foreground.said) == 3


def test_a_process_that_keeps_dying_stops_the_step(checkout):
    files = {"Procfile": "web: python web.py\nworker: sleep 0.3; echo no broker; exit 4\n"}
    with live(checkout.step(files=files)) as running:
        foreground = Foreground(running)
        with pytest.raises(CourseError) as caught:
            foreground.look_until(lambda: False)
    assert str(caught.value) == (
        "Step 1 stopped: worker ended with exit code 4, 3 times in 30 s. "
        "The end of its log:\n    no broker\n    no broker\n    no broker"
    )
    assert len(foreground.said) == 2


def test_deaths_that_are_far_apart_do_not_stop_it(checkout, monkeypatch):
    monkeypatch.setattr(supervisor, "PERIOD", 0)
    with live(checkout.step(files={"Procfile": TWO})) as running:
        foreground = Foreground(running)
        for deaths in range(1, 5):
            running.processes["worker"].kill()
            foreground.look_until(lambda deaths=deaths: len(foreground.said) == deaths)
            foreground.look_until(lambda: running.processes["worker"].alive)


def test_the_only_process_is_not_started_again(checkout):
    with live(checkout.step()) as running:
        foreground = Foreground(running)
        with pytest.raises(CourseError, match="Step 1 stopped: web was ended by SIGKILL"):
            foreground.kill("web")


def test_another_command_finds_the_step_and_has_a_process_restarted(checkout):
    step = checkout.step(files={"Procfile": TWO})
    with live(step, data_dir=step.data_dir) as running:
        assert remote.find(step) == running.variables
        assert (step.data_dir / "run-environment.json").stat().st_mode & 0o077 == 0
        foreground = Foreground(running)
        before = running.processes["worker"].pid
        assert asked(step, "worker", foreground) == []
        assert running.processes["worker"].pid != before
        assert foreground.said == ["Restarting worker, as asked by another command."]
        (error,) = asked(step, "wroker", foreground)
        assert error.startswith("Step 1 has no process 'wroker'; it has slow, web, worker")
        assert asked(step, "web", foreground) == []
    assert not (step.data_dir / "run-environment.json").exists()


SPEAKING = """
import os

import click
from flask import Flask

app = Flask(__name__)


@app.cli.command()
@click.argument("word")
def say(word):
    with open(os.path.join(os.environ["DATA_DIR"], "said"), "w") as file:
        file.write(f"{word} {os.environ['PORT']}")
"""


def test_a_flask_command_runs_beside_the_step_with_its_variables(checkout):
    step = checkout.step(files={"podium.py": SPEAKING})
    with live(step, data_dir=step.data_dir) as running:
        assert remote.flask(step, ["say", "two words"]) == 0
        said = Path(running.variables["DATA_DIR"], "said").read_text()
        assert said == f"two words {running.variables['PORT']}"
        assert remote.flask(step, ["say"]) == 2


def test_what_a_killed_runner_wrote_about_the_step_is_not_believed(checkout):
    release = 'release: test ! -e "$DATA_DIR/../run-environment.json"\nweb: python web.py'
    step = checkout.step(files={"Procfile": release})
    checkout.write(step.data_dir / "run-environment.json", "{}")
    with live(step, data_dir=step.data_dir) as running:
        assert remote.find(step) == running.variables


def test_a_restart_that_fails_tells_the_one_who_asked(checkout):
    files = {"Procfile": "web: test ! -e once && touch once && python web.py\nworker: sleep 600\n"}
    step = checkout.step(files=files)
    with live(step, data_dir=step.data_dir) as running:
        (error,) = asked(step, "web", Foreground(running))
        assert "web ended with exit code 1 at start" in error


def test_who_asks_a_step_that_does_not_answer_gives_up(checkout):
    step = checkout.step()
    with live(step, data_dir=step.data_dir):
        with pytest.raises(CourseError, match=r"has not restarted web within 0 s"):
            remote.restart(step, "web", timeout=0.2)
        assert remote.requests(step.data_dir) == []
        with pytest.raises(CourseError, match="is not the name of a process"):
            remote.restart(step, "../web")


def test_a_step_that_does_not_run_is_one_line(checkout):
    step = checkout.step()
    expected = "Step 1 is not running: start it with make step-1 in another terminal."
    for ask in (
        remote.find,
        lambda step: remote.restart(step, "web"),
        lambda step: remote.flask(step, ["routes"]),
    ):
        with pytest.raises(CourseError) as caught:
            ask(step)
        assert str(caught.value) == expected
    # What a killed runner has left there is no sign of life.
    checkout.write(step.data_dir / "run-environment.json", "{}")
    checkout.write(step.data_dir / "run.lock", "4711")
    with pytest.raises(CourseError, match="is not running"):
        remote.find(step)
