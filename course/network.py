"""Where the processes of a step are: on the loopback, or where `course.hosts` puts them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol

from course import ports
from course.watchdog import Watchdog


class Network(Protocol):
    """Where each process listens, and what it takes to run it there."""

    clients: str
    """The addresses from which a service is asked, as in 127.0.0.1/32."""

    variables: Mapping[str, str]
    """What all processes of the step are told."""

    notes: Sequence[tuple[str, str]]
    """What the reader should know about it: a word and a line, as often as needed."""

    def address(self, name: str) -> str:
        """Return the address on which the process `name` is reached."""

    def command(self, name: str, argv: list[str]) -> list[str]:
        """Return the command that runs `argv` where the process `name` belongs."""

    def own_variables(self, name: str) -> dict[str, str]:
        """Return what the process `name` alone is told."""

    def web_port(self, port: int) -> int | None:
        """Return the port for the process that answers the reader; None: one of this machine's."""


class Loopback:
    """Everything on 127.0.0.1."""

    clients = f"{ports.HOST}/32"
    variables: Mapping[str, str] = {}
    notes: Sequence[tuple[str, str]] = ()

    def address(self, name: str) -> str:
        """Return the one address."""
        return ports.HOST

    def command(self, name: str, argv: list[str]) -> list[str]:
        """Return `argv`."""
        return argv

    def own_variables(self, name: str) -> dict[str, str]:
        """Return nothing."""
        return {}

    def web_port(self, port: int) -> int | None:
        """Return None: whether `port` is free has to be seen."""


@contextmanager
def loopback(watchdog: Watchdog) -> Iterator[Network]:
    """Yield the network that is there already."""
    yield Loopback()
