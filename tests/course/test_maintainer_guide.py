"""The worked example of the maintainer's guide, carried out on a copy of this repository."""

import io
import os
import re
import shutil
import subprocess

import pytest
from rich.console import Console

from course.cascade import run
from course.exercises import catalog as exercises
from course.exercises import starters
from course.paths import ROOT

GUIDE = ROOT / "docs" / "maintainer.md"
EXAMPLE = "### An example"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not there")


def fences():
    """Return the example's fences in their order: (kind, text)."""
    text = GUIDE.read_text(encoding="utf-8").partition(EXAMPLE)[2].partition("\n### ")[0]
    return FENCE.findall(text)


def matches(shown, printed):
    """Whether a text with … for what varies is what was printed."""
    lines = [
        r"(?:.*\n)*?" if line == "…" else re.escape(line).replace("…", ".*") + r"\n"
        for line in shown.rstrip("\n").split("\n")
    ]
    return re.fullmatch("".join(lines), printed.rstrip("\n") + "\n") is not None


@pytest.fixture
def git(tmp_path):
    for name in ("steps", "exercises", "solutions"):
        ignored = shutil.ignore_patterns("__pycache__", ".pytest_cache", "yours-*")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)

    def git(*arguments, given=""):
        settings = ("-c", "user.name=maintainer", "-c", "user.email=maintainer@example.org")
        subprocess.run(
            ["git", *settings, *arguments],
            cwd=tmp_path,
            env=os.environ | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull},
            input=given,
            text=True,
            check=True,
        )

    (tmp_path / ".gitignore").write_text("/.data/\n")
    git("init", "--quiet")
    git("add", "--all")
    git("commit", "--quiet", "--message", "As it is")
    return git


def test_the_example_goes_as_it_is_told(tmp_path, git):
    def cascade():
        out = Console(file=io.StringIO(), width=300, color_system=None)
        code = run.cascade(tmp_path, 3, out, tester=lambda step: (True, "all passed"))
        return code, out.file.getvalue()

    kinds, parts = zip(*fences(), strict=True)
    assert kinds == ("diff", "sh", "text", "diff", "sh", "text")
    fix, first, stops, decision, again, ends = parts
    assert first == again == "make cascade FROM=3\n"
    git("apply", "--unidiff-zero", given=fix)
    code, printed = cascade()
    assert code == run.WAITS
    assert matches(stops, printed), printed
    git("checkout", "--quiet", "--", "steps/05-web-and-api/podium/talks/pages.py")
    git("apply", "--unidiff-zero", given=decision)
    code, printed = cascade()
    assert code == run.DONE, printed
    assert matches(ends, printed), printed
    last = tmp_path / "steps/13-websocket-cluster/podium"
    assert "talks.every(10)" in (last / "talks/pages.py").read_text()
    assert "limit(limit)" in (last / "services/talks.py").read_text()
    exercise = exercises.find(5, tmp_path)
    assert starters.changed(exercise) == starters.outdated(exercise) == []


def test_what_is_told_is_compared_line_by_line():
    assert matches("a …\n…\nz\n", "a 1\nb\nc\nz\n")
    assert not matches("a …\n…\nz\n", "a 1\nb\nc\n")
    assert not matches("a\n", "a\nb\n")
