"""`make diff-N` shows what a step changed so that one can read it."""

import io
import shlex
import sys

import pytest
from rich.console import Console

from course import diff

OLD_LOCK = "flask==3.0 \\\n    --hash=sha256:aa\nfpdf2==2.8 \\\n    --hash=sha256:bb\n"
NEW_LOCK = "flask==3.1 \\\n    --hash=sha256:cc\nredis==8.1 \\\n    --hash=sha256:dd\n"


@pytest.fixture
def steps(checkout):
    before = checkout.step(
        1,
        files={
            "app.py": "import os\n\n\ndef view():\n    return 1\n",
            "moved.py": "same = 1\n",
            "old.py": "gone = 1\n",
            "requirements.txt": OLD_LOCK,
            "sample_data.json": "[\n1,\n2\n]\n",
        },
    )
    (before.path / "logo.png").write_bytes(b"\x89PNG\0")
    step = checkout.step(
        2,
        toml="""
        [changes]
        "new.py" = "reason for new"
        "app.py" = "reason for app"
        "*.txt" = "reason for packages"
        "sample_data.json" = "reason for data"
        "old.py" = "reason for old"
        "logo.png" = "reason for logo"
        [moved]
        "moved.py" = "package/moved.py"
        """,
        files={
            "app.py": "import os\n\n\ndef view():\n    return 2\n",
            "package/moved.py": "same = 1\n",
            "new.py": "fresh = True\n",
            "requirements.txt": NEW_LOCK,
            "sample_data.json": "[\n1,\n3,\n4\n]\n",
        },
    )
    (step.path / "logo.png").write_bytes(b"\x89PNG\0\0")
    return before, step


def shown(before, step, *, side_by_side=False, width=100) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    content = diff.render(before, step, side_by_side=side_by_side, width=width)
    diff.show(content, console)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


def test_it_begins_with_the_problem_that_the_step_solves(steps):
    assert shown(*steps).startswith("Step 2: Step 2\nThe step before has a problem.\n")


def test_files_come_in_the_declared_order_each_with_its_reason(steps):
    text = shown(*steps)
    headings = [
        "added  new.py\n  reason for new\n",
        "changed  app.py\n  reason for app\n",
        "changed  requirements.txt\n  reason for packages\n",
        "changed  sample_data.json\n  reason for data\n",
        "removed  old.py\n  reason for old\n",
        "changed  logo.png\n  reason for logo\n",
        "moved  package/moved.py  (was moved.py)",
    ]
    places = [text.index(heading) for heading in headings]
    assert places == sorted(places)


def test_a_change_is_shown_as_a_unified_diff(steps):
    assert "@@ -2,4 +2,4 @@\n\n\n  def view():\n-     return 1\n+     return 2\n" in shown(*steps)


def test_added_and_removed_files_are_shown_whole(steps):
    text = shown(*steps)
    assert "@@ -0,0 +1,1 @@\n+ fresh = True\n" in text
    assert "@@ -1,1 +0,0 @@\n- gone = 1\n" in text


def test_a_lock_is_summed_up_by_package(steps):
    text = shown(*steps)
    assert "~ flask 3.0 → 3.1\n- fpdf2 2.8\n+ redis 8.1\n" in text
    assert "sha256" not in text


def test_data_are_counted_and_binary_files_measured(steps):
    text = shown(*steps)
    assert "  2 lines added, 1 removed\n" in text
    assert "  binary file, 5 bytes → 6 bytes" in text


def test_a_file_that_was_moved_and_changed_is_compared_to_its_old_self(checkout):
    before = checkout.step(1, files={"app.py": "a = 1\nb = 2\n"})
    step = checkout.step(
        2, toml='[moved]\n"app.py" = "p/app.py"', files={"p/app.py": "a = 1\nb = 3\n"}
    )
    text = shown(before, step)
    assert "moved and changed  p/app.py  (was app.py)" in text
    assert "  a = 1\n- b = 2\n+ b = 3" in text


@pytest.mark.parametrize("width", [60, 80, 160])
def test_side_by_side_fits_the_terminal(checkout, width):
    long = "x = '" + "long " * 60 + "'\n"
    before = checkout.step(1, files={"app.py": "a = 1\n" + long + "b = 2\n"})
    step = checkout.step(2, files={"app.py": "a = 1\nb = 3\n" + long})
    text = shown(before, step, side_by_side=True, width=width)
    assert max(map(len, text.splitlines())) <= width
    assert any("a = 1" in line.replace("a = 1", "", 1) for line in text.splitlines())


def test_the_first_step_has_nothing_to_compare_to(steps):
    assert "nothing before it" in shown(None, steps[0])


def test_a_reader_who_wants_a_pager_gets_it_only_on_a_terminal(steps, monkeypatch, tmp_path):
    file = tmp_path / "paged"
    code = f"open({str(file)!r}, 'w').write(input())"
    monkeypatch.setenv("PAGER", shlex.join([sys.executable, "-c", code]))
    content = diff.render(*steps, side_by_side=False, width=80)
    diff.show(content, Console(file=io.StringIO(), force_terminal=False))
    assert not file.exists()
    terminal = io.StringIO()
    diff.show(content, Console(file=terminal, force_terminal=True, color_system="standard"))
    assert "Step 2" in file.read_text()
    assert terminal.getvalue() == ""


def test_a_pager_that_is_not_there_is_done_without(steps, monkeypatch):
    monkeypatch.setenv("PAGER", "no-such-pager -x")
    terminal = io.StringIO()
    content = diff.render(*steps, side_by_side=False, width=80)
    diff.show(content, Console(file=terminal, force_terminal=True))
    assert "reason for new" in terminal.getvalue()
