"""The command line: `python -m course ...`, which the Makefile fronts. Parses and prints."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys

import click

from course import (
    bench,
    catalog,
    commands,
    console,
    deploy,
    diff,
    drift,
    foreground,
    hosts,
    housekeeping,
    lock,
    maintenance,
    ports,
    readme,
    remote,
    unfinished,
    verify,
    with_services,
)
from course.board.command import COMMANDS as BOARD
from course.errors import CourseError
from course.exercises.cli import COMMANDS
from course.paths import ROOT
from course.sessions.cli import sessions

NOT_OURS_TO_SOLVE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC)


class StepNumber(click.ParamType):
    """An argument that names a step by its number."""

    name = "step"

    def convert(self, value, param, ctx):
        """Return the Step; CourseError when there is none."""
        if isinstance(value, catalog.Step):
            return value
        if not re.fullmatch(r"[0-9]{1,3}", value):
            raise CourseError(f"{value!r} is not a step's number; {catalog.existing()}.")
        return catalog.find(int(value))


STEP = StepNumber()


@click.group(add_help_option=True)
def cli() -> None:
    """Run, compare and verify the steps of Flask at Scale."""


@cli.command("help")
def help_() -> None:
    """Print the table of commands."""
    commands.main()


@cli.command()
@click.argument("step", type=STEP)
def step(step: catalog.Step) -> None:
    """Run a step on $PORT (8000) until Ctrl-C."""
    port = ports.parse(os.environ.get("PORT") or foreground.DEFAULT_PORT)
    foreground.serve(step, port, console.output())


@cli.command("hosts")
@click.argument("step", type=STEP)
def hosts_(step: catalog.Step) -> None:
    """Run a step on $PORT (8000), its hosts in networks of their own, until Ctrl-C."""
    port = ports.parse(os.environ.get("PORT") or foreground.DEFAULT_PORT)
    hosts.check(step)
    foreground.serve(step.apart, port, console.output(), hosts.live_hosts)


@cli.command("diff")
@click.argument("step", type=STEP)
@click.option("--side-by-side", is_flag=True, help="Two columns (or SIDE=1 in the environment).")
def diff_(step: catalog.Step, side_by_side: bool) -> None:
    """Show what a step changed since the one before."""
    out = console.output()
    before = catalog.find(step.number - 1) if step.number > 1 else None
    content = diff.render(
        before,
        step,
        side_by_side=side_by_side or bool(os.environ.get("SIDE")),
        width=out.width,
    )
    diff.show(content, out)


@cli.command("drift")
def drift_() -> None:
    """Check that each step declares what differs from the step before, and only that."""
    steps = catalog.load()
    findings = drift.check(steps) + unfinished.check(ROOT, steps)
    for finding in findings:
        print(finding)
    if findings:
        raise CourseError(
            f"{len(findings)} things to put right in the steps and their declarations."
        )
    print("Every difference between two steps is declared.")


@cli.command("readme")
@click.option("--write", is_flag=True, help="Bring the table up to date.")
@click.option("--check", is_flag=True, help="Only say whether it is (the default).")
def readme_(write: bool, check: bool) -> None:
    """Write or check the table of steps in README.md."""
    steps = catalog.load()
    if write:
        print("README.md written." if readme.write(ROOT, steps) else "README.md was right.")
    elif problem := readme.check(ROOT, steps):
        raise CourseError(problem)


@cli.command()
@click.argument("step", type=STEP, required=False)
def test(step: catalog.Step | None) -> None:
    """Verify everything, or one step."""
    steps = [step] if step else catalog.load()
    results = verify.run(verify.plan(ROOT, steps, whole=step is None), ROOT, console.output())
    sys.exit(0 if verify.report(results, console.output()) else 1)


@cli.command("with-services")
@click.argument("step", type=STEP)
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def with_services_(step: catalog.Step, command: tuple[str, ...]) -> None:
    """Run a command in a step's directory with its services, their data empty and temporary."""
    sys.exit(with_services.run(step, command))


@cli.command()
@click.argument("step", type=STEP)
def reset(step: catalog.Step) -> None:
    """Delete the data of a step."""
    where = step.data_dir.relative_to(ROOT)
    if housekeeping.reset(step):
        print(f"Deleted the data of step {step.number}; it starts afresh.")
    else:
        print(f"There is no {where}: step {step.number} starts afresh anyway.")


@cli.command("deploy")
@click.argument("step", type=STEP)
def deploy_(step: catalog.Step) -> None:
    """Restart the hosts of a running step, one after the other, while it serves."""
    deploy.deploy(step, lambda line: print(line, flush=True))


@cli.command("flask", context_settings={"ignore_unknown_options": True})
@click.argument("step", type=STEP)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def flask_(step: catalog.Step, arguments: tuple[str, ...]) -> None:
    """Run a `flask` command of a running step beside it."""
    sys.exit(remote.flask(step, arguments))


@cli.command("bench")
@click.option("--rounds", type=click.IntRange(1, 20), default=3, help="How often, in turn.")
@click.option("--seconds", type=click.IntRange(3, 60), default=5, help="Length of one measurement.")
def bench_(rounds: int, seconds: int) -> None:
    """Measure what the structure of the steps costs."""
    out = console.output()
    with out.status("starting") as status:
        cases = bench.measure(rounds, seconds, status.update if out.is_terminal else out.print)
    out.print(bench.table(cases))


