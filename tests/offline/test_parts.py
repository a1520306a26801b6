"""Which wheels belong to which machine, and what is said when they cannot be had."""

import hashlib
import json
import zipfile

import pytest
from programs import GIT, run

from course import lock
from course.errors import CourseError
from course.offline import fetch, kit, repository, targets
from course.offline.progress import Progress
from course.offline.store import Store, about_wheel
from course.offline.targets import PLATFORMS, Target
from course.offline.wanted import per_micro
from course.paths import ROOT

LINUX, ARM, MAC = (PLATFORMS[name] for name in ("linux-x86_64", "linux-aarch64", "macos-arm64"))
EVERYONE = [(LINUX, 11), (LINUX, 12), (ARM, 12), (ARM, 14), (MAC, 12)]
HASH = "--hash=sha256:" + 64 * "0"


def test_by_default_a_kit_is_for_this_platform_and_every_python():
    found = targets.chosen("", "")
    assert {target.platform.name for target in found} == {
        kit.PLATFORMS[found[0].platform.name].name
    }
    assert [target.version for target in found] == ["3.11", "3.12", "3.13", "3.14"]


@pytest.mark.parametrize("names", ["macos-arm64 linux-x86_64", "linux-x86_64,macos-arm64"])
def test_platforms_and_pythons_can_be_chosen(names):
    found = targets.chosen(names, "3.13")
    assert [target.shown for target in found] == [
        "Linux x86-64, Python 3.13",
        "macOS arm64, Python 3.13",
    ]
    assert len(targets.chosen("all", "3.12, 3.14")) == 6


@pytest.mark.parametrize(
    ("platforms", "pythons", "message"),
    [
        ("windows", "", "PLATFORMS names 'windows'; there are linux-x86_64, linux-aarch64, "),
        ("", "3.10", "PYTHONS names '3.10'; there are 3.11, 3.12, 3.13, 3.14."),
    ],
)
def test_a_name_that_is_none_is_one_line(platforms, pythons, message):
    with pytest.raises(CourseError, match="^" + message):
        targets.chosen(platforms, pythons)
    done = run(
        *("python", "-m", "course", "offline", "--platforms", platforms, "--pythons", pythons),
        cwd=ROOT,
    )
    assert (done.returncode, len(done.stdout.splitlines())) == (2, 1)


@pytest.mark.parametrize(
    ("wheel", "fits"),
    [
        ("a-1-py3-none-any.whl", EVERYONE),
        ("a-1-cp312-cp312-manylinux_2_28_x86_64.whl", [(LINUX, 12)]),
        ("a-1-cp312-cp312-manylinux2014_aarch64.manylinux_2_17_aarch64.whl", [(ARM, 12)]),
        ("a-1-cp39-abi3-macosx_11_0_universal2.whl", [(MAC, 12)]),
        ("a-1-cp312-cp312-manylinux_2_34_x86_64.whl", []),
        ("a-1-cp312-cp312-musllinux_1_2_x86_64.whl", []),
        ("a-1-cp314-cp314t-manylinux_2_28_aarch64.whl", []),
        ("a-1-cp312-cp312-macosx_14_0_arm64.whl", []),
    ],
)
def test_a_wheel_is_for_whom_its_name_says(wheel, fits):
    tags = about_wheel(wheel).tags
    found = [(p, minor) for p, minor in EVERYONE if Target(p, (3, minor)).loads(tags)]
    assert found == [pair for pair in EVERYONE if pair in fits]


def pins(*lines):
    return lock.parse("".join(f"{line} {HASH}\n" for line in lines), "a lock")


def test_markers_are_those_of_the_target_and_not_of_this_machine():
    some = pins(
        "always==1",
        "mac==1 ; sys_platform == 'darwin'",
        "arm==1 ; platform_machine == 'aarch64'",
        "new==1 ; python_full_version >= '3.13'",
        "windows==1 ; sys_platform == 'win32'",
    )

    def names(platform, minor):
        groups = per_micro(some, Target(platform, (3, minor))).values()
        return [pin.name for group in groups for pin in group]

    assert names(MAC, 12) == ["always", "mac"]
    assert names(ARM, 13) == ["always", "arm", "new"]
    assert names(LINUX, 11) == ["always"]


def test_a_kit_has_what_every_release_of_a_python_needs():
    some = pins(
        "soup==1 ; python_full_version < '3.11.5'", "soup==2 ; python_full_version >= '3.11.5'"
    )
    groups = per_micro(some, Target(LINUX, (3, 11)))
    assert {micro: [pin.version for pin in group] for micro, group in groups.items()} == {
        4: ["1"],
        max(groups): ["2"],
    }


class Wheelhouse:
    """Wheels of an invented package, in the place of an index."""

    def __init__(self, root):
        self.folder = root / "an index"
        self.folder.mkdir()

    def add(self, name, version="1.0", tag="py3-none-any"):
        """Make a wheel; return its hash as a lock has it."""
        path = self.folder / f"{name}-{version}-{tag}.whl"
        about = f"{name}-{version}.dist-info"
        with zipfile.ZipFile(path, "w") as wheel:
            wheel.writestr(f"{about}/METADATA", f"Name: {name}\nVersion: {version}\n")
            wheel.writestr(f"{about}/WHEEL", f"Wheel-Version: 1.0\nTag: {tag}\n")
            wheel.writestr(f"{about}/RECORD", "")
        return "--hash=sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def wheelhouse(tmp_path, monkeypatch):
    """An index that is a folder; pip has no other."""
    house = Wheelhouse(tmp_path)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", house.folder.as_uri())
    return house


