"""The locks: pinned with hashes, no address, equal in all steps, and what the code imports."""

import pytest

from course import catalog, lock
from course.paths import ROOT

CLICK = "click==8.5.1 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"
RICH = "rich==15.0 ; python_version < '3.12' \\\n    --hash=sha256:cc\n"


@pytest.fixture
def locked(checkout):
    """A checkout whose locks are right; returns (checkout, the root's lock, the step's)."""
    checkout.write(checkout.root / "requirements.in", "rich\n")
    checkout.write(checkout.root / "requirements.txt", "# a comment\n" + CLICK + RICH)
    step = checkout.step(
        files={
            "requirements.in": "click\n",
            "requirements.txt": CLICK,
            "app.py": "import click\n",
        }
    )
    return checkout, checkout.root / "requirements.txt", step.path / "requirements.txt"


def edit(path, old, new):
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def test_the_locks_of_this_repository_are_right():
    assert lock.check(ROOT) == []


@pytest.mark.parametrize("path", catalog.step_directories(ROOT), ids=lambda path: path.name)
def test_a_step_declares_what_it_imports(path):
    assert lock.check_imports(path) == []


def test_locks_that_are_right_pass(locked):
    assert lock.check(locked[0].root) == []


def test_a_package_without_a_hash_is_found(locked):
    edit(locked[2], CLICK, "click==8.5.1\n")
    (finding,) = lock.check(locked[0].root)
    assert "steps/01-step/requirements.txt: 'click==8.5.1' has no hash" in finding


def test_a_package_that_is_not_pinned_is_found(locked):
    edit(locked[1], "click==8.5.1", "click>=8")
    assert "requirements.txt: 'click>=8' is not name==version" in lock.check(locked[0].root)[0]


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://example.org/simple",
        "--extra-index-url=file:///packages",
        "-f packages",
        "click @ https://example.org/click.whl",
        "# from https://example.org",
    ],
)
@pytest.mark.parametrize("name", ["requirements.txt", "requirements.in"])
def test_an_address_is_found(locked, line, name):
    file = locked[2].with_name(name)
    file.write_text(file.read_text() + line + "\n")
    findings = "\n".join(lock.check(locked[0].root))
    assert f"steps/01-step/{name}, line" in findings
    assert "names an address" in findings


def test_a_version_that_differs_from_the_root_is_found(locked):
    edit(locked[2], "8.5.1", "8.5.2")
    (finding,) = lock.check(locked[0].root)
    assert "click==8.5.2 is not in the root's requirements.txt" in finding


def test_hashes_that_differ_from_the_root_are_found(locked):
    edit(locked[2], "sha256:bb", "sha256:ee")
    assert "the hashes of click are not those of the root's" in lock.check(locked[0].root)[0]


def test_a_package_that_was_declared_but_not_locked_is_found(locked):
    edit(locked[2].with_suffix(".in"), "click", "click\nflask>=3  # for the web")
    (finding,) = lock.check(locked[0].root)
    assert finding == (
        "steps/01-step/requirements.txt: flask of requirements.in is missing; run make lock"
    )


def test_a_missing_lock_is_found(locked):
    locked[2].unlink()
    assert "the file is missing; run make lock" in lock.check(locked[0].root)[0]


def test_an_import_without_a_declaration_is_found(locked):
    edit(locked[2].with_name("app.py"), "import click", "import click\nfrom rich.text import Text")
    (finding,) = lock.check_imports(locked[2].parent)
    assert (
        finding
        == "steps/01-step/app.py: imports rich; declare rich in steps/01-step/requirements.in"
    )


def test_an_import_that_no_package_provides_is_found(locked):
    edit(locked[2].with_name("app.py"), "import click", "import click, not_installed.at_all")
    assert (
        "imports not_installed, which no installed package"
        in lock.check_imports(locked[2].parent)[0]
    )


def test_a_declaration_without_an_import_is_found_unless_it_says_who_uses_it(locked):
    edit(locked[2].with_suffix(".in"), "click", "click\nrich")
    assert "rich is imported nowhere" in lock.check_imports(locked[2].parent)[0]
    edit(locked[2].with_suffix(".in"), "rich", "rich  # used by: the Procfile")
    assert lock.check_imports(locked[2].parent) == []


def test_modules_of_the_step_and_of_the_standard_library_need_no_declaration(locked):
    code = "import click\nimport os.path\nfrom package import part\nfrom . import x\n"
    edit(locked[2].with_name("app.py"), "import click\n", code)
    locked[0].write(locked[2].with_name("package") / "part.py", "")
    assert lock.check_imports(locked[2].parent) == []


def test_a_lock_is_written_as_it_is_read():
    text = CLICK + RICH
    assert "".join(pin.text() for pin in lock.parse(text, "lock")) == text
