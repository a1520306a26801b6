"""Runs the unit tests of one step, as `make test` does."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.text import Text

from course import verify
from course.catalog import Step


def unit_tests(root: Path, out: Console) -> Callable[[Step], tuple[bool, str]]:
    """Return what runs the tests of a step; what failed is printed to `out`."""

    def test(step: Step) -> tuple[bool, str]:
        name = f"step {step.number}: unit"
        (check,) = (each for each in verify.plan(root, [step], whole=False) if each.name == name)
        quiet = Console(file=io.StringIO())
        if not out.is_terminal or out.no_color:
            (result,) = verify.run([check], root, quiet)
        else:
            with out.status(Text(f"the tests of step {step.number}")):
                (result,) = verify.run([check], root, quiet)
        if not result.ok:
            verify.report([result], out)
        skipped = f", {result.skipped} skipped" if result.skipped else ""
        failed = f", {result.failed} failed" if result.failed else ""
        return result.ok, f"{result.passed} passed{failed}{skipped}, {result.seconds:.0f} s"

    return test
