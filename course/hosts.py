"""`make hosts-N`: a step with a load balancer, in which a host is a machine on the network.

The load balancer and each process behind it have a network namespace of their own, so do the
services together; a bridge joins them (`course.netns`). The workers and the slow site stay where
the reader is, whose browser follows the links to it; they reach the services over the bridge too.

    with live_hosts(find(10)) as running:
        link_down(running, "host-a")
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import Any

from course import deploy, netns, ports, procfile
from course.catalog import Step
from course.errors import CourseError
from course.netns import DATA, Net
from course.runner import Running, live
from course.services import REGISTRY
from course.watchdog import Watchdog

PORT = 8000


def check(step: Step) -> None:
    """CourseError when `step` has no hosts, or this machine cannot have networks for them."""
    deploy.hosts(step)
    if reason := netns.reason_against():
        raise CourseError(
            f"make hosts-{step.number} does not work here: {reason}. make step-{step.number} runs "
            "the same hosts without networks of their own."
        )


def live_hosts(
    step: Step,
    port: int = 0,
    data_dir: Path | None = None,
    env: Mapping[str, str] | None = None,
    **options: Any,
) -> AbstractContextManager[Running]:
    """Start `step` as `course.runner.live` does, with the same arguments, each host on its own.

    `port` is the load balancer's, at its own address, where it is always free; 0 takes 8000.

    Raises CourseError also when the step has no hosts, when there can be no networks here, and
    when `env` names a database or a broker, which the hosts could not reach.
    """
    check(step)
    for name in step.services:
        if (env or {}).get(variable := REGISTRY[name].variable):
            raise CourseError(
                f"The hosts reach nothing beyond their bridge, so not the server of {variable}: "
                f"unset {variable}, and {name} is started for them."
            )
    # Found again at the next start, so that a browser finds the page where it was.
    seed = str(data_dir.resolve()) if data_dir else token_hex()
    network = partial(_namespaces, step, seed)
    return live(step, port, data_dir, dict(env or {}), network=network, **options)


def link_down(running: Running, host: str) -> None:
    """Pull a host's cable: its connections are neither closed nor served. CourseError: no such."""
    _net(running, host).set_link(host, "down")


def link_up(running: Running, host: str) -> None:
    """Plug a host's cable in again; CourseError when there is no such host."""
    _net(running, host).set_link(host, "up")


class Namespaces:
    """The network of a step whose hosts are apart."""

    def __init__(self, step: Step, net: Net) -> None:
        self.net = net
        self.clients = str(net.subnet)
        names = _behind(step)
        self.variables = {deploy.variable(name, "ADDRESS"): net.addresses[name] for name in names}
        where = ", ".join(
            f"{name} {address}" for name, address in net.addresses.items() if name != DATA
        )
        data, first = net.namespace(DATA), names[0]
        self.notes = (
            ("Network", f"{where}; database and broker {net.addresses[DATA]}"),
            ("Look", f"sudo ip netns exec {net.namespace(first)} ip address"),
            ("Cut off", f"sudo ip -n {data} link set {first} down; with up it is back"),
        )

    def address(self, name: str) -> str:
        """Return the address of the machine on which the process runs."""
        machine = self._machine(name)
        return self.net.addresses[machine] if machine else ports.HOST

    def command(self, name: str, argv: list[str]) -> list[str]:
        """Return the command that runs `argv` on the machine of the process `name`."""
        machine = self._machine(name)
        return self.net.inside(machine, argv) if machine else argv

    def own_variables(self, name: str) -> dict[str, str]:
        """Return the address on which the process is to listen."""
        return {"BIND": self.address(name)} if self._machine(name) else {}

    def web_port(self, port: int) -> int:
        """Return `port`: the load balancer has all of them for itself."""
        return port or PORT

    def _machine(self, name: str) -> str | None:
        if name in REGISTRY:
            return DATA
        return name if name in self.net.addresses else None


@contextmanager
def _namespaces(step: Step, seed: str, watchdog: Watchdog) -> Iterator[Namespaces]:
    """Make the network of `step`, yield it, and remove it."""
    claimed: list[str] = []

    def claim(name: str) -> None:
        claimed.append(name)
        watchdog.watch_network(name)

    machines = [step.entry, *_behind(step)]
    try:
        yield Namespaces(step, netns.create(machines, seed, claim))
    finally:
        for name in claimed:
            netns.remove(name)
            watchdog.forget_network(name)


def _behind(step: Step) -> list[str]:
    """Return the processes behind the load balancer: those that have a port of their own."""
    names = procfile.read(step.path / "Procfile", step.entry).processes
    return [name for name in names if deploy.variable(name, "PORT") in step.ports]


def _net(running: Running, host: str) -> Net:
    network = running.group.network
    if not isinstance(network, Namespaces):
        raise CourseError("Only live_hosts (make hosts-N) runs hosts with links to take down.")
    if host not in deploy.hosts(running.step):
        raise CourseError(f"Step {running.step.number} has no host {host!r}.")
    return network.net
