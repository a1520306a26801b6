"""The runner starts a step for real and leaves nothing behind."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from urllib.request import urlopen

import pytest

from course import leftovers, ports
from course.errors import CourseError
from course.paths import ROOT
from course.processes import group_alive, started_at, wait_until
from course.runner import StepFailed, live

SHOW_ENVIRONMENT = """
import json, os, runpy
print(json.dumps({name: os.environ.get(name) for name in os.environ}), flush=True)
print("cwd", os.getcwd(), flush=True)
runpy.run_path("web.py")
"""
# Starts a child that ignores SIGTERM, as an obstinate worker would.
GRANDCHILD = """
import runpy, signal, subprocess, sys
code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True)"
child = subprocess.Popen(
    [sys.executable, "-c", code + "; time.sleep(600)"], stdout=subprocess.PIPE, text=True
)
child.stdout.readline()
print("child", child.pid, flush=True)
runpy.run_path("web.py")
"""


def get(url: str) -> bytes:
    with urlopen(url, timeout=5) as answer:
        return answer.read()


def is_gone(pid: int) -> bool:
    return wait_until(lambda: started_at(pid) is None, 10)


def child_of(running) -> int:
    return int(running.log("web").split("child ")[1].split()[0])


def test_a_live_step_answers_and_is_gone_afterwards(checkout):
    with live(checkout.step()) as running:
        assert get(running.url + "/hello") == b"/hello"
        assert b"<title>" in get(running.slow_site_url + "/page/1?delay=0")
        pids = [process.pid for process in running.processes.values()]
        assert running.data_dir.is_dir()
    assert all(map(is_gone, pids))
    assert not running.data_dir.exists()


def test_the_processes_get_what_the_step_needs_and_nothing_of_the_readers(checkout, monkeypatch):
    monkeypatch.setenv("FLASK_DEBUG", "1")
    monkeypatch.setenv("DATABASE_URL", "postgresql://a-database-that-matters")
    monkeypatch.setenv("QUESTION_RATE", "1/day")
    monkeypatch.setenv("PGPASSWORD", "secret")
    monkeypatch.setenv("DATA_DIR", "/elsewhere")
    step = checkout.step(files={"Procfile": "web: python show.py", "show.py": SHOW_ENVIRONMENT})
    with live(step, env={"TOKEN_RATE": "9/minute"}) as running:
        first, second, *_ = running.log("web").splitlines()
    environment = json.loads(first)
    assert second == f"cwd {step.path}"
    assert environment["DATABASE_URL"] == f"sqlite:///{running.data_dir}/podium.db"
    assert running.url.endswith(":" + environment["PORT"])
    assert environment["SLOW_SITE_URL"] == running.slow_site_url
    assert environment["PREVIEW_ALLOW_HOSTS"] == running.slow_site_url.removeprefix("http://")
    assert environment["PATH"].startswith(os.path.dirname(sys.executable))
    assert environment["TOKEN_RATE"] == "9/minute"
    assert not environment.keys() & {"FLASK_DEBUG", "QUESTION_RATE", "PGPASSWORD"}
    assert environment["DATA_DIR"] == f"{running.data_dir}/files"


def test_another_process_than_web_may_answer_and_more_ports_may_be_had(checkout):
    files = {
        # It takes its time, and is waited for.
        "Procfile": "balancer: python show.py\nhost-a: sleep 1; PORT=$HOST_A_PORT python web.py",
        "show.py": SHOW_ENVIRONMENT,
    }
    toml = """
    entry = "balancer"
    ports = ["HOST_A_PORT", "HOST_B_PORT"]
    """
    with live(checkout.step(toml=toml, files=files)) as running:
        environment = json.loads(running.log("balancer").splitlines()[0])
        assert get(running.url) == b"/"
        host_a = int(environment["HOST_A_PORT"])
        assert get(f"http://127.0.0.1:{host_a}/x") == b"/x"
        assert os.path.isdir(environment["DATA_DIR"])
        assert running.names == ("balancer", "host-a")
        assert running.variables.items() <= environment.items()
    assert len({environment[name] for name in ("PORT", "HOST_A_PORT", "HOST_B_PORT")}) == 3


# Says when it is told to end; its child says so too.
POLITE = """
import os, runpy, signal, subprocess, sys

