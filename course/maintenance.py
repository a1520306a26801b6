"""The maintainers' commands, for `python -m course`. Parses and prints."""

from __future__ import annotations

import re
import sys
from contextlib import nullcontext

import click

from course import catalog, console
from course.errors import CourseError
from course.paths import ROOT

OFF = ("0", "no", "false")


def step_number(text: str | None) -> int:
    """Return the number of a step that was named; CourseError when it is none."""
    if text is None:
        raise CourseError("Which step has changed? For example: make cascade FROM=3")
    if not re.fullmatch(r"[0-9]{1,3}", text):
        raise CourseError(f"FROM is {text!r}, not a step's number; {catalog.existing()}.")
    return int(text)


@click.command("cascade")
@click.option("--from", "start", envvar="FROM", help="The step that has changed.")
@click.option("--base", envvar="BASE", help="The commit to compare it with (default: HEAD).")
@click.option("--dry", is_flag=True, envvar="DRY", help="Only show what would be done.")
@click.option("--abort", is_flag=True, envvar="ABORT", help="Take back what was carried.")
@click.option("--test", default="1", envvar="TEST", help="0: run no tests.")
def cascade_(start: str | None, base: str | None, dry: bool, abort: bool, test: str) -> None:
    """Carry what has changed in a step through the later steps and the exercises."""
    from course.cascade import run
    from course.cascade.tester import unit_tests

    number, out = step_number(start), console.output()
    if abort:
        sys.exit(run.abort(ROOT, number, out))
    tests = None if test.lower() in OFF else unit_tests(ROOT, out)
    try:
        sys.exit(run.cascade(ROOT, number, out, base=base, dry=dry, tester=tests))
    except KeyboardInterrupt:
        print("\nInterrupted; what was written is whole, and the same command goes on.")
        raise


@click.command("new-step")
@click.option("--name", envvar="NAME", help="The directory's name, for example 14-cache.")
@click.option("--title", envvar="TITLE")
@click.option("--problem", envvar="PROBLEM", help="What is wrong with the step before.")
@click.option("--pattern", envvar="PATTERN")
@click.option("--part", envvar="PART", help="Default: that of the last step.")
@click.option("--minutes", envvar="MINUTES", help="Class time.")
def new_step_(**wanted: str | None) -> None:
    """Write the frame of the next step, a copy of the last, and say what is left to do."""
    from course.scaffold import checklist, new_step

    made = new_step.write(ROOT, new_step.Wanted(**{k: v or None for k, v in wanted.items()}))
    print("\n".join(checklist.lines(made)))


@click.command("upgrade")
@click.option("--only", multiple=True, envvar="ONLY", metavar="PACKAGE", help="Only these.")
@click.option("--dry", is_flag=True, envvar="DRY", help="Only say what would change.")
def upgrade_(only: tuple[str, ...], dry: bool) -> None:
    """Put newer versions into all locks and say what has changed; 1 where one is a major one."""
    from course import upgrade

    out = console.output()
    with out.status("resolving for all steps") if out.is_terminal else nullcontext():
        bumps = upgrade.upgrade(ROOT, only, dry=dry)
    sys.exit(upgrade.report(bumps, upgrade.held_back(ROOT), out, dry=dry))


COMMANDS = (cascade_, new_step_, upgrade_)
