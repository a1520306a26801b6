"""Holds the thread of a cascade: step by step, tests as it goes, until there is nothing to carry.

Exit codes: 0 when all is carried, 1 when somebody has to decide or mend something. CourseError, and
nothing written, for what keeps it from beginning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from rich.console import Console

from course import catalog, leftovers, words
from course.cascade import begin, finish, merge, state, write
from course.cascade.merge import Outcome
from course.cascade.plan import Plan, carried, for_exercise, for_step, handed_out
from course.cascade.report import Report
from course.cascade.state import State, Stop, edge
from course.cascade.trees import File, Repository, digest, on_disk
from course.catalog import Step
from course.changes import reason_for
from course.errors import CourseError
from course.exercises import catalog as exercises
from course.exercises.overlay import is_overlay

DONE, WAITS = 0, 1
# Runs the tests of a step: whether they passed, and a line about it.
Tester = Callable[[Step], tuple[bool, str]]


def cascade(
    root: Path,
    number: int,
    out: Console,
    *,
    base: str | None = None,
    dry: bool = False,
    tester: Tester | None = None,
) -> int:
    """Carry what has changed in step `number` since `base` (HEAD) on; return the exit code.

    `dry` only shows what would be done, and whether somebody would have to decide. Without a
    `tester` no tests are run.
    """
    with leftovers.exclusive(root / write.DATA):
        return _Cascade(root, number, Report(out), base, dry, None if dry else tester).run()


def abort(root: Path, number: int, out: Console) -> int:
    """Put back what a cascade has written; the change in step `number` stays."""
    report = Report(out)
    with leftovers.exclusive(root / write.DATA):
        found = state.load(root)
        if found is None or found.start != number:
            raise CourseError(f"There is no cascade of step {number} to take back.")
        write.finish(root, found)
        backup, paths = write.take_back(root, found)
        state.forget(root)
    for path in paths:
        report.say(f"  put back  {path}")
    report.say(f"Taken back. What has changed in step {number} itself is still there.")
    if backup:
        report.say(f"A copy of what was put back is in {backup.relative_to(root)}/")
    return DONE


class _Cascade:
    """One run of the command."""

    def __init__(
        self,
        root: Path,
        number: int,
        report: Report,
        base: str | None,
        dry: bool,
        tester: Tester | None,
    ) -> None:
        self.root, self.report, self.dry, self.tester = root, report, dry, tester
        self.repository = Repository(root)
        self.steps = {step.number: step for step in catalog.load(root) if step.number >= number}
        if number not in self.steps:
            raise CourseError(f"There is no step {number}; {catalog.existing(root)}.")
        self.first = self.steps[number]
        self.exercises = {each.number: each for each in exercises.load(root)}
        self.state = begin.resume(self.repository, number, base) or State(
            number, self.repository.commit(base or "HEAD")
        )
        if self.state.pending and not dry:
            write.finish(root, self.state)
        self.would_wait = False
        self.since = self.repository.short(self.state.base)
        self.now = {number: on_disk(step.path) for number, step in self.steps.items()}
        self.base = {
            number: self.repository.tree(self.state.base, f"steps/{step.name}")
            for number, step in self.steps.items()
        }
        if not self.base[number]:
            raise CourseError(f"There is no steps/{self.first.name} in the commit {self.since}.")

    def run(self) -> int:
        """Carry on from where the last run stopped."""
        if self.state.stop and (left := begin.markers(self.root, self.state.stop)):
            for path, lines in left.items():
                where = ", ".join(map(str, lines))
                self.report.say(f"{path}: the conflict in line {where} is not solved yet.", "red")
            self.report.how_to_go_on(self.first)
            return WAITS
        begin.refuse_other_changes(
            self.repository, self.state, self.steps, self.now, self.exercises
        )
        changes = carried(self.base[self.first.number], self.now[self.first.number])
        if not changes and not self.state.carried:
            self._nothing()
            return DONE
        self.report.beginning(self.first, changes, self.since, self.dry)
        self._settle()
        for step in self.steps.values():
            going_on = (
                self._test(step) and self._hand_on_to_exercise(step) and self._hand_on_to_next(step)
            )
            if not going_on:
                return WAITS
        return self._finish()

    def _nothing(self) -> None:
        number = self.first.number
        self.report.say(f"Step {number} is as in {self.since}: there is nothing to carry.")
        changed = begin.changed_steps(self.repository, catalog.load(self.root))
        if changed:
            self.report.say(f"What has changed: step {words.numbers(changed)}.")
        else:
            self.report.say(
                "Where the change is committed already, say what to compare with: "
                f"BASE=HEAD~1 make cascade FROM={number}"
            )

    def _settle(self) -> None:
        """Hand out what somebody has made of the files of an exercise."""
        stop, self.state.stop = self.state.stop, None
        if stop and stop.exercise and not self.dry:
            exercise = self.exercises[stop.step]
            overlay = on_disk(exercise.path, is_overlay)
            self._put(handed_out(exercise, overlay, self.now[stop.step]))

    def _test(self, step: Step) -> bool:
        """Run the tests of a step that has changed, unless they have passed; False if they fail."""
        now, key = self.now[step.number], str(step.number)
        content = digest(now)
        unchanged = not carried(self.base[step.number], now)
        if self.tester is None or unchanged or self.state.tested.get(key) == content:
            return True
        passed, summary = self.tester(step)
        self.report.tests(step, passed, summary)
        if passed:
            self.state.tested[key] = content
        else:
            self.state.stop = Stop(step.number)
            self.report.failed(self.first, step)
        # Before anything is carried there is nothing to come back to.
        if self.state.carried:
            self.state.save(self.root)
        return passed

    def _hand_on_to_exercise(self, step: Step) -> bool:
        exercise = self.exercises.get(step.number)
        if exercise is None:
            return True
        name = edge(step.number)
        plan = for_exercise(
            exercise,
            self.state.handed_on(name, self.base[step.number]),
            self.now[step.number],
            on_disk(exercise.path, is_overlay),
            on_disk(exercise.solution, is_overlay),
        )
        return self._carry_out(name, plan, step, Stop(step.number, exercise=True))

    def _hand_on_to_next(self, step: Step) -> bool:
        following = self.steps.get(step.number + 1)
        if following is None:
            return True
        name = edge(step.number, following.number)
        before = self.state.handed_on(name, self.base[step.number])
        ours = self.now[following.number]
        plan = for_step(step, following, before, self.now[step.number], ours)
        return self._carry_out(name, plan, step, Stop(following.number))

    def _carry_out(self, name: str, plan: Plan, source: Step, stop: Stop) -> bool:
        """Write what is planned, or pretend to; False where somebody has to decide (`stop`)."""
        self.report.plan(plan)
        stops = plan.stops
        if self.dry:
            self._pretend(plan, stop)
        else:
            self.state.hand_on(name, self.base[source.number], self.now[source.number])
            if stops:
                stop.marked = sorted(
                    path for path, file in plan.writes.items() if file and merge.has_markers(file)
                )
                self.state.stop = stop
            self._put(plan.writes, [f"{part.where}/{each.path}" for part, each in stops])
        if not stops:
            return True
        self.report.stops(stops, source, lambda outcome: self._about(outcome, stop))
        if self.dry:
            self.report.say("What follows is without it.", "yellow")
            self.would_wait = True
            return True
        self.report.waits(self.first, stop, len(stops))
        return False

    def _about(self, outcome: Outcome, stop: Stop) -> tuple[str, list[str]]:
        """Return why a step has changed or removed a file, and where its lines are now."""
        if stop.exercise:
            return "", []
        step = self.steps[stop.step]
        # The file itself may have markers by now, and between them the lines as they were.
        others = {p: file for p, file in self.now[stop.step].items() if p != outcome.path}
        places = merge.where_now(outcome.change, others, outcome.ours)
        reason = reason_for(outcome.path, step.changes)[1] or ""
        return reason, [f"steps/{step.name}/{place}" for place in places]

    def _pretend(self, plan: Plan, stop: Stop) -> None:
        """Take what is planned for a step for written, except for what is to be decided."""
        if stop.exercise:
            return
        (part,) = plan.parts
        tree: dict[str, File | None] = dict(self.now[stop.step])
        for outcome in part.outcomes:
            if not outcome.stops:
                tree |= outcome.writes
        self.now[stop.step] = {path: file for path, file in tree.items() if file}

    def _put(self, files: Mapping[str, File | None], by_hand: Iterable[str] = ()) -> None:
        write.put(self.root, self.state, files, set(by_hand))
        for number, step in self.steps.items():
            if any(path.startswith(f"steps/{step.name}/") for path in files):
                self.now[number] = on_disk(step.path)

    def _finish(self) -> int:
        """Say where the change has come to, and check what has to hold for all steps."""
        self.report.say()
        if self.dry:
            self.report.say("DRY=1: nothing was written.", "yellow")
            return WAITS if self.would_wait else DONE
        self.state.head = self.repository.commit("HEAD")
        self.state.save(self.root)
        where = finish.reached(self.state)
        self.report.say(
            f"The change is carried to {where}."
            if where
            else "No later step has what has changed.",
            "bold",
        )
        requirements = any(
            change.path == "requirements.in"
            for number in self.steps
            for change in carried(self.base[number], self.now[number])
        )
        if requirements:
            self.report.say("A requirements.in has changed: make lock brings the locks up to date.")
        found = finish.findings(self.root, self.state, self.exercises, requirements)
        self.report.end(found, tested=self.tester is not None)
        return WAITS if found else DONE
