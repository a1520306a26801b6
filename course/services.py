"""Servers that a step needs beside its own processes (a broker, a database, a load balancer).

Empty so far: steps 1 to 6 need nothing but Python. To add one, write a class with the methods of
`Service` and enter it in `REGISTRY` under the name that step.toml uses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol


class Service(Protocol):
    """A server that runs as long as the step does."""

    variables: tuple[str, ...]
    """The environment variables that `start` returns; when all are set, it is not started."""

    def start(self, data_dir: Path) -> dict[str, str]:
        """Start on a free port, keep data in `data_dir`, return variables once it is ready."""

    def stop(self) -> None:
        """Stop the server and wait until it is gone; does nothing when it is not running."""


REGISTRY: dict[str, Callable[[], Service]] = {}


@contextmanager
def running(
    names: Sequence[str], data_dir: Path, environment: dict[str, str]
) -> Iterator[dict[str, str]]:
    """Start the named services, yield their variables, stop them in reverse order.

    A service whose variables are all in `environment` is not started: the reader has a server.
    Raises KeyError for an unknown name; the catalog has refused it before.
    """
    variables: dict[str, str] = {}
    with ExitStack() as stack:
        for name in names:
            service = REGISTRY[name]()
            if all(variable in environment for variable in service.variables):
                continue
            # Registered before the start, so that a half-started server is stopped too.
            stack.callback(service.stop)
            variables |= service.start(data_dir / name)
        yield variables
