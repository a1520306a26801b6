"""What the attendee has done: which exercises passed, how many hints were shown. A small file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

FILE = Path(".data", "exercises", "progress.json")


@dataclass
class Done:
    """How far one exercise is; `passed` is the time of the first pass, None before it."""

    passed: str | None = None
    hints: int = 0


class State:
    """The progress in a checkout. A file that cannot be read counts as none."""

    def __init__(self, root: Path) -> None:
        self._file = root / FILE
        self._done = self._read()

    def of(self, number: int) -> Done:
        """Return how far exercise `number` is."""
        return self._done.get(number, Done())

    def passed(self, number: int) -> None:
        """Note that the exercise passes now, unless it did before."""
        done = self._done.setdefault(number, Done())
        done.passed = done.passed or datetime.now().astimezone().isoformat(timespec="minutes")
        self._write()

    def hinted(self, number: int, shown: int) -> None:
        """Note how many hints were shown."""
        self._done.setdefault(number, Done()).hints = shown
        self._write()

    def forget(self, number: int) -> None:
        """The exercise begins afresh."""
        if self._done.pop(number, None):
            self._write()

    def _read(self) -> dict[int, Done]:
        try:
            rows = json.loads(self._file.read_text(encoding="utf-8"))
            return {int(number): Done(**row) for number, row in rows.items()}
        except (FileNotFoundError, ValueError, TypeError, AttributeError):
            return {}

    def _write(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        rows = {str(number): asdict(done) for number, done in sorted(self._done.items())}
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
        new.replace(self._file)
