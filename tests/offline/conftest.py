"""A class kit of the checkout as it is, for this Python; unpacked where the path has a space."""

import io
import os
import shutil
import sys
import tempfile
from pathlib import Path

import nonet
import pytest
from programs import GIT, run
from rich.console import Console

from course.offline import kit, targets
from course.paths import ROOT

SCENES = Path(__file__).with_name("scenes.py")
# Wheels from one run to the next.
CACHE = ROOT / ".data" / "offline-of-tests"


@pytest.fixture(scope="session")
def this_target():
    """The machine and the Python that we are on."""
    name = next(iter(targets.chosen("", ""))).platform.name
    version = "{}.{}".format(*sys.version_info[:2])
    return targets.chosen(name, version)[0]


@pytest.fixture(scope="session")
def source(tmp_path_factory):
    """A repository whose one commit is the checkout, with what is not committed in it."""
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("a kit is made from a git repository")
    root = tmp_path_factory.mktemp("offline") / "source-of-the-kit"
    # Whoever owns the checkout: only names are read.
    listing = ("-c", "safe.directory=*", "ls-files", "-coz", "--exclude-standard")
    listed = run("git", *listing, cwd=ROOT)
    assert listed.returncode == 0, listed.stdout
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.is_file() and not path.is_symlink():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, root / name)
    settings = ("-c", "user.name=maintainer", "-c", "user.email=maintainer@example.org")
    for command in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "-m", "As it is")):
        done = run("git", *settings, *command, cwd=root, **GIT)
        assert done.returncode == 0, done.stdout
    # Wheels that are here already, in the kit that we are in or from an earlier make offline.
    for there in (ROOT / "wheels", ROOT / ".data" / "offline" / "wheels"):
        if there.is_dir() and not (root / "wheels").exists():
            (root / "wheels").symlink_to(there)
    CACHE.mkdir(parents=True, exist_ok=True)
    (root / ".data").mkdir()
    (root / ".data" / "offline").symlink_to(CACHE)
    return root


@pytest.fixture(scope="session")
def archive(source, this_target):
    """The kit's archive, as the command makes it."""
    done = run(
        *(sys.executable, "-m", "course", "offline"),
        *("--platforms", this_target.platform.name, "--pythons", this_target.version),
        cwd=source,
        **GIT,
    )
    if "Could not reach the Python package index" in done.stdout:
        pytest.skip("the wheels for a kit are not here yet, and there is no network to fetch them")
    assert done.returncode == 0, done.stdout
    found = list(CACHE.glob("*.tar.gz"))
    assert len(found) == 1, done.stdout
    yield found[0]
    for path in CACHE.glob("*.tar.gz*"):
        path.unlink()


@pytest.fixture(scope="session")
def class_kit(archive):
    """The kit, unpacked."""
    with tempfile.TemporaryDirectory(prefix="course-kit-") as folder:
        # Where others may enter, unlike pytest's: as root, PostgreSQL runs as somebody else.
        Path(folder).chmod(0o755)
        place = Path(folder) / "a room"
        place.mkdir()
        done = run("tar", "xzf", archive, cwd=place)
        assert done.returncode == 0, done.stdout
        (root,) = place.iterdir()
        yield root


@pytest.fixture(scope="session")
def without_network(class_kit, tmp_path_factory):
    """Returns what runs a program in the kit where there is no network, and fails if it fails."""
    if reason := nonet.reason_against():
        pytest.skip(reason)
    home = str(tmp_path_factory.mktemp("home"))

    def within(*argv):
        done = run(
            *nonet.command(list(map(str, argv))), cwd=class_kit, HOME=home, PYTHON=sys.executable
        )
        assert done.returncode == 0, done.stdout[-6000:]
        return done.stdout

    return within


@pytest.fixture(scope="session")
def scene(without_network):
    """Returns what plays a scene without a network, and returns what it printed."""
    return lambda *arguments: without_network(sys.executable, SCENES, *arguments)


@pytest.fixture
def console():
    """A console that is a text, and the text."""
    file = io.StringIO()
    return Console(file=file, width=200, color_system=None), file


@pytest.fixture
def copy_of_kit(class_kit, tmp_path):
    """The kit once more, to spoil: its wheels are links, to be removed and not written to."""
    root = tmp_path / "a spoilt kit"
    ignored = shutil.ignore_patterns(".venv", ".data", "__pycache__", ".git", "site")
    shutil.copytree(class_kit, root, copy_function=os.link, ignore=ignored)
    (root / kit.WHEELS / "kit.json").unlink()
    shutil.copy(class_kit / kit.WHEELS / "kit.json", root / kit.WHEELS)
    return root
