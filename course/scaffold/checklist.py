"""What is left to do after `make new-step`, in the order in which it is best done."""

from __future__ import annotations

from course.scaffold.new_step import Made
from course.unfinished import MARK


def lines(made: Made) -> list[str]:
    """Return the checklist, a line each."""
    number, name = made.number, made.name
    todo = [
        (f"steps/{name}/: the pattern, and its tests", f"make diff-{number}, make step-{number}"),
        ("its step.toml: what it says of the step, and [changes]", f"make test-{number}"),
        (
            f"tests/contract/: what it promises, marked @pytest.mark.since({number})",
            f"make test-{number}",
        ),
        (
            f"loadtests/: the question, in step{number:02}.py and scenarios.toml",
            f"make load-{number}",
        ),
        ("loadtests/claims.toml: what the course says of it", "make claims ONLY=ID"),
        (f"course/drills/step{number}.py, if it breaks in a new way", f"make drill-{number}"),
        (
            "its exercise and solution: the task, three hints, the check, our way",
            f"make check-{number}",
        ),
        (
            "its files, handed out as they are then",
            ".venv/bin/python -m course starters --write",
        ),
        (f"docs/steps/{name}.md: the chapter", "make docs"),
        (f"docs/steps/: what the chapter of step {made.before} leads to", "make docs"),
        ("slides/: its part of the deck, and the minutes of the plan", "make slides"),
        ("README.md: the table of steps", ".venv/bin/python -m course readme --write"),
        ("everything", "make test"),
    ]
    width = max(len(what) for what, _ in todo)
    return [
        f"Step {number} is a copy of step {made.before}, in steps/{name}/. Written beside it:",
        *(f"  {path}" for path in made.files),
        "",
        "What is left to do, and what shows that it is done:",
        *(f"  [ ] {what:<{width}}  {command}" for what, command in todo),
        "",
        f"Where something is to be written it says {MARK}; make test is red until none is left.",
        ".venv/bin/python -m course drift lists them.",
    ]
