"""Shows how far a kit is: a line that changes on a terminal, lines elsewhere."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console


class Progress:
    """What goes on is always said, how far it is only where the line can change."""

    def __init__(self, out: Console) -> None:
        self._out = out
        self._status = out.status("beginning") if out.is_terminal else None

    def __enter__(self) -> Progress:
        if self._status:
            self._status.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._status:
            self._status.stop()

    def begins(self, what: str) -> None:
        """Say what is done now."""
        if self._status:
            self._status.update(what)
        else:
            self._out.print(f"{what} ...")

    def counts(self, what: str) -> None:
        """Say how far it is."""
        if self._status:
            self._status.update(what)
