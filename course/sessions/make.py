"""`make` in a session: does what the Makefile does, without making .venv first.

    python -m course.sessions.make diff-4

Where the real one says in which line of which Makefile a command failed, it says `…`, so that a
page shows `…` there too.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Sequence

from course.commands import COMMANDS

KNOWN = {name.removeprefix("make ") for name, _ in COMMANDS}
# Those that end by themselves, soon, and change nothing but what belongs to the copy they run in.
ENDING = {"deploy-N", "diff-N", "flask-N", "help", "hint-N", "progress", "solution-N"}
CALL = re.compile(r"(?:^|[;&|(]\s*|\n|\b[A-Z_]+=\S*\s+)make((?:\s+[\w=.'\"-]+)+)")
VARIABLE = re.compile(r"([A-Z_]+)=(.*)", re.DOTALL)


def targets(command: str) -> list[str]:
    """Return what a command line asks make for, as far as can be seen without running it."""
    found = []
    for call in CALL.finditer(re.sub(r"'[^']*'|\"[^\"]*\"", "''", command)):
        found += [word for word in call[1].split() if "=" not in word and word[0] not in "-'\""]
    return found


def refused(target: str) -> str:
    """Return why a session cannot show `make target`, empty when it can."""
    pattern = re.sub(r"-\d+$", "-N", target)
    if pattern not in KNOWN:
        return "does not exist"
    if pattern not in ENDING:
        return "runs on, takes long or changes the checkout: show it in ```sh, without a prompt"
    return ""


def main(arguments: Sequence[str]) -> int:
    """Run what make would run; return its exit code."""
    variables = dict(m.groups() for m in map(VARIABLE.fullmatch, arguments) if m)
    environment = os.environ | variables
    for target in [a for a in arguments if not VARIABLE.fullmatch(a)] or ["help"]:
        if reason := refused(target):
            print(f"make {target} {reason}", file=sys.stderr)
            return 2
        command, _, number = target.partition("-")
        argv = [sys.executable, "-m", "course", command, *([number] if number else [])]
        if command == "flask":
            argv += ["--", *shlex.split(environment.get("ARGS", ""))]
        sys.stdout.flush()
        if code := subprocess.run(argv, env=environment, check=False).returncode:
            print(f"make: *** [Makefile:…: {target}] Error {code}", file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