child = subprocess.Popen([sys.executable, "child.py"])

def end(*_):
    child.kill()
    print("bye", flush=True)
    sys.exit()

signal.signal(signal.SIGTERM, end)
print("hello", os.getpid(), flush=True)
runpy.run_path("web.py")
"""
CHILD = """
import signal

signal.signal(signal.SIGTERM, lambda *_: print("child told", flush=True))
print("child up", flush=True)
while True:
    signal.pause()
"""


def noted(running) -> dict[str, int]:
    rows = json.loads((running.data_dir / "run.json").read_text())
    return {row["name"]: row["pid"] for row in rows}


def test_a_process_is_restarted_in_order_and_its_log_goes_on(checkout):
    files = {"Procfile": "web: python polite.py", "polite.py": POLITE, "child.py": CHILD}
    with live(checkout.step(files=files), echo=lambda *_: None) as running:
        assert wait_until(lambda: "child up" in running.log("web"), 5)
        first = running.processes["web"].pid
        running.restart("web")
        second = running.processes["web"].pid
        assert get(running.url) == b"/"
        assert wait_until(lambda: running.log("web").count("hello") == 2, 5)
        log = running.log("web")
        assert log.index(f"hello {first}") < log.index("bye") < log.index(f"hello {second}")
        # Whoever leads the process decides when its children end.
        assert "child told" not in log
        assert noted(running)["web"] == second
        with pytest.raises(CourseError, match="web of step 1 runs"):
            running.start("web")
        with pytest.raises(CourseError, match="has no process 'wbe'; it has slow, web"):
            running.restart("wbe")
    assert is_gone(first)
    assert is_gone(second)


def test_a_process_that_does_not_end_is_killed_and_its_children_too(checkout):
    files = {"Procfile": "web: python parent.py", "parent.py": GRANDCHILD}
    with live(checkout.step(files=files), impatient=lambda: True) as running:
        child = child_of(running)
        running.restart("web", timeout=1)
        assert is_gone(child)
        running.kill("web")
        assert not running.processes["web"].alive
        running.start("web")
        # Killed by somebody else, and alone.
        os.kill(running.processes["web"].pid, signal.SIGKILL)
        assert wait_until(lambda: not running.processes["web"].alive, 5)
        children = [int(text.split()[0]) for text in running.log("web").split("child ")[1:]]
        assert len(children) == 3
        assert started_at(children[-1])
        running.start("web")
        assert is_gone(children[-1])
        assert get(running.url) == b"/"


def test_a_process_that_does_not_come_up_again_says_why(checkout):
    once = "web: test ! -e once && touch once && python web.py"
    with live(checkout.step(files={"Procfile": once})) as running:
        running.kill("web")
        with pytest.raises(StepFailed, match="web ended with exit code 1 at start"):
            running.start("web")


def test_a_command_may_set_variables_and_use_the_port(checkout):
    step = checkout.step(files={"Procfile": "web: NAME=x python web.py $PORT"})
    with live(step) as running:
        argv = running.processes["web"].argv
        assert get(running.url) == b"/"
    assert argv[-1] == "exec env NAME=x python web.py $PORT"


def test_release_runs_before_the_others(checkout):
    procfile = """\
    release: echo one > made && echo two >> made && echo done
    web: test -s made && python web.py
    """
    step = checkout.step(files={"Procfile": procfile})
    with live(step) as running:
        assert running.log("release") == "done\n"
    assert (step.path / "made").read_text() == "one\ntwo\n"


def test_a_release_that_fails_shows_the_end_of_its_log(checkout):
    step = checkout.step(files={"Procfile": "release: echo no table; exit 3\nweb: python web.py"})
    with pytest.raises(StepFailed) as caught, live(step):
        pass
    assert str(caught.value) == (
        "Step 1 did not start: release ended with exit code 3. The end of its log:\n    no table"
    )


def test_a_release_that_never_ends_is_ended(checkout):
    step = checkout.step(files={"Procfile": "release: sleep 600\nweb: python web.py"})
    with pytest.raises(StepFailed, match="release did not end within 1 s"), live(step, timeout=1):
        pass


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("echo import failed; exit 1", "web ended with exit code 1 at start.*import failed"),
        ("no-such-program", "web ended with exit code 12[67] at start.*no-such-program"),
        ("kill -9 $$; true", "web was ended by SIGKILL at start"),
    ],
)
def test_a_process_that_dies_at_start_says_why(checkout, command, message):
    step = checkout.step(files={"Procfile": f"web: {command}"})
    with pytest.raises(StepFailed, match=f"(?s){message}"), live(step):
        pass


def test_a_step_that_is_never_ready_says_what_it_answered(checkout):
    serve_files = "web: python -m http.server $PORT --bind 127.0.0.1"
    step = checkout.step(toml='ready = "/missing"', files={"Procfile": serve_files})
    with pytest.raises(StepFailed) as caught, live(step, timeout=1.5):
        pass
    assert "web was not ready within 2 s: the last answer was 404 from http://" in str(caught.value)


def test_a_process_that_never_listens_on_its_port_is_named(checkout):
    files = {"Procfile": "balancer: python web.py\nhost-a: sleep 600"}
    toml = 'entry = "balancer"\nports = ["HOST_A_PORT"]'
    with (
        pytest.raises(StepFailed) as caught,
        live(checkout.step(toml=toml, files=files), timeout=2),
    ):
        pass
    assert "host-a was not ready within 2 s: nothing listens on 127.0.0.1:" in str(caught.value)


def test_a_port_in_use_is_one_line_with_the_remedy(checkout):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CourseError) as caught, live(checkout.step(), port):
            pass
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(f"Port {port} is in use by another program;")
    assert "make step-1" in message


@pytest.mark.parametrize("text", ["abc", "99999", "0", "-1", "80 80", "٣"])
def test_a_port_that_is_none_is_refused(text):
    with pytest.raises(CourseError, match="expected a number from 1 to 65535"):
        ports.parse(text)


def test_data_survive_and_keep_the_slow_site_where_their_links_lead(checkout):
    step, data = checkout.step(), checkout.root / ".data" / "01-step"
    with live(step, data_dir=data) as running:
        first = running.slow_site_url
        (running.data_dir / "podium.db").write_text("precious")
    with live(step, data_dir=data) as running:
        assert running.slow_site_url == first
        assert (running.data_dir / "podium.db").read_text() == "precious"


def test_the_slow_site_is_next_to_the_page_at_first(checkout):
    port = next(p for p in iter(ports.find_free, None) if ports.is_free(p + 1))
    with live(checkout.step(), port) as running:
        assert running.slow_site_url == f"http://127.0.0.1:{port + 1}"


def test_another_free_port_serves_when_the_remembered_one_is_taken(checkout):
    step, data = checkout.step(), checkout.root / "data"
    with live(step, data_dir=data) as running:
        first = running.slow_site_url
    taken = ("127.0.0.1", int(first.rpartition(":")[2]))
    with socket.create_server(taken), live(step, data_dir=data) as running:
        assert running.slow_site_url != first
    with live(step, data_dir=data) as running:
        assert running.slow_site_url == first


def test_one_data_directory_has_one_runner(checkout):
    step, data = checkout.step(), checkout.root / ".data" / "01-step"
    with live(step, data_dir=data):
        second = live(step, data_dir=data)
        with pytest.raises(CourseError, match="01-step is running already"), second:
            pass


def test_children_of_a_process_end_with_it_even_when_they_ignore_sigterm(checkout):
    step = checkout.step(files={"Procfile": "web: python parent.py", "parent.py": GRANDCHILD})
    with live(step, impatient=lambda: True) as running:
        child = child_of(running)
        assert started_at(child)
    assert is_gone(child)


def test_an_error_in_the_block_stops_everything_too(checkout):
    with pytest.raises(ZeroDivisionError), live(checkout.step()) as running:
        pids = [process.pid for process in running.processes.values()]
        raise ZeroDivisionError
    assert all(map(is_gone, pids))


def test_a_process_can_be_killed_without_ending_the_rest(checkout):
    with live(checkout.step()) as running:
        web, slow = running.processes["web"], running.processes["slow"]
        web.send(signal.SIGKILL)
        assert wait_until(web.gone, 5)
        assert web.exit_code == -signal.SIGKILL
        assert slow.alive
        with pytest.raises(OSError):
            http.client.HTTPConnection(running.url.removeprefix("http://"), timeout=5).connect()


RUN = """
import sys, time
from pathlib import Path
from course.catalog import find
from course.runner import live

