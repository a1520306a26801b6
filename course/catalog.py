"""What steps there are: reads steps/NN-name/step.toml and complains precisely about mistakes.

Standard library only, because `make doctor` uses it before anything is installed.
"""

from __future__ import annotations

import re
import sys
import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from course import services
from course.errors import CourseError
from course.paths import ROOT

PROCESS = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
PORT_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*_PORT")
DIRECTORY = re.compile(r"(?P<number>\d{2})-[a-z0-9]+(-[a-z0-9]+)*")


class CatalogError(CourseError):
    """step.toml files that are wrong; the message has one line for each mistake."""


@dataclass(frozen=True)
class Step:
    """One checkpoint of the application, as its step.toml describes it.

    `minutes` is class time. `changes` maps a path or glob inside the step to the reason why it
    differs from the step before; `moved` maps a path of the step before to its new one.
    `suggestions` are the lines of `try`, in which `{url}` stands for the running step's address.
    `entry` is the process of the Procfile that answers on $PORT; `ports` are variables in which
    the step's processes get a free port each. `variant` tells its data from those of the same step
    run in another way; `data` is where they are when the step is not in steps/.
    """

    number: int
    path: Path
    title: str
    pattern: str
    part: str
    minutes: int
    problem: str
    services: tuple[str, ...] = ()
    changes: dict[str, str] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    ready: str = "/healthz"
    suggestions: tuple[str, ...] = ()
    entry: str = "web"
    ports: tuple[str, ...] = ()
    variant: str = ""
    data: Path | None = None

    @property
    def name(self) -> str:
        """The directory's name, for example 03-blueprints."""
        return self.path.name

    @property
    def data_dir(self) -> Path:
        """Where `make step-N` keeps the data of this step."""
        return self.data or self.path.parent.parent / ".data" / (self.name + self.variant)

    @property
    def apart(self) -> Step:
        """The step as `make hosts-N` runs it: root's files must not get in the way of others."""
        return replace(self, variant="-hosts")


def load(root: Path = ROOT) -> list[Step]:
    """Return all steps in order; CatalogError lists every mistake found."""
    steps: list[Step] = []
    mistakes: list[str] = []
    for path in step_directories(root):
        try:
            steps.append(read_step(path))
        except CatalogError as error:
            mistakes.append(str(error))
    mistakes += _numbering_mistakes(root)
    if mistakes:
        raise CatalogError("\n".join(mistakes))
    return steps


def find(number: int, root: Path = ROOT) -> Step:
    """Return step `number`; a mistake in another step's file does not matter here."""
    by_number = {_number(path): path for path in step_directories(root)}
    if number not in by_number:
        raise CourseError(f"There is no step {number}; {existing(root)}.")
    return read_step(by_number[number])


def existing(root: Path = ROOT) -> str:
    """Say in words which steps there are."""
    numbers = [_number(path) for path in step_directories(root)]
    if not numbers:
        return f"there are no steps in {root / 'steps'}"
    if numbers == list(range(numbers[0], numbers[-1] + 1)) and len(numbers) > 1:
        return f"the steps are {numbers[0]} to {numbers[-1]}"
    return "the steps are " + ", ".join(map(str, numbers))


def step_directories(root: Path) -> list[Path]:
    """Return the directories under steps/ whose names look like a step's, in order."""
    parent = root / "steps"
    if not parent.is_dir():
        return []
    return sorted(p for p in parent.iterdir() if p.is_dir() and DIRECTORY.fullmatch(p.name))


def read_step(path: Path) -> Step:
    """Read the step.toml of the step in `path`."""
    file = path / "step.toml"
    shown = f"steps/{path.name}/step.toml"
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CatalogError(f"{shown}: the file is missing; every step has one") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogError(f"{shown}: not valid TOML: {error}") from None
    mistakes = [f"{shown}: {mistake}" for mistake in _mistakes(values)]
    if mistakes:
        raise CatalogError("\n".join(mistakes))
    return Step(
        number=_number(path),
        path=path,
        title=values["title"],
        pattern=values["pattern"],
        part=values["part"],
        minutes=values["minutes"],
        problem=values["problem"],
        services=tuple(values.get("services", [])),
        changes=dict(values.get("changes", {})),
        moved=dict(values.get("moved", {})),
        ready=values.get("ready", "/healthz"),
        suggestions=tuple(values.get("try", [])),
        entry=values.get("entry", "web"),
        ports=tuple(values.get("ports", [])),
    )


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_text_list(value: Any) -> bool:
    return isinstance(value, list) and all(_is_text(item) for item in value)


