"""TCP ports on this machine."""

from __future__ import annotations

import random
import socket
from collections.abc import Container, Sequence

from course.errors import CourseError

HOST = "127.0.0.1"
# Below the range from which systems take ports for outgoing connections (32768 on Linux): a port
# found free here stays free until our server binds it.
RANGE = range(20_000, 32_000)


def parse(text: str) -> int:
    """Return the port that the variable PORT names; CourseError when it is none."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65_535:
        raise CourseError(f"PORT is {text!r}; expected a number from 1 to 65535, e.g. PORT=8001.")
    return int(text)


def is_free(port: int) -> bool:
    """Whether a server could listen on `port` and would be the one that localhost reaches."""
    if not 1 <= port <= 65_535:
        return False
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind((HOST, port))
        except OSError:
            return False
    return not (_answers(socket.AF_INET, HOST, port) or _answers(socket.AF_INET6, "::1", port))


def takes_connections(host: str, port: int) -> bool:
    """Whether somebody takes connections on `port` of an IPv4 address."""
    return _answers(socket.AF_INET, host, port)


def chosen(wanted: str, candidates: Sequence[int], command: str) -> int:
    """Return the port that the variable PORT wants, "" for the first of `candidates` that is free.

    CourseError when it is taken, or all of them are; it says how to call `command` then.
    """
    if wanted:
        port = parse(wanted)
        if not is_free(port):
            raise CourseError(f"Port {port} is taken: PORT={port + 1} {command}, for example.")
        return port
    found = next(filter(is_free, candidates), None)
    if found is None:
        raise CourseError(
            f"Ports {candidates[0]} to {candidates[-1]} are taken: choose one by PORT."
        )
    return found


def needs_root(port: int) -> bool:
    """Whether binding `port` is refused to this user, although nobody holds it."""
    with socket.socket() as server:
        try:
            server.bind((HOST, port))
        except PermissionError:
            return True
        except OSError:
            pass
    return False


def find_free(avoid: Container[int] = ()) -> int:
    """Return a port on which nobody listens."""
    for _ in range(1_000):
        port = random.choice(RANGE)
        if port not in avoid and is_free(port):
            return port
    raise CourseError(f"No free port from {RANGE.start} to {RANGE.stop}: what holds them all?")


def _answers(family: int, host: str, port: int) -> bool:
    try:
        with socket.socket(family) as client:
            client.settimeout(0.5)
            return client.connect_ex((host, port)) == 0
    except OSError:
        return False
