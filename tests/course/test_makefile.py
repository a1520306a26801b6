"""`make` offers what help says, and answers bad usage with one line and exit code 2."""

import os
import re
import subprocess

import pytest

from course import commands
from course.paths import ROOT

MAKE_OWN_LINES = re.compile(r"^make(\[\d+\])?: ")


def make(*arguments: str, **environment: str) -> tuple[int, list[str]]:
    """Run make; return its exit code and what was printed, without make's own lines."""
    answer = subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=ROOT,
        env={k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "PORT")}
        | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    lines = [line for line in answer.stdout.splitlines() if not MAKE_OWN_LINES.match(line)]
    return answer.returncode, lines


def test_help_lists_exactly_what_the_makefile_has():
    text = (ROOT / "Makefile").read_text()
    rules = re.findall(r"^(?!\.|FORCE)([a-z][a-z %-]*):", text, flags=re.MULTILINE)
    targets = {target.replace("%", "N") for rule in rules for target in rule.split()}
    assert targets == {command.removeprefix("make ") for command, _ in commands.COMMANDS}


@pytest.mark.parametrize("arguments", [[], ["help"]])
def test_make_alone_prints_help(arguments):
    code, lines = make(*arguments)
    assert code == 0
    assert any(line.startswith("  make step-N") for line in lines)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("step-99", "There is no step 99; the steps are "),
        ("diff-0", "There is no step 0; the steps are "),
        ("reset-x", "'x' is not a step's number; the steps are "),
        ("hosts-1", "Step 1 has no two hosts: only a step with a load balancer has them"),
        ("test-1.5", "'1.5' is not a step's number; the steps are "),
    ],
)
def test_bad_usage_is_one_line(target, message):
    code, lines = make(target)
    assert code == 2
    assert len(lines) == 1
    assert lines[0].startswith(message)


def test_a_bad_port_is_one_line():
    code, lines = make("step-1", PORT="abc")
    assert (code, lines) == (
        2,
        ["PORT is 'abc'; expected a number from 1 to 65535, e.g. PORT=8001."],
    )


def test_the_first_step_has_no_difference_to_show():
    code, lines = make("diff-1")
    assert code == 0
    assert "nothing before it" in lines[-1]