@pytest.fixture
def complete(tmp_path, console):
    """Returns what gets the wheels of a lock for a target."""

    def get(target, text):
        store = Store(tmp_path / "cache")
        log = tmp_path / "log.txt"
        progress = Progress(console[0])
        return fetch.complete(target, lock.parse(text, "a lock"), store, log, progress)

    return get


def test_wheels_are_fetched_once(wheelhouse, complete):
    target = Target(ARM, (3, 13))
    text = f"plain==1.0 {wheelhouse.add('plain')}\n"
    text += f"built==1.0 {wheelhouse.add('built', tag='cp313-cp313-manylinux_2_28_aarch64')}\n"
    names = ["built-1.0-cp313-cp313-manylinux_2_28_aarch64.whl", "plain-1.0-py3-none-any.whl"]
    assert sorted(path.name for path in complete(target, text).values()) == names
    for wheel in wheelhouse.folder.iterdir():
        wheel.unlink()
    assert sorted(path.name for path in complete(target, text).values()) == names


def test_a_wheel_that_was_damaged_in_the_cache_is_fetched_again(wheelhouse, complete):
    target = Target(LINUX, (3, 12))
    text = f"plain==1.0 {wheelhouse.add('plain')}\n"
    (path,) = complete(target, text).values()
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    (path,) = complete(target, text).values()
    assert path.read_bytes() == whole


def test_a_package_that_is_not_built_for_a_target_is_named(wheelhouse, complete):
    hashes = wheelhouse.add("built", tag="cp312-cp312-macosx_11_0_arm64")
    wheelhouse.add("built", "0.9")
    text = f"built==1.0 {hashes}\n"
    assert len(complete(Target(MAC, (3, 12)), text)) == 1
    for wheel in [*wheelhouse.folder.iterdir(), None]:
        # The second time it is known already, also where there is nothing to ask.
        with pytest.raises(fetch.Absent, match=r"^built 1\.0$"):
            complete(Target(MAC, (3, 11)), text)
        if wheel:
            wheel.unlink()


def test_an_unknown_package_is_asked_for_again(wheelhouse, complete):
    target = Target(MAC, (3, 12))
    with pytest.raises(fetch.Absent):
        complete(target, f"later==1.0 {HASH}\n")
    hashes = wheelhouse.add("later")
    with pytest.raises(fetch.Absent):
        complete(target, f"later==2.0 {hashes}\n")
    assert len(complete(target, f"later==1.0 {hashes}\n")) == 1


def test_another_file_than_the_locked_one_is_refused(wheelhouse, complete):
    wheelhouse.add("plain")
    with pytest.raises(CourseError, match=r"Could not fetch the wheels for .*HASHES"):
        complete(Target(LINUX, (3, 12)), f"plain==1.0 {HASH}\n")


def test_without_a_network_it_is_one_line_and_not_an_absence(complete, monkeypatch):
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    # Nothing listens on port 1.
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:1/")
    monkeypatch.setenv("PIP_RETRIES", "0")
    with pytest.raises(CourseError, match=r"^Could not reach the Python package index"):
        complete(Target(LINUX, (3, 12)), f"plain==1.0 {HASH}\n")


@pytest.fixture
def repo(tmp_path, monkeypatch):
    """A repository with a lock and one commit."""
    for name, value in GIT.items():
        monkeypatch.setenv(name, value)
    root = tmp_path / "a repository"
    root.mkdir()
    (root / "requirements.txt").write_text(f"plain==1.0 {HASH}\n")
    (root / ".gitignore").write_text("/.data/\n")
    settings = ("-c", "user.name=maintainer", "-c", "user.email=maintainer@example.org")
    for command in (("init", "-q"), ("add", "--all"), ("commit", "-q", "-m", "As it is")):
        assert run("git", *settings, *command, cwd=root, **GIT).returncode == 0
    return root


def test_a_kit_that_cannot_be_completed_leaves_no_archive(repo, wheelhouse, console):
    wheelhouse.add("plain")
    with pytest.raises(CourseError, match="HASHES"):
        kit.build(repo, [Target(LINUX, (3, 12))], console[0])
    left = sorted(path.name for path in (repo / kit.FOLDER).iterdir())
    assert left == ["log.txt", "run.lock", "wheels"]
    assert list((repo / kit.FOLDER / "wheels").iterdir()) == []


def test_a_kit_for_nobody_is_not_made(repo, wheelhouse, console):
    wheelhouse.add("plain", "0.9")
    with pytest.raises(CourseError, match=r"^No kit, .* macOS arm64, Python 3\.11: .* plain 1\.0"):
        kit.build(repo, [Target(MAC, (3, 11))], console[0])
    assert list((repo / kit.FOLDER).glob("*.tar.gz*")) == []


def test_what_is_not_committed_is_named(repo, wheelhouse, console):
    (repo / "new file").write_text("")
    (repo / "requirements.txt").write_text(f"plain==2.0 {HASH}\n")
    with pytest.raises(CourseError, match=r"plain 1\.0"):
        # Of the commit, and not of the checkout.
        kit.build(repo, [Target(LINUX, (3, 12))], console[0])
    said = console[1].getvalue()
    assert "without these 2 changes that you have not committed: requirements.txt, new file" in said


def test_what_is_no_repository_is_one_line(tmp_path):
    with pytest.raises(CourseError, match="is not a git repository, and a kit is made of what is"):
        repository.last_commit(tmp_path)


def test_the_cache_says_which_wheels_are_whose(wheelhouse, complete, tmp_path):
    complete(Target(MAC, (3, 12)), f"plain==1.0 {wheelhouse.add('plain')}\n")
    noted = json.loads((tmp_path / "cache" / "kit.json").read_text())
    assert noted["targets"] == {"macos-arm64": {"3.12": ["plain-1.0-py3-none-any.whl"]}}
