"""Valkey, the open Redis: a step's broker and shared memory."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from course import ports, servers

NAME = "valkey"


class Valkey:
    """Valkey with an append-only file: what it took stays when it is killed."""

    variable = "REDIS_URL"
    stop_signal = signal.SIGTERM

    def set_up(self, directory: Path, clients: str, run: Callable[[list[str]], None]) -> None:
        """Make its directory; it does the rest itself."""
        directory.mkdir(parents=True, exist_ok=True)

    def command(self, directory: Path, host: str, port: int) -> list[str]:
        """Return the command that serves; it runs in `directory` and keeps its data there."""
        options = {
            "--bind": host,
            "--port": str(port),
            "--appendonly": "yes",
            "--appendfsync": "everysec",
            "--save": "",
            "--loglevel": "warning",
        }
        if host != ports.HOST:
            # Without a password it serves nobody else than the loopback, unless it is told that
            # its network is closed.
            options["--protected-mode"] = "no"
        return [str(servers.valkey()), *(part for pair in options.items() for part in pair)]

    def url(self, host: str, port: int) -> str:
        """Return the value of its variable."""
        return f"redis://{host}:{port}/0"

    def ready(self, directory: Path, host: str, port: int) -> bool:
        """Whether it serves: while it reads its data it answers something else than PONG."""
        with (
            suppress(OSError),
            socket.create_connection((host, port), timeout=0.5) as connection,
        ):
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
        return False
