"""`make lock`: pins what the requirements.in files ask for, and checks what is pinned.

The root's requirements.txt holds what the tool and all steps need, and .venv is made from it. Each
step has a requirements.txt of its own with the same versions, so that its directory can be copied.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Collection
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from course.errors import CourseError
from course.files import python_files

OLDEST_PYTHON = "3.11"
PIN = re.compile(
    r"(?P<name>[A-Za-z0-9._-]+)(\[[^]]*\])?==(?P<version>[^\s;\\]+)\s*(;\s*(?P<marker>[^\\]+?))?"
    r"(?P<hashes>(\s+--hash=\S+)*)\s*"
)
NAMED = re.compile(r"(?P<name>[A-Za-z0-9._-]+)[^#]*(#\s*(?P<comment>.*))?")
HEADER = "# Written by `make lock` from requirements.in: do not edit.\n"


@dataclass(frozen=True)
class Pin:
    """One package of a lock."""

    name: str
    version: str
    marker: str
    hashes: frozenset[str]

    @property
    def key(self) -> tuple[str, str]:
        """What has to be equal in two locks."""
        return self.name, self.version

    def text(self) -> str:
        """Return the lines of the lock."""
        marker = f" ; {self.marker}" if self.marker else ""
        lines = [f"{self.name}=={self.version}{marker}", *sorted(self.hashes)]
        return " \\\n    ".join(lines) + "\n"


def normal(name: str) -> str:
    """Return a distribution's name in its normal form."""
    return re.sub(r"[-_.]+", "-", name).lower()


def parse(text: str, source: str) -> list[Pin]:
    """Return the packages of a lock; CourseError names a line that is not a pin with hashes."""
    pins = []
    for line in re.sub(r"\\\n", " ", text).splitlines():
        line = re.sub(r"(^|\s)#.*", "", line).strip()
        if not line:
            continue
        match = PIN.fullmatch(line)
        if match is None:
            raise CourseError(
                f"{source}: {line.split(' --hash')[0].strip()!r} is not name==version"
            )
        if not match["hashes"]:
            raise CourseError(f"{source}: {line!r} has no hash")
        pins.append(
            Pin(
                normal(match["name"]),
                match["version"],
                (match["marker"] or "").strip(),
                frozenset(match["hashes"].split()),
            )
        )
    return pins


def read(path: Path) -> list[Pin]:
    """Return the packages of the lock at `path`."""
    return parse(path.read_text(encoding="utf-8"), _shown(path))


def known(root: Path, names: Collection[str]) -> list[str]:
    """Return names in their normal form; CourseError for one that the root's lock does not have."""
    pinned = {pin.name for pin in read(root / "requirements.txt")}
    for name in names:
        if normal(name) not in pinned:
            raise CourseError(f"{name!r} is no package of requirements.txt.")
    return [normal(name) for name in names]


def write_all(root: Path, upgrade: bool | Collection[str] = False) -> list[Path]:
    """Write the root's lock, then each step's from it; return the files that changed.

    Versions that are locked stay unless `upgrade`, as far as the requirements.in files allow;
    where that names packages, the others stay too.
    """
    sources = [root / "requirements.in", *sorted((root / "steps").glob("*/requirements.in"))]
    lock = root / "requirements.txt"
    before = {path: _content(path) for path in [source.with_suffix(".txt") for source in sources]}
    relative = [str(source.relative_to(root)) for source in sources]
    # An existing output file is where uv takes the versions from that may stay.
    options = ["--generate-hashes", "--output-file", lock.name]
    if upgrade is True:
        options.append("--upgrade")
    elif upgrade:
        options += [option for name in upgrade for option in ("--upgrade-package", name)]
    _compile(root, [*relative, *options])
    pins = read(lock)
    lock.write_text(HEADER + "".join(pin.text() for pin in pins), encoding="utf-8")

    by_key = {pin.key: pin for pin in pins}
    for source in sources[1:]:
        # The hashes come from the root's lock: a file published in between must not differ.
        text = _compile(
            source.parent, [source.name, "--constraints", os.path.relpath(lock, source.parent)]
        )
        chosen = []
        for line in filter(None, text.splitlines()):
            match = PIN.fullmatch(line.strip())
            if match is None:
                raise CourseError(f"{_shown(source)}: uv answered {line!r}, which is no pin")
            found = by_key[normal(match["name"]), match["version"]]
            chosen.append(Pin(found.name, found.version, match["marker"] or "", found.hashes))
        source.with_suffix(".txt").write_text(
            HEADER + "".join(pin.text() for pin in chosen), encoding="utf-8"
        )
    return [path for path, text in before.items() if _content(path) != text]


