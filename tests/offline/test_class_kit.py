"""The class kit, used as in a room without a network."""

import json
import re
import shutil
import sys
import tarfile
from pathlib import Path

import nonet
import pytest
from programs import run

from course import lock
from course.offline import archive as archives
from course.offline import pages
from course.offline.store import Store
from course.offline.wanted import per_micro
from course.paths import ROOT


def test_nothing_outside_can_be_reached_where_it_is_tried(scene):
    scene("route")


def test_the_proof_fails_where_there_is_a_route():
    """With the host's own network the scene has to object, or to fail for want of one."""
    routes = Path("/proc/net/route")
    if not routes.exists() or not re.search(r"(?m)^\S+\s+00000000\s", routes.read_text()):
        pytest.skip("this machine has no default route itself")
    done = run(sys.executable, Path(nonet.__file__).with_name("scenes.py"), "route", cwd=ROOT)
    assert done.returncode != 0
    assert "there is a way" in done.stdout or "it failed otherwise" in done.stdout


def test_step_13_is_set_up_and_runs(scene):
    printed = scene("step", "13")
    assert "from the wheels of this class kit" in printed


def test_the_course_and_the_slides_are_served(scene):
    scene("docs")
    scene("slides")


def test_the_tests_of_step_13_run(without_network, class_kit):
    python = str(class_kit / ".venv" / "bin" / "python")
    unit = ("tests/test_sockets.py", "tests/test_jobs.py", "tests/test_balancer.py")
    pytest_ = (python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *unit)
    printed = without_network(python, "-m", "course", "with-services", "13", "--", *pytest_)
    assert re.search(r"\d+ passed", printed) and "skipped" not in printed


def test_a_step_copied_out_of_the_kit_finds_its_packages_in_it(class_kit, this_target):
    store = Store(class_kit / "wheels")
    locks = sorted((class_kit / "steps").glob("*/requirements.txt"))
    assert len(locks) == len(list((ROOT / "steps").glob("*/requirements.txt"))) > 0
    for path in locks:
        pins = [pin for group in per_micro(lock.read(path), this_target).values() for pin in group]
        found = store.wheels(this_target, pins)
        assert [pin.name for pin in pins if pin not in found] == []


def test_each_wheel_is_there_once_and_named(class_kit, this_target):
    wheels = class_kit / "wheels"
    targets = json.loads((wheels / "kit.json").read_text())["targets"]
    assert list(targets) == [this_target.platform.name]
    (names,) = targets[this_target.platform.name].values()
    assert sorted(names) == sorted(path.name for path in wheels.glob("*.whl"))
    assert len(names) > 100


def test_changes_are_seen_and_taken_back_with_git(class_kit):
    def git(*arguments):
        done = run("git", *arguments, cwd=class_kit)
        assert done.returncode == 0, done.stdout
        return done.stdout

    file = class_kit / "steps" / "01-single-file" / "podium.py"
    before = file.read_text()
    assert git("status", "--porcelain") == ""
    file.write_text("# changed\n")
    assert "steps/01-single-file/podium.py" in git("diff", "--stat")
    git("checkout", "steps")
    assert file.read_text() == before
    assert git("remote") == ""
    assert git("log", "--format=%s") == "As it is\n"


def test_the_sums_are_those_of_the_files(class_kit, copy_of_kit):
    tool = ["sha256sum"] if shutil.which("sha256sum") else ["shasum", "-a", "256"]
    done = run(*tool, "-c", archives.SUMS, cwd=class_kit)
    assert done.returncode == 0, done.stdout[-2000:]
    named = {
        line.split("  ", 1)[1] for line in (class_kit / archives.SUMS).read_text().splitlines()
    }
    assert {"Makefile", "START.html", "site/index.html", "wheels/kit.json"} <= named
    (copy_of_kit / "Makefile").unlink()
    (copy_of_kit / "Makefile").write_text("all:\n")
    assert "Makefile: FAILED" in run(*tool, "-c", archives.SUMS, cwd=copy_of_kit).stdout


def test_the_first_page_leads_to_what_is_there(class_kit):
    page = (class_kit / pages.START).read_text()
    links = re.findall(r'href="([^"]+)"', page)
    files = [link for link in links if "://" not in link]
    assert "site/index.html" in files and len(files) == 5
    assert [name for name in files if not (class_kit / name).is_file()] == []
    assert "$" not in page


def test_no_file_names_a_place_on_the_machine_that_made_it(class_kit, source, archive):
    places = [str(place).encode() for place in (source, archive.parent, ROOT, sys.prefix)]
    found = [
        path.relative_to(class_kit)
        for path in class_kit.rglob("*")
        if path.is_file()
        and not {".venv", ".data", "wheels"} & set(path.parts)
        and any(place in path.read_bytes() for place in places)
    ]
    assert found == []


def test_the_archive_has_no_user_and_no_group(archive):
    with tarfile.open(archive) as tar:
        owners = {(entry.uid, entry.gid, entry.uname, entry.gname) for entry in tar}
    assert owners == {(0, 0, "", "")}


def first_command(kit):
    """The first make in a kit, with the network that there is."""
    done = run("make", "--no-print-directory", "step-1", cwd=kit, PYTHON=sys.executable)
    return [line for line in done.stdout.splitlines() if not line.startswith("make: ")]


def test_a_missing_wheel_is_named_before_anything_is_installed(copy_of_kit):
    wheel = next((copy_of_kit / "wheels").glob("flask-3*.whl"))
    wheel.unlink()
    *_, last = first_command(copy_of_kit)
    assert last == f"The class kit lacks wheels/{wheel.name}: unpack its archive again."
    assert not (copy_of_kit / ".venv").exists()


def test_a_damaged_wheel_is_named(copy_of_kit):
    wheel = next((copy_of_kit / "wheels").glob("alabaster*.whl"))
    content = wheel.read_bytes()
    wheel.unlink()
    wheel.write_bytes(content[:-100])
    *_, last = first_command(copy_of_kit)
    assert last.startswith("The class kit's wheel of alabaster is damaged: unpack its archive")


def test_a_kit_for_others_says_for_whom_it_is(copy_of_kit):
    file = copy_of_kit / "wheels" / "kit.json"
    file.write_text(json.dumps({"targets": {"linux-riscv64": {"3.12": ["a.whl"]}}}))
    (line,) = first_command(copy_of_kit)
    assert line.startswith("This class kit is for linux-riscv64 with Python 3.12, this is ")
    assert not (copy_of_kit / ".venv").exists()


def test_a_kit_that_nothing_is_said_about_is_not_used(copy_of_kit):
    (copy_of_kit / "wheels" / "kit.json").unlink()
    (line,) = first_command(copy_of_kit)
    assert "kit.json cannot be read: unpack the class kit again" in line