with live(find(1, Path(sys.argv[1])), data_dir=Path(sys.argv[2])) as running:
    print(*[process.pid for process in running.processes.values()], flush=True)
    time.sleep(600)
"""


def test_kill_9_of_the_runner_leaves_nothing_not_even_children(checkout):
    checkout.step(files={"Procfile": "web: python parent.py", "parent.py": GRANDCHILD})
    data = checkout.root / "data"
    runner = subprocess.Popen(
        [sys.executable, "-c", RUN, checkout.root, data],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    pids = [int(pid) for pid in runner.stdout.readline().split()]
    child = int((data / "logs" / "web.log").read_text().split("child ")[1].split()[0])
    assert all(map(started_at, [*pids, child]))
    runner.kill()
    runner.wait()
    runner.stdout.close()
    assert all(map(is_gone, [*pids, child]))


RESTART = """
import sys, threading, time
from pathlib import Path
from course.catalog import find
from course.runner import live

def run():
    with live(find(1, Path(sys.argv[1])), data_dir=Path(sys.argv[2])) as running:
        running.restart("web")
        print(*[process.pid for process in running.processes.values()], flush=True)
        time.sleep(600)

# From a thread: then it is the watchdog that ends them, and not the kernel.
threading.Thread(target=run).start()
"""


def test_kill_9_of_the_runner_ends_what_was_restarted(checkout):
    checkout.step()
    argv = [sys.executable, "-c", RESTART, checkout.root, checkout.root / "data"]
    runner = subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    pids = [int(pid) for pid in runner.stdout.readline().split()]
    assert len(pids) == 2
    assert all(map(started_at, pids))
    runner.kill()
    runner.wait()
    runner.stdout.close()
    assert all(map(is_gone, pids))


def test_what_a_killed_runner_left_is_ended_at_the_next_start(checkout):
    step, data = checkout.step(), checkout.root / "data"
    data.mkdir(parents=True)
    left = subprocess.Popen(["sleep", "600"], start_new_session=True)
    leftovers.note(data, {"web": left.pid})
    assert [one.pid for one in leftovers.stale(data)] == [left.pid]
    with live(step, data_dir=data):
        assert left.wait(5) == -signal.SIGTERM


def test_a_stranger_with_the_process_id_of_a_leftover_is_spared(checkout):
    step, data = checkout.step(), checkout.root / "data"
    data.mkdir(parents=True)
    stranger = subprocess.Popen(["sleep", "600"], start_new_session=True)
    leftovers.note(data, {"web": stranger.pid})
    noted = json.loads((data / "run.json").read_text())
    (data / "run.json").write_text(json.dumps([noted[0] | {"started": "long ago"}]))
    with live(step, data_dir=data):
        assert stranger.poll() is None
    stranger.kill()
    stranger.wait()
    assert not group_alive(stranger.pid)


SHOUT = r"""
import runpy
print("\x1b[31mred\x1b[0m \x07bell", flush=True)
runpy.run_path("web.py")
"""


def test_output_is_passed_on_by_process_without_escape_sequences(checkout):
    lines = []
    step = checkout.step(files={"Procfile": "web: python shout.py", "shout.py": SHOUT})
    with live(step, echo=lambda name, line: lines.append((name, line.rstrip()))) as running:
        get(running.url)
    assert ("web", "red bell") in lines