@cli.command()
@click.argument("step", type=STEP)
@click.option("--only", multiple=True, envvar="ONLY", metavar="NAME", help="Only these scenes.")
@click.option("--seconds", type=click.IntRange(1, 60), help="Length of one measurement.")
@click.option("--keep", is_flag=True, envvar="KEEP", help="Write it to loadtests/results.")
def drill(step: catalog.Step, only: tuple[str, ...], seconds: int | None, keep: bool) -> None:
    """Inject the faults of a step under load and count what was lost."""
    # Imported here: no other command needs it.
    from course.drills import run

    results = run.RESULTS if keep else None
    sys.exit(run.drill(step, only, seconds, console.output(), results))


@cli.command("load")
@click.argument("step", type=STEP)
def load_(step: catalog.Step) -> None:
    """Put the same load on step N-1 and step N, in turn, and show what changed."""
    # Imported here, as below: no other command needs it.
    from course.load import command

    sys.exit(command.load(step, console.output()))


@cli.command("predict")
@click.argument("step", type=STEP)
@click.option("--guess", type=click.FloatRange(0, min_open=True), envvar="GUESS")
def predict_(step: catalog.Step, guess: float | None) -> None:
    """Ask for a guess, then measure (GUESS=3: without asking)."""
    from course.load import command

    if guess is None:
        guess = click.prompt(command.question(step), type=click.FloatRange(0, min_open=True))
    sys.exit(command.predict(step, guess, console.output()))


@cli.command("load-ui")
@click.argument("step", type=STEP)
def load_ui_(step: catalog.Step) -> None:
    """Run step N with Locust's web page beside it."""
    from course.load import command

    sys.exit(command.by_hand(step, console.output()))


@cli.command("measure")
@click.option("--fresh", is_flag=True, envvar="FRESH", help="Not where an earlier run ended.")
def measure_(fresh: bool) -> None:
    """Find the largest hall that each step serves (FRESH=1: from the beginning)."""
    from course.load import measure

    sys.exit(measure.measure(console.output(), fresh=fresh))


@cli.command("claims")
@click.option("--only", multiple=True, envvar="ONLY", metavar="ID", help="Only these claims.")
def claims_(only: tuple[str, ...]) -> None:
    """Measure every performance sentence of the course (ONLY=ID: one of them)."""
    from course.load import claims

    sys.exit(claims.run(only, console.output()))


@cli.command("docs")
def docs_() -> None:
    """Serve the docs site on $PORT (8080, or the next that is free) until Ctrl-C."""
    from course.site import command

    command.docs()


@cli.command("site")
def site_() -> None:
    """Build the docs site into site/; say all that is wrong with it."""
    from course.site import command

    sys.exit(command.site())


@cli.command("slides")
@click.option("--pdf", is_flag=True, help="Print them and a handout into .data/slides.")
@click.option("--check", is_flag=True, help="Only say what is wrong with the decks.")
def slides_(pdf: bool, check: bool) -> None:
    """Show the slides, with the presenter's view on S (PORT), or print them."""
    from course.slides import command

    command.run(console.output(), pdf=pdf, check=check)


@cli.command("site-check")
def site_check_() -> None:
    """Check the pages of the docs site as they are written, without building it."""
    from course.site import command

    sys.exit(command.check(console.output()))


@cli.command("offline")
@click.option("--platforms", envvar="PLATFORMS", default="", help="For which (default: this one).")
@click.option("--pythons", envvar="PYTHONS", default="", help="For which (default: all).")
def offline_(platforms: str, pythons: str) -> None:
    """Write the class kit, with which nobody needs a network, into .data/offline."""
    from course.offline import kit, targets

    kit.build(ROOT, targets.chosen(platforms, pythons), console.output())


@cli.command("format")
def format_() -> None:
    """Format the code and sort its imports."""
    ruff = os.path.join(os.path.dirname(sys.executable), "ruff")
    for arguments in (["check", "--fix", "--select", "I"], ["format"]):
        subprocess.run([ruff, *arguments, str(ROOT)], check=True)


@cli.command("lock")
def lock_() -> None:
    """Pin what the requirements.in files ask for (UPGRADE=1: newer versions)."""
    changed = lock.write_all(ROOT, upgrade=bool(os.environ.get("UPGRADE")))
    for path in changed:
        print(f"wrote {path.relative_to(ROOT)}")
    if not changed:
        print("All locks are as they should be.")


for command in (*COMMANDS, *BOARD, *maintenance.COMMANDS, sessions):
    cli.add_command(command)


def main() -> None:
    """Run the command line; a CourseError becomes its message and exit code 2."""
    try:
        cli.main(prog_name="python -m course", standalone_mode=False)
    except CourseError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    except OSError as error:
        if error.errno not in NOT_OURS_TO_SOLVE:
            raise
        print(f"{error.filename}: {error.strerror}; make doctor says what to do.", file=sys.stderr)
        sys.exit(2)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (KeyboardInterrupt, click.Abort):
        sys.exit(130)
