"""Network namespaces of Linux: a bridge and machines at it, which are none, made with `ip`.

A network has a name, such as podium-77-3 for 10.77.3.0/24. Its machines are the namespaces
podium-77-3-<machine>, each with an interface eth0; the other ends of their cables have the names of
the machines and are in podium-77-3-data, at the bridge. We have an address there as well, on the
interface podium-77-3. No namespace has a route beyond the bridge: who is not on this machine cannot
have an answer from anything in there.

Standard library only: `course.housekeeping` uses it.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path

from course.errors import CourseError
from course.processes import started_at

DATA = "data"
BRIDGE = "bridge"
UPLINK = "outside"
# Where iproute2 keeps the names.
NAMES = Path("/run/netns")
NAME = re.compile(r"podium-\d{1,3}-\d{1,3}")
# The private range, and one that is reserved for measurements and routed nowhere.
RANGES = (IPv4Network("10.0.0.0/8"), IPv4Network("198.18.0.0/15"))
TRIES = 200


@dataclass(frozen=True)
class Net:
    """A network that exists. `addresses` has those of the machines, by name."""

    name: str
    subnet: IPv4Network
    addresses: dict[str, str]

    def namespace(self, machine: str) -> str:
        """Return the name of a machine's namespace."""
        return f"{self.name}-{machine}"

    def inside(self, machine: str, argv: Sequence[str]) -> list[str]:
        """Return the command that runs `argv` on a machine."""
        return [_program(), "netns", "exec", self.namespace(machine), *argv]

    def set_link(self, machine: str, state: str) -> None:
        """Take a machine's cable `down` or `up`, at the bridge: the machine is not told more."""
        ip("-n", self.namespace(DATA), "link", "set", machine, state)


def reason_against() -> str | None:
    """Say why there can be no namespaces here and what to do about it, None when there can be."""
    if sys.platform != "linux":
        return "network namespaces are a thing of Linux; here use a virtual machine with Linux"
    if not shutil.which("ip"):
        return "there is no program `ip`: install iproute2 (apt install iproute2)"
    if os.geteuid() != 0:
        return "only root may make network namespaces: use sudo"
    trial = f"podium-trial-{os.getpid()}"
    try:
        ip("netns", "add", trial)
        try:
            ip("-n", trial, "link", "add", BRIDGE, "type", "bridge")
            ip("-n", trial, "link", "add", "one", "type", "veth", "peer", "name", "two")
            ip("netns", "exec", trial, _program(), "link")
        finally:
            ip("netns", "del", trial)
    except CourseError as error:
        return (
            "this system does not let us make network namespaces, a container needs to be "
            f"privileged for it: {error}"
        )
    return None


def create(machines: Sequence[str], seed: str, claimed: Callable[[str], None]) -> Net:
    """Make a network with `machines` and return it.

    The same `seed` finds the same subnet again while that is free. `claimed` is told the name as
    soon as there is something to remove. CourseError when `ip` refuses, or no subnet is free.
    """
    name, subnet = _claim(seed, claimed)
    data = f"{name}-{DATA}"
    ours, outside, *rest = _numbers(subnet)
    length = subnet.prefixlen
    _interface_up(data, "lo")
    ip("-n", data, "link", "add", BRIDGE, "type", "bridge")
    ip("-n", data, "addr", "add", f"{ours}/{length}", "dev", BRIDGE)
    _interface_up(data, BRIDGE)
    ip("link", "add", name, "type", "veth", "peer", "name", UPLINK, "netns", data)
    # Who made it, for `sweep`.
    ip("link", "set", name, "alias", f"course {os.getpid()} {started_at(os.getpid())}")
    ip("-n", data, "link", "set", UPLINK, "master", BRIDGE, "up")
    ip("addr", "add", f"{outside}/{length}", "dev", name)
    ip("link", "set", name, "up")
    addresses = {DATA: ours}
    for machine, address in zip(machines, rest, strict=False):
        namespace = f"{name}-{machine}"
        ip("netns", "add", namespace)
        cable = ("type", "veth", "peer", "name", "eth0", "netns", namespace)
        ip("-n", data, "link", "add", machine, *cable)
        ip("-n", data, "link", "set", machine, "master", BRIDGE, "up")
        ip("-n", namespace, "addr", "add", f"{address}/{length}", "dev", "eth0")
        _interface_up(namespace, "eth0")
        _interface_up(namespace, "lo")
        addresses[machine] = address
    return Net(name, subnet, addresses)


def remove(name: str) -> None:
    """Remove a network, or what there is of it; its processes have to be ended before."""
    # The bridge's last: it ends the interface by which `sweep` would find the rest.
    namespaces = sorted(NAMES.glob(f"{name}-*"), key=lambda path: path.name == f"{name}-{DATA}")
    for command in [
        *(("netns", "del", path.name) for path in namespaces),
        ("link", "del", name),
    ]:
        with suppress(CourseError):
            ip(*command)


def sweep() -> None:
    """Remove the networks whose makers have ended without removing them."""
    if sys.platform != "linux" or os.geteuid() != 0 or not any(NAMES.glob("podium-*")):
        return
    with suppress(CourseError):
        for link in json.loads(ip("-json", "link", "show") or "[]"):
            word, pid, started, *_ = [*link.get("ifalias", "").split(), "", "", ""]
            ours = NAME.fullmatch(link["ifname"]) and word == "course" and pid.isdigit()
            if ours and started_at(int(pid)) != started:
                remove(link["ifname"])


def ip(*arguments: str) -> str:
    """Run `ip`, return what it prints; CourseError with what it says when it fails."""
    done = subprocess.run([_program(), *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise CourseError(f"ip {' '.join(arguments)}: {said}")
    return done.stdout


def free_subnets(taken: Sequence[IPv4Network], seed: str) -> Iterator[IPv4Network]:
    """Yield subnets that overlap with none of `taken`, in an order that depends on `seed`."""
    order = random.Random(seed)
    for wide in RANGES:
        for _ in range(TRIES):
            third = order.randrange(2 ** (24 - wide.prefixlen))
            subnet = IPv4Network((int(wide.network_address) + 256 * third, 24))
            if not any(map(subnet.overlaps, taken)):
                yield subnet


def _claim(seed: str, claimed: Callable[[str], None]) -> tuple[str, IPv4Network]:
    """Make the namespace for the bridge; whoever makes it first has the subnet."""
    for subnet in free_subnets(_taken(), seed):
        _, second, third, _ = str(subnet.network_address).split(".")
        name = f"podium-{second}-{third}"
        try:
            ip("netns", "add", f"{name}-{DATA}")
        except CourseError:
            if not (NAMES / f"{name}-{DATA}").exists():
                raise
        else:
            claimed(name)
            return name, subnet
    wide = " and ".join(map(str, RANGES))
    raise CourseError(f"No free network in {wide}: what has routes to all of them? See ip route.")


def _taken() -> list[IPv4Network]:
    """Return the networks to which this machine has routes, the default aside."""
    routes = json.loads(ip("-json", "-4", "route", "show", "table", "all") or "[]")
    found = (route["dst"] for route in routes)
    return [IPv4Network(dst, strict=False) for dst in found if dst not in ("default", "0.0.0.0/0")]


def _numbers(subnet: IPv4Network) -> list[str]:
    """Return the addresses in the order of their use: ours, the outside's, from 11 on the rest."""
    hosts = list(map(str, subnet.hosts()))
    return [*hosts[:2], *hosts[10:]]


def _interface_up(namespace: str, interface: str) -> None:
    ip("-n", namespace, "link", "set", interface, "up")


def _program() -> str:
    return shutil.which("ip") or "ip"
