"""What `make cascade` prints: what went where, what is to be decided, and how to go on."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence

from rich.console import Console
from rich.text import Text

from course.cascade import merge
from course.cascade.merge import Change, Conflict, Outcome
from course.cascade.plan import Part, Plan
from course.cascade.state import Stop
from course.cascade.trees import File
from course.catalog import Step

STYLES = {
    merge.COPIED: "green",
    merge.MERGED: "green",
    merge.ADDED: "green",
    merge.REMOVED: "green",
    merge.THERE: "dim",
    merge.ABSENT: "dim",
}
WHO, KIND = 11, 8  # characters
MANY = 24  # lines shown of one side
SIGNS = (("+", "+"), ("-", "−"))
AROUND = 2  # unchanged lines shown around a change


class Report:
    """Prints to a console, line by line."""

    def __init__(self, out: Console) -> None:
        self.out = out
        self._who = ""

    def say(self, text: str | Text = "", style: str = "") -> None:
        """Print without folding: a terminal does that, and a log has no width."""
        self.out.print(Text(text, style=style) if isinstance(text, str) else text, soft_wrap=True)

    def beginning(self, step: Step, changes: Sequence[Change], commit: str, dry: bool) -> None:
        """Say what is carried."""
        self.say(f"Step {step.number}, {step.title}: what has changed in it since {commit}", "bold")
        for change in changes:
            was = f"  (was {change.was})" if change.was else ""
            self.say(f"  {change.kind:<{KIND}}  {change.path}{was}  {_size(change)}")
        if dry:
            self.say("DRY=1: nothing is written and no test is run.", "yellow")
        self.say()

    def tests(self, step: Step, passed: bool, summary: str) -> None:
        """Say how the tests of a step went."""
        word, style = ("passed", "green") if passed else ("FAILED", "bold red")
        self._line(f"step {step.number}", word, f"its tests: {summary}", style)

    def plan(self, plan: Plan) -> None:
        """Say what became of each file, except for what is to be decided."""
        for part in plan.parts:
            for outcome in part.outcomes:
                if not outcome.stops:
                    text = outcome.path + _was(outcome)
                    self._line(part.who, outcome.kind, text, STYLES[outcome.kind])

    def stops(
        self,
        stops: Iterable[tuple[Part, Outcome]],
        source: Step,
        about: Callable[[Outcome], tuple[str, list[str]]],
    ) -> None:
        """Show both sides of everything that somebody has to decide, and what to do.

        `about` returns why a file of the step is not as before, and where its lines are now.
        """
        for part, outcome in stops:
            path, origin, who = f"{part.where}/{outcome.path}", f"step {source.number}", part.who
            change, (reason, places) = outcome.change, about(outcome)
            match outcome.kind:
                case merge.CONFLICT if outcome.conflicts:
                    self._conflicts(path, outcome.conflicts, origin, who)
                    do = "Keep what is right of the lines from <<<<<<< to >>>>>>>."
                case merge.CONFLICT:
                    self._decide(who, path, "both have changed it, and it is no text")
                    do = f"Leave it as {who} has it, or replace it."
                case merge.KEPT:
                    what = f"{origin} has removed it, {who} has a version of its own"
                    self._decide(who, path, what)
                    self._side(f"{who} has changed", _lines(change.before), _lines(outcome.ours))
                    do = "Leave it, or remove it."
                case merge.GONE:
                    self._decide(who, path, f"{who} has no such file")
                    self._side(f"{origin} has changed", _lines(change.before), _lines(change.after))
                    do = f"Make the same change where {who} needs it, if it does."
                case merge.HOMELESS:
                    what = f"{origin} has added it; {who} has nothing else in that directory"
                    self._decide(who, path, what)
                    do = f"Leave it there, or put it where {who} has such files."
                case merge.TAKEN:
                    what = f"{origin} has renamed {change.was}; {who} has files of both names"
                    self._decide(who, path, what)
                    do = "Make of the two what is right."
            if reason:
                self.say(f'    {who} says of this file: "{reason}"')
            if places:
                self.say(f"    Lines from around there are now in {', '.join(places)}")
            self.say(f"    {do}", "yellow")

    def waits(self, first: Step, stop: Stop, count: int) -> None:
        """Say that it waits for somebody to decide about so many files."""
        files = f"{count} file{'s' * (count > 1)}"
        self.say()
        self.say(f"It waits at {stop.unit} for you to decide about {files}.", "bold")
        self.how_to_go_on(first)

    def failed(self, first: Step, step: Step) -> None:
        """Say that it waits because the tests of a step fail."""
        self.say()
        if step is first:
            what = f"Nothing is carried from here: mend steps/{step.name}/ first."
            self.say(what, "bold")
            return
        what = f"It waits at step {step.number}: mend steps/{step.name}/, or the change itself."
        self.say(what, "bold")
        self.how_to_go_on(first)

    def how_to_go_on(self, first: Step) -> None:
        """Say which command is next."""
        command = f"make cascade FROM={first.number}"
        self.say(f"Then go on with: {command}")
        self.say(f"Or take back all but your change in step {first.number}: ABORT=1 {command}")

    def end(self, findings: Sequence[str], tested: bool) -> None:
        """Say what is left to do."""
        for finding in findings:
            self.say(f"  {finding}", "red")
        if findings:
            self.say("It is carried; this has to be put right before you commit.", "bold")
            return
        self.say("Every difference between two steps is declared.")
        self.say(f"Next: git diff, make test{'' if tested else ' (no test was run)'}, git commit.")

    def _conflicts(self, path: str, conflicts: Sequence[Conflict], origin: str, who: str) -> None:
        for number, conflict in enumerate(conflicts, start=1):
            which = f"conflict {number} of {len(conflicts)}" if len(conflicts) > 1 else "conflict"
            inside = f", in {conflict.inside}" if conflict.inside else ""
            self._decide(who, path, f"{which}, line {conflict.line}{inside}")
            self._side(f"{origin} has changed", conflict.base, conflict.theirs)
            self._side(f"{who} has changed the same lines", conflict.base, conflict.ours)

    def _decide(self, who: str, path: str, what: str) -> None:
        self._line(who, "STOP", what, "bold red")
        self.say(f"    {path}", "bold")

    def _side(self, title: str, old: list[str], new: list[str]) -> None:
        self.say(f"    {title}:", "cyan")
        shown = list(_diff(old, new))
        for sign, line in shown[:MANY]:
            style = {"+": "green", "-": "red"}.get(sign, "")
            self.say(f"      {sign} {line}".rstrip(), style)
        if len(shown) > MANY:
            self.say(f"      ({len(shown) - MANY} more lines)", "dim")

    def _line(self, who: str, word: str, text: str, style: str) -> None:
        """Print what became of something of `who`, whose name is not repeated."""
        name = "" if who == self._who else who
        self._who = who
        self.say(Text.assemble(f"{name:<{WHO}}  ", (f"{word:<{KIND}}", style), f"  {text}"))


def _was(outcome: Outcome) -> str:
    change = outcome.change
    if change.was and outcome.path == change.path:
        return f"  (was {change.was})"
    return f"  ({change.path} before it was moved)" if outcome.path != change.path else ""


def _size(change: Change) -> str:
    old, new = _lines(change.before), _lines(change.after)
    signs = [sign for sign, _ in _diff(old, new)]
    if any(file and file.text is None for file in (change.before, change.after)):
        return "(no text)"
    if change.before and change.after and change.before.executable != change.after.executable:
        return "(executable)" if change.after.executable else "(not executable any more)"
    counts = [f"{shown}{signs.count(sign)}" for sign, shown in SIGNS if sign in signs]
    return " ".join(counts) or "(empty)"


def _lines(file: File | None) -> list[str]:
    return ((file and file.text) or "").splitlines()


def _diff(old: list[str], new: list[str]) -> Iterable[tuple[str, str]]:
    """Yield ("+", "-" or " ", line) with a little of what is around."""
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for number, group in enumerate(matcher.get_grouped_opcodes(AROUND)):
        if number:
            yield " ", "…"
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                yield from ((" ", line) for line in old[i1:i2])
                continue
            yield from (("-", line) for line in old[i1:i2])
            yield from (("+", line) for line in new[j1:j2])