def _is_text_table(value: Any) -> bool:
    return isinstance(value, dict) and all(_is_text(v) and _is_text(k) for k, v in value.items())


def _is_minutes(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_url_path(value: Any) -> bool:
    return _is_text(value) and value.startswith("/")


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(PROCESS.fullmatch(value))


def _is_port_list(value: Any) -> bool:
    return _is_text_list(value) and all(map(PORT_VARIABLE.fullmatch, value))


TEXT = (_is_text, "a string that is not empty")
KEYS = {
    # key: (check, what is expected, required)
    "title": (*TEXT, True),
    "pattern": (*TEXT, True),
    "part": (*TEXT, True),
    "minutes": (_is_minutes, "a whole number of minutes, 0 or more", True),
    "problem": (*TEXT, True),
    "services": (_is_text_list, 'a list of service names, for example ["valkey"]', False),
    "changes": (_is_text_table, 'a table of "path" = "reason", no reason empty', False),
    "moved": (_is_text_table, 'a table of "old path" = "new path"', False),
    "ready": (_is_url_path, "a path that starts with /", False),
    "entry": (_is_name, 'the name of a process of the Procfile, for example "balancer"', False),
    "ports": (_is_port_list, 'a list of variables, for example ["HOST_A_PORT"]', False),
    "try": (_is_text_list, "a list of lines", False),
}


def _mistakes(values: dict[str, Any]) -> list[str]:
    """Return what is wrong with the content of a step.toml, one sentence each."""
    mistakes = []
    for key, (check, expected, required) in KEYS.items():
        if key not in values:
            if required:
                mistakes.append(f"key {key!r} is missing; expected {expected}")
        elif not check(values[key]):
            mistakes.append(f"key {key!r} is {values[key]!r}; expected {expected}")
    for key in values.keys() - KEYS.keys():
        mistakes.append(f"key {key!r} is unknown; the keys are {', '.join(KEYS)}")
    if _is_text_list(values.get("services", [])):
        for name in values.get("services", []):
            if name not in services.REGISTRY:
                known = ", ".join(sorted(services.REGISTRY))
                mistakes.append(
                    f"key 'services' names {name!r}, which is no service of course/services.py; "
                    f"known: {known}"
                )
    for key in ("services", "ports"):
        names = values.get(key, [])
        if _is_text_list(names) and len(set(names)) < len(names):
            mistakes.append(f"key {key!r} names one of them twice: {', '.join(names)}")
    return mistakes


def _numbering_mistakes(root: Path) -> list[str]:
    mistakes = []
    parent = root / "steps"
    if not parent.is_dir():
        return [f"{parent}: the directory is missing"]
    for path in sorted(parent.iterdir()):
        if path.is_dir() and path.name[0] not in "._" and not DIRECTORY.fullmatch(path.name):
            mistakes.append(f"steps/{path.name}: expected a name such as 03-blueprints")
    owners: dict[int, str] = {}
    for path in step_directories(root):
        number = _number(path)
        if number in owners:
            mistakes.append(
                f"steps/{path.name}: number {number} is taken by steps/{owners[number]}"
            )
        owners.setdefault(number, path.name)
    for number in range(1, max(owners, default=0)):
        if number not in owners:
            mistakes.append(f"steps: there is no step {number}, but a step {max(owners)}")
    return mistakes


def _number(path: Path) -> int:
    return int(path.name[:2])


if __name__ == "__main__":
    # `make doctor` runs this with whatever Python it found.
    try:
        print(f"{len(load())} steps")
    except CatalogError as problem:
        sys.exit(str(problem))
