"""Where the board can be reached: this machine's addresses in the local network."""

from __future__ import annotations

import ipaddress
import socket

import psutil

from course import ports
from course.errors import CourseError

EVERY = "0.0.0.0"


def local() -> list[tuple[str, str]]:
    """Return (address, interface) of each IPv4 address that others reach, private ones first."""
    stats = psutil.net_if_stats()
    found = [
        (entry.address, name)
        for name, entries in psutil.net_if_addrs().items()
        for entry in entries
        if entry.family == socket.AF_INET and name in stats and stats[name].isup
    ]
    known = [(ipaddress.ip_address(address), name) for address, name in found]
    usable = [(a, n) for a, n in known if not (a.is_loopback or a.is_link_local)]
    usable.sort(key=lambda one: (not one[0].is_private, one[1], one[0]))
    return [(str(address), name) for address, name in usable]


def check(bind: str) -> str:
    """Return the address to listen on; CourseError when it is none of this machine's."""
    try:
        if ipaddress.ip_address(bind).version == 4:
            with socket.socket() as server:
                server.bind((bind, 0))
            return bind
    except (ValueError, OSError):
        pass
    there = ", ".join(address for address, _ in local()) or ports.HOST
    raise CourseError(
        f"BIND is {bind!r}, which is no IPv4 address of this machine; it has {there}, and "
        f"{EVERY} means all of them."
    )


def to_write_down(bind: str, port: int) -> list[tuple[str, str]]:
    """Return (URL, interface) of each address under which attendees find the board."""
    found = local() if bind == EVERY else [(bind, "")]
    return [(f"http://{address}:{port}", name) for address, name in found]