def check(root: Path) -> list[str]:
    """Return what is wrong with the requirements files of the root and of the steps."""
    mistakes = []
    files = [root, *sorted(p.parent for p in (root / "steps").glob("*/requirements.in"))]
    locks: dict[Path, list[Pin]] = {}
    for directory in files:
        for name in ("requirements.in", "requirements.txt"):
            path = directory / name
            if not path.exists():
                mistakes.append(f"{_shown(path)}: the file is missing; run make lock")
                continue
            mistakes += _address_mistakes(path)
        try:
            locks[directory] = read(directory / "requirements.txt")
        except FileNotFoundError:
            continue
        except CourseError as error:
            mistakes.append(f"{error}; run make lock")
    pinned = {pin.key: pin for pin in locks.get(root, [])}
    for directory, pins in locks.items():
        shown = _shown(directory / "requirements.txt")
        names = {pin.name for pin in pins}
        for name in declared(directory / "requirements.in"):
            if name not in names:
                mistakes.append(f"{shown}: {name} of requirements.in is missing; run make lock")
        for pin in pins:
            known = pinned.get(pin.key)
            if known is None:
                mistakes.append(
                    f"{shown}: {pin.name}=={pin.version} is not in the root's requirements.txt; "
                    "run make lock"
                )
            elif known.hashes != pin.hashes:
                mistakes.append(
                    f"{shown}: the hashes of {pin.name} are not those of the root's "
                    "requirements.txt; run make lock"
                )
    return mistakes


def check_imports(step_path: Path) -> list[str]:
    """Return which packages a step imports without declaring them, and the reverse.

    A package that is not imported may be declared with a comment `# used by: ...`.
    """
    shown = _shown(step_path / "requirements.in")
    names = declared(step_path / "requirements.in")
    providers = metadata.packages_distributions()
    imported: dict[str, str] = {}
    mistakes = []
    for module, file in sorted(_imports(step_path).items()):
        distributions = {normal(name) for name in providers.get(module, [])}
        if not distributions:
            mistakes.append(
                f"{file}: imports {module}, which no installed package provides; add the package "
                f"to {shown} and run make lock"
            )
        elif not distributions & names.keys():
            wanted = " or ".join(sorted(distributions))
            mistakes.append(f"{file}: imports {module}; declare {wanted} in {shown}")
        for distribution in distributions:
            imported.setdefault(distribution, file)
    for name, comment in names.items():
        if name not in imported and not comment.startswith("used by:"):
            mistakes.append(
                f"{shown}: {name} is imported nowhere in the step; remove it, or say why it is "
                f"needed: `{name}  # used by: ...`"
            )
    return mistakes


def declared(path: Path) -> dict[str, str]:
    """Return the packages named in a requirements.in, each with its comment ("" without)."""
    found = {}
    if not path.exists():
        return found
    for line in path.read_text(encoding="utf-8").splitlines():
        line = line.strip()
        if line and not line.startswith(("#", "-")):
            match = NAMED.fullmatch(line)
            if match is None:
                raise CourseError(f"{_shown(path)}: {line!r} is not the name of a package")
            found[normal(match["name"])] = (match["comment"] or "").strip()
    return found


def _imports(step_path: Path) -> dict[str, str]:
    """Return the third-party modules that a step imports, each with one file that does."""
    files = python_files(step_path)
    local = {path.stem for path in files} | {path.parent.name for path in files}
    found: dict[str, str] = {}
    for path in files:
        shown = f"steps/{step_path.name}/{path.relative_to(step_path).as_posix()}"
        for node in ast.walk(ast.parse(path.read_bytes(), filename=str(path))):
            modules = []
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                modules = [node.module or ""]
            for module in modules:
                top = module.partition(".")[0]
                if top not in sys.stdlib_module_names and top not in local:
                    found.setdefault(top, shown)
    return found


def _address_mistakes(path: Path) -> list[str]:
    """A lock holds names and hashes: where to fetch from is the business of each machine."""
    pattern = re.compile(r"\w+://|^\s*(-i|-f|--\S*index\S*|--find-links|--trusted-host)\b|@\s*\S+/")
    return [
        f"{_shown(path)}, line {number}: {line.strip()!r} names an address; only names and "
        "versions belong here"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if pattern.search(line)
    ]


def _compile(cwd: Path, arguments: list[str]) -> str:
    """Run `uv pip compile` in `cwd`, return what it prints."""
    uv = Path(sys.executable).with_name("uv")
    command = [str(uv), "pip", "compile", "--universal", "--python-version", OLDEST_PYTHON]
    command += ["--no-header", "--no-annotate", "--quiet", *arguments]
    answer = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise CourseError(f"{_shown(cwd)}: uv could not resolve:\n{answer.stderr.strip()}")
    return answer.stdout


def _content(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def _shown(path: Path) -> str:
    """Name a file as readers know it: by its step's directory, if it is in one."""
    parts = path.parts
    return "/".join(parts[parts.index("steps") :]) if "steps" in parts else path.name
