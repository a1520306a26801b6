"""The first command sets up what is missing, later ones only what has changed."""

import ast
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from course import bootstrap
from course.paths import ROOT

OLD = ["__init__.py", "bootstrap.py", "commands.py"]
OLD += [f"doctor/{path.name}" for path in sorted((ROOT / "course" / "doctor").glob("*.py"))]


@pytest.mark.parametrize("name", OLD)
def test_an_old_python_can_read_what_tells_that_it_is_too_old(name):
    ast.parse((ROOT / "course" / name).read_text(), feature_version=(3, 6))


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A checkout with an empty lock, in which bootstrap works."""
    root = tmp_path / "a checkout"
    root.mkdir()
    (root / "requirements.txt").write_text("# nothing\n")
    monkeypatch.setattr(bootstrap, "ROOT", str(root))
    monkeypatch.setattr(bootstrap, "VENV", str(root / ".venv"))
    monkeypatch.setattr(bootstrap, "LOCK", str(root / "requirements.txt"))
    monkeypatch.setattr(bootstrap, "STAMP", str(root / ".venv" / "stamp.json"))
    monkeypatch.setattr(bootstrap, "LOG", str(root / ".data" / "setup.log"))
    return root


@pytest.fixture
def steps_taken(place, monkeypatch):
    """What ensure() does, with the slow parts replaced; returns the list of their names."""
    taken = []

    def make_venv(python):
        taken.append("make venv")
        (place / ".venv" / "bin").mkdir(parents=True, exist_ok=True)
        if not (place / ".venv" / "bin" / "python").exists():
            (place / ".venv" / "bin" / "python").symlink_to(python)

    monkeypatch.setattr(bootstrap, "make_venv", make_venv)
    monkeypatch.setattr(bootstrap, "install", lambda: taken.append("install"))
    return taken


def test_the_second_time_nothing_is_done(steps_taken):
    bootstrap.ensure()
    assert steps_taken == ["make venv", "install"]
    bootstrap.ensure()
    assert steps_taken == ["make venv", "install"]


def test_a_changed_lock_is_installed_into_the_same_venv(place, steps_taken):
    bootstrap.ensure()
    (place / "requirements.txt").write_text("# changed\n")
    bootstrap.ensure()
    assert steps_taken == ["make venv", "install", "install"]


def test_a_moved_checkout_gets_a_new_venv(place, steps_taken, monkeypatch):
    bootstrap.ensure()
    moved = place.with_name("moved")
    place.rename(moved)
    for name in ("ROOT", "VENV", "LOCK", "STAMP", "LOG"):
        path = getattr(bootstrap, name).replace(str(place), str(moved))
        monkeypatch.setattr(bootstrap, name, path)
    assert not bootstrap.in_order()
    assert not bootstrap.only_lock_changed()


def test_the_venv_of_another_checkout_is_not_touched_through_a_link(place, steps_taken, tmp_path):
    (tmp_path / "theirs").mkdir()
    (place / ".venv").symlink_to(tmp_path / "theirs")
    with pytest.raises(bootstrap.Problem, match="is a link: remove it"):
        bootstrap.ensure()
    assert steps_taken == [] and (tmp_path / "theirs").is_dir()


def test_another_python_under_the_venv_gets_a_new_venv(place, steps_taken):
    bootstrap.ensure()
    python = place / ".venv" / "bin" / "python"
    python.unlink()
    bootstrap.ensure()
    assert steps_taken == ["make venv", "install"] * 2
    python.unlink()
    python.symlink_to("/bin/sh")
    bootstrap.ensure()
    assert steps_taken == ["make venv", "install"] * 3


@pytest.mark.parametrize("only_lock", [True, False])
def test_an_interrupted_installation_is_made_anew(place, steps_taken, monkeypatch, only_lock):
    if only_lock:
        bootstrap.ensure()
        (place / "requirements.txt").write_text("# changed\n")

    def interrupted():
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(bootstrap, "install", interrupted)
        with pytest.raises(KeyboardInterrupt):
            bootstrap.ensure()
    steps_taken.clear()
    bootstrap.ensure()
    assert steps_taken == ["make venv", "install"]


def fake_python(directory: Path, name: str, answer: str) -> str:
    directory.mkdir(exist_ok=True)
    path = directory / name
    path.write_text(f"#!/bin/sh\nprintf '{answer}'\n")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def pythons(tmp_path, monkeypatch):
    """Puts invented Pythons in place of the real ones."""

    def put(current: str, **others: str) -> Path:
        directory = tmp_path / "bin"
        monkeypatch.setattr(sys, "executable", fake_python(directory, "python3", current))
        for name, answer in others.items():
            fake_python(directory, name.replace("_", "."), answer)
        monkeypatch.setenv("PATH", str(directory))
        return directory

    return put


def test_this_python_is_used_when_it_will_do(pythons):
    directory = pythons("3 13\\nvenv\\n", python3_14="3 14\\nvenv\\n")
    assert bootstrap.find_python() == str(directory / "python3")


def test_a_python_that_is_too_old_makes_way_for_the_newest_on_the_path(pythons):
    directory = pythons(
        "3 9\\nvenv\\n",
        python3_14="",  # a version manager's placeholder
        python3_13="3 13\\nvenv\\n",
        python3_12="3 12\\nvenv\\n",
    )
    assert bootstrap.find_python() == str(directory / "python3.13")


def test_no_suitable_python_is_one_line_with_the_remedy(pythons):
    pythons("3 9\\nvenv\\n")
    with pytest.raises(bootstrap.Problem) as caught:
        bootstrap.find_python()
    assert "\n" not in str(caught.value)
    assert "to 3.14 is needed" in str(caught.value)
    assert "make PYTHON=python3.14" in str(caught.value)


def test_apple_needs_a_newer_python(pythons, monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    pythons("3 11\\nvenv\\n")
    with pytest.raises(bootstrap.Problem, match=r"Python 3\.12 to 3\.14 is needed"):
        bootstrap.find_python()


@pytest.fixture
def kit(monkeypatch):
    """Makes the checkout a class kit; returns what puts wheels into it."""
    monkeypatch.setattr(bootstrap, "this_platform", lambda: "linux-x86_64")
    folder = Path(bootstrap.WHEELS)
    folder.mkdir(parents=True)

    def put(**platforms: dict[str, list[str]]) -> Path:
        targets = {name.replace("__", "-"): pythons for name, pythons in platforms.items()}
        (folder / "kit.json").write_text(json.dumps({"targets": targets}))
        for names in (names for pythons in platforms.values() for names in pythons.values()):
            for name in names:
                (folder / name).touch()
        return folder

    return put


def test_a_clone_is_no_kit():
    assert bootstrap.kit_wheels() is None


def test_in_a_kit_that_python_is_used_which_it_is_for(pythons, kit):
    kit(linux__x86_64={"3.12": ["a.whl"]})
    directory = pythons("3 13\\nvenv\\n", python3_12="3 12\\nvenv\\n")
    assert bootstrap.find_python() == str(directory / "python3.12")


def test_a_kit_for_other_pythons_says_for_which_it_is(pythons, kit):
    folder = kit(linux__x86_64={"3.12": ["a.whl"], "3.9": ["b.whl"]}, macos__arm64={"3.14": ["c"]})
    pythons("3 13\\nvenv\\n")
    with pytest.raises(bootstrap.Problem) as raised:
        bootstrap.find_python()
    assert str(raised.value) == (
        "This class kit is for linux-x86_64 with Python 3.9, 3.12; macos-arm64 with Python 3.14, "
        "this is linux-x86_64 with Python 3.13: run make PYTHON=python3.12 step-1; "
        f"or, with a network, remove {folder} and run make again."
    )


def test_a_kit_for_other_machines_says_for_which_it_is(pythons, kit):
    kit(macos__arm64={"3.13": ["a.whl"]})
    pythons("3 13\\nvenv\\n")
    with pytest.raises(
        bootstrap.Problem, match=r"macos-arm64 with Python 3\.13, .*take another kit"
    ):
        bootstrap.find_python()


def test_wheels_that_are_not_there_any_more_are_named(kit):
    folder = kit(linux__x86_64={"3.12": ["a.whl", "b.whl", "c.whl"]})
    wheels = bootstrap.kit_wheels()
    assert wheels.fits((3, 12)) and not wheels.fits((3, 13))
    assert wheels.problem((3, 12)) is None
    (folder / "b.whl").unlink()
    assert wheels.problem((3, 12)) == (
        "The class kit lacks wheels/b.whl: unpack its archive again."
    )
    (folder / "c.whl").unlink()
    assert "wheels/b.whl and 1 more: unpack" in wheels.problem((3, 12))


@pytest.mark.parametrize("content", ["", "[]", '{"targets": 1}', '{"targets": {"a": 1}}'])
def test_a_kit_that_cannot_be_read_is_one_line(kit, content):
    (kit() / "kit.json").write_text(content)
    with pytest.raises(bootstrap.Problem, match=r"kit\.json cannot be read: unpack the class kit"):
        bootstrap.kit_wheels()


def test_a_kit_that_lacks_what_the_lock_names_says_so(place, kit):
    kit(linux__x86_64={"3.12": ["a.whl"]})
    (place / ".data").mkdir()
    (place / ".data" / "setup.log").write_text("ERROR: No matching distribution found for b==2\n")
    assert bootstrap.kit_reason().startswith(
        "The class kit has no b==2: is requirements.txt as it came (git checkout requirements.txt)?"
    )


@pytest.mark.parametrize(
    ("system", "machine", "name"),
    [
        ("linux", "x86_64", "linux-x86_64"),
        ("linux", "arm64", "linux-aarch64"),
        ("darwin", "arm64", "macos-arm64"),
        ("linux", "AMD64", "linux-x86_64"),
    ],
)
def test_platforms_have_one_name_each(monkeypatch, system, machine, name):
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(bootstrap.platform, "machine", lambda: machine)
    assert bootstrap.this_platform() == name


def test_a_missing_venv_module_is_one_line_with_the_remedy(pythons):
    pythons("3 12\\n", python3_11="3 11\\n")
    with pytest.raises(bootstrap.Problem) as caught:
        bootstrap.find_python()
    assert str(caught.value).startswith("Python 3.12 has no venv module.")
    assert "sudo apt install python3-venv" in str(caught.value)


@pytest.mark.parametrize(
    ("log", "message"),
    [
        (
            "WARNING: NewConnectionError ...\nERROR: No matching",
            "Could not reach the Python package",
        ),
        ("OSError: [Errno 28] No space left on device", "The disk is full"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "THESE PACKAGES DO NOT MATCH"),
    ],
)
def test_a_failed_installation_says_why_and_where_the_log_is(place, log, message):
    (place / ".data").mkdir()
    Path(bootstrap.LOG).write_text(log)
    assert message in bootstrap.reason()
    assert bootstrap.reason().endswith(f"Details: {bootstrap.LOG}")
    assert "\n" not in bootstrap.reason()


def test_a_real_venv_is_made_kept_clean_and_honest(place, capfd, monkeypatch):
    bootstrap.ensure()
    assert bootstrap.in_order()
    assert "Installing 0 packages" in capfd.readouterr().err

    code = "import sysconfig; print(sysconfig.get_path('purelib'), end='')"
    packages = subprocess.check_output([bootstrap.venv_python(), "-c", code], text=True)
    stray = Path(packages, "stray-1.0.dist-info")
    stray.mkdir()
    (stray / "METADATA").write_text("Metadata-Version: 2.1\nName: stray\nVersion: 1.0\n")
    (stray / "RECORD").write_text("stray-1.0.dist-info/METADATA,,\n")
    (place / "requirements.txt").write_text("# changed\n")
    bootstrap.ensure()
    assert not (stray / "METADATA").exists(), "what the lock does not name has to go"

    monkeypatch.setenv("PIP_NO_INDEX", "1")
    (place / "requirements.txt").write_text("click==8.5.1 --hash=sha256:" + "0" * 64 + "\n")
    with pytest.raises(bootstrap.Problem, match="Could not install the requirements"):
        bootstrap.ensure()
    assert not bootstrap.in_order()


def test_the_check_that_all_is_in_place_is_quick():
    began = time.perf_counter()
    for _ in range(10):
        bootstrap.in_order()
    assert (time.perf_counter() - began) / 10 < 0.1
