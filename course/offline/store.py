"""The wheels that are here: in the cache of `make offline`, and in the kit that we are perhaps in.

A folder of wheels has a kit.json, which says which of them are for which target:

    {"targets": {"linux-x86_64": {"3.12": ["flask-3.1.0-py3-none-any.whl", ...]}}}

bootstrap.py reads the same file, to tell whether a kit is for the machine that it is on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import Version

from course.lock import Pin, normal
from course.offline.targets import Target

KIT = "kit.json"


@dataclass
class Store:
    """A cache of wheels, written to; further folders are only read."""

    cache: Path
    further: Sequence[Path] = ()
    _targets: dict[tuple[str, str], dict[str, Path]] = field(default_factory=dict)
    _absent: dict[str, str] = field(default_factory=dict)
    _hashes: dict[Path, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for folder in (*self.further, self.cache):
            noted = _read(folder)
            for platform, pythons in noted.get("targets", {}).items():
                for python, names in pythons.items():
                    known = self._targets.setdefault((platform, python), {})
                    known.update((name, folder / name) for name in names)
            self._absent.update(noted.get("absent", {}))

    def wheels(self, target: Target, pins: Iterable[Pin]) -> dict[Pin, Path]:
        """Return the wheels that are here for the target, each the one that its lock means."""
        known = self._targets.get(_key(target), {})
        by_pin: dict[tuple[str, str], list[Path]] = {}
        for name, path in known.items():
            if (about := about_wheel(name)) and target.loads(about.tags):
                by_pin.setdefault(about.key, []).append(path)
        found = {}
        for pin in pins:
            for path in by_pin.get((pin.name, str(Version(pin.version))), ()):
                if path.is_file() and self._hash(path) in pin.hashes:
                    found[pin] = path
        return found

    def add(self, target: Target, folder: Path) -> None:
        """Move the wheels of a folder into the cache, as the target's."""
        known = self._targets.setdefault(_key(target), {})
        self.cache.mkdir(parents=True, exist_ok=True)
        for path in sorted(folder.glob("*.whl")):
            known[path.name] = path.replace(self.cache / path.name)
            self._hashes.pop(known[path.name], None)
        self._write()

    def absent(self, target: Target, pin: Pin) -> bool:
        """Whether the index was asked before and has no such wheel.

        That stays so: a wheel that is published later is not among the hashes of the lock.
        """
        return self._absent.get("/".join((*_key(target), pin.name))) == _digest(pin)

    def note_absent(self, target: Target, pin: Pin) -> None:
        """Remember that the index has no wheel of `pin` for the target."""
        self._absent["/".join((*_key(target), pin.name))] = _digest(pin)
        self._write()

    def _hash(self, path: Path) -> str:
        if path not in self._hashes:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            self._hashes[path] = f"--hash=sha256:{digest}"
        return self._hashes[path]

    def _write(self) -> None:
        targets: dict[str, dict[str, list[str]]] = {}
        for (platform, python), known in sorted(self._targets.items()):
            ours = sorted(name for name, path in known.items() if path.parent == self.cache)
            targets.setdefault(platform, {})[python] = ours
        self.cache.mkdir(parents=True, exist_ok=True)
        new = self.cache / f"{KIT}.new"
        new.write_text(dumped({"targets": targets, "absent": self._absent}), encoding="utf-8")
        new.replace(self.cache / KIT)


@dataclass(frozen=True)
class AboutWheel:
    """What the name of a wheel says."""

    key: tuple[str, str]
    tags: frozenset


def about_wheel(name: str) -> AboutWheel | None:
    """Return what a wheel's file name says, None when it is no such name."""
    try:
        project, version, _, wheel_tags = parse_wheel_filename(name)
    except InvalidWheelFilename:
        return None
    return AboutWheel((normal(project), str(version)), wheel_tags)


def dumped(content: dict) -> str:
    """Return a kit.json."""
    return json.dumps(content, indent=1, sort_keys=True) + "\n"


def _read(folder: Path) -> dict:
    """Return a folder's kit.json; nothing when there is none that can be read."""
    try:
        content = json.loads((folder / KIT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _key(target: Target) -> tuple[str, str]:
    return target.platform.name, target.version


def _digest(pin: Pin) -> str:
    return hashlib.sha256(pin.text().encode()).hexdigest()
