"""How each test of a check went: written by pytest's process, read by ours."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

PASSED, ASSERTION, ERROR, HANG, START = "passed", "assertion", "error", "hang", "start"


@dataclass(frozen=True)
class Record:
    """One test. `kind` is PASSED, or why it did not pass: an assertion on behaviour, an exception,
    something that does not end, a step that does not start. `notes` say where in the code.
    """

    sentence: str
    kind: str
    message: str = ""
    notes: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return self.kind == PASSED


def append(file: Path, record: Record) -> None:
    """Add a line to the file."""
    with file.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(asdict(record)) + "\n")


def read(file: Path) -> list[Record]:
    """Return the records in the file; a last line that is not whole yet is left for later."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    whole = text[: text.rfind("\n") + 1]
    return [Record(**json.loads(line)) for line in whole.splitlines()]
