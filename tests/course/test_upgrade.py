"""`make upgrade`: newer versions from a package index, and what that changes. The index is ours."""

import io
import zipfile

import pytest
from rich.console import Console

from course import lock, upgrade
from course.errors import CourseError


class Index:
    """A directory of packages, from which uv resolves, and from nowhere else."""

    def __init__(self, path):
        self.path = path
        path.mkdir()

    def publish(self, name, version, *needs):
        """Add a package that holds nothing and needs others."""
        about = f"{name}-{version}.dist-info"
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        metadata += "".join(f"Requires-Dist: {need}\n" for need in needs)
        with zipfile.ZipFile(self.path / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"{about}/METADATA", metadata)
            wheel.writestr(
                f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            )
            wheel.writestr(f"{about}/RECORD", "")


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    """What uv finds out about this Python, once for all tests."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def index(tmp_path, monkeypatch, cache):
    index = Index(tmp_path / "index")
    settings = tmp_path / "uv.toml"
    settings.write_text(f"no-index = true\nfind-links = [{str(index.path)!r}]\n")
    monkeypatch.setenv("UV_CONFIG_FILE", str(settings))
    monkeypatch.setenv("UV_CACHE_DIR", str(cache))
    for name in ("UV_FIND_LINKS", "UV_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX"):
        monkeypatch.delenv(name, raising=False)
    return index


@pytest.fixture
def locked(checkout, index):
    """A checkout with two steps whose locks are of today; tomorrow there is more."""
    checkout.write(checkout.root / "requirements.in", "tool\nheld<2\n")
    checkout.step(1, files={"requirements.in": "web\n"})
    checkout.step(2, files={"requirements.in": "web\nqueue\n"})
    for package in (("tool", "0.3.1"), ("held", "1.0"), ("web", "1.4"), ("queue", "5.1")):
        index.publish(*package)
    lock.write_all(checkout.root)
    index.publish("tool", "0.4.0")
    index.publish("held", "2.0")
    index.publish("web", "1.5", "helper")
    index.publish("helper", "3.0")
    index.publish("queue", "6.0")
    return checkout.root


def said(bumps, root, dry=False):
    out = Console(file=io.StringIO(), width=120, color_system=None)
    code = upgrade.report(bumps, upgrade.held_back(root), out, dry=dry)
    return code, [" ".join(line.split()) for line in out.file.getvalue().splitlines()]


def test_it_tells_what_has_changed_package_by_package(locked):
    bumps = upgrade.upgrade(locked)
    code, lines = said(bumps, locked)
    assert code == 1
    assert lines == [
        "Held back by a requirements.in: held<2",
        "package was is where",
        "helper (new) 3.0 steps 1 and 2",
        "queue 5.1 6.0 step 2 MAJOR",
        "tool 0.3.1 0.4.0 the tool only MAJOR",
        "web 1.4 1.5 steps 1 and 2",
        "4 packages, of which with a new major version: queue, tool.",
        "Read what their authors say of it before you commit.",
        "Next: make test (which installs them), make claims, git commit.",
    ]
    assert lock.check(locked) == []
    assert "web==1.5" in (locked / "steps/01-step/requirements.txt").read_text()


def test_without_a_major_version_it_ends_well(locked):
    code, lines = said(upgrade.upgrade(locked, ["web"]), locked)
    assert code == 0
    assert "2 packages, none with a new major version." in lines
    assert "queue==5.1" in (locked / "requirements.txt").read_text()


def test_again_there_is_nothing_to_do(locked):
    upgrade.upgrade(locked)
    assert said(upgrade.upgrade(locked), locked) == (
        0,
        [
            "Held back by a requirements.in: held<2",
            "All locks have the newest versions that they may have.",
        ],
    )


def test_dry_only_tells(locked):
    before = upgrade.versions(locked)
    bumps = upgrade.upgrade(locked, dry=True)
    assert [bump.name for bump in bumps] == ["helper", "queue", "tool", "web"]
    assert upgrade.versions(locked) == before
    assert said(bumps, locked, dry=True)[1][-1] == "DRY=1: the locks are as they were."


def test_when_it_cannot_resolve_the_locks_stay(locked, index):
    index.publish("web", "1.6", "helper<3", "no-such-package")
    (locked / "steps/02-step/requirements.in").write_text("web>=1.6\nqueue\n")
    before = [path.read_bytes() for path in sorted(locked.rglob("requirements.txt"))]
    with pytest.raises(CourseError, match="uv could not resolve"):
        upgrade.upgrade(locked)
    assert [path.read_bytes() for path in sorted(locked.rglob("requirements.txt"))] == before


def test_when_it_is_interrupted_the_locks_stay(locked, monkeypatch):
    write_all, before = lock.write_all, upgrade.versions(locked)

    def interrupted(*arguments, **options):
        write_all(*arguments, **options)
        raise KeyboardInterrupt

    monkeypatch.setattr(lock, "write_all", interrupted)
    with pytest.raises(KeyboardInterrupt):
        upgrade.upgrade(locked)
    assert upgrade.versions(locked) == before


def test_a_package_that_is_not_locked_is_said(locked):
    with pytest.raises(CourseError, match=r"'flsak' is no package of requirements\.txt"):
        upgrade.upgrade(locked, ["flsak"])


def test_make_lock_alone_keeps_what_is_locked(locked):
    assert lock.write_all(locked) == []


@pytest.mark.parametrize(
    ("old", "new", "is_major"),
    [
        ("1.4.2", "1.5", False),
        ("1.4", "2.0", True),
        ("0.3.9", "0.4", True),
        ("0.3.1", "0.3.2", False),
        ("2025.11", "2026.1", False),
        ("9.0", "10.0", True),
        ("1!1.0", "1!2.0", True),
        ("", "2.0", False),
        ("2.0", "", False),
    ],
)
def test_a_major_version_is_one_that_may_break_something(old, new, is_major):
    assert upgrade.Bump("package", old, new, ()).is_major is is_major
