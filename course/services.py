"""Servers that a step needs beside its own processes: a broker, a database.

To add one, write a class with the methods of `Service` and enter it in `REGISTRY` under the name
that step.toml uses. The runner starts, watches and stops it as it does the step's processes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from course import postgres, valkey


class Service(Protocol):
    """A server that runs as long as the step does."""

    variable: str
    """The environment variable that tells the step its URL; when set, it is not started."""

    stop_signal: int
    """What makes it stop at once and in order."""

    def set_up(self, directory: Path, clients: str, run: Callable[[list[str]], None]) -> None:
        """Prepare its data unless they are there, for clients with the addresses `clients`.

        `run` runs a command to its end.
        """

    def command(self, directory: Path, host: str, port: int) -> list[str]:
        """Return the command that serves the data in `directory` on the address `host`."""

    def url(self, host: str, port: int) -> str:
        """Return the value of its variable."""

    def ready(self, directory: Path, host: str, port: int) -> bool:
        """Whether it serves the data in `directory` there; takes at most a few seconds."""


REGISTRY: dict[str, Service] = {
    valkey.NAME: valkey.Valkey(),
    postgres.NAME: postgres.Postgres(),
}


def variables(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the variables of the services `names`, in their order."""
    return tuple(REGISTRY[name].variable for name in names)
