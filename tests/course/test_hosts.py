"""`make hosts-N`: hosts with a network of their own, of which nothing is left afterwards."""

import os
import signal
import subprocess
import sys
from ipaddress import IPv4Network
from urllib.request import ProxyHandler, build_opener

import pytest

from course import catalog, deploy, hosts, netns
from course.deploy import rolling_restart
from course.errors import CourseError
from course.hosts import link_down, link_up, live_hosts
from course.paths import ROOT
from course.processes import children, wait_until
from course.runner import live

REASON = netns.reason_against()
needs_networks = pytest.mark.skipif(bool(REASON), reason=f"no hosts with networks: {REASON}")
PROCFILE = """
nginx: python web.py
host-a: PORT=$HOST_A_PORT python web.py
host-b: PORT=$HOST_B_PORT python web.py
worker: sleep 600
"""
TOML = """
entry = "nginx"
ports = ["HOST_A_PORT", "HOST_B_PORT"]
services = ["valkey"]
"""
# Answers with what it sees of the network.
WEB = """
import http.server, json, os, subprocess

ALL = ["-json", "address", "show"]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        seen = subprocess.run(["ip", *ALL], capture_output=True, text=True).stdout
        self.wfile.write(json.dumps({"seen": seen}).encode())


address = (os.environ["BIND"], int(os.environ["PORT"]))
http.server.ThreadingHTTPServer(address, Handler).serve_forever()
"""
RUN = """
import sys, time
from pathlib import Path
from course.catalog import find
from course.hosts import live_hosts

with live_hosts(find(1, Path(sys.argv[1])), data_dir=Path(sys.argv[2])) as running:
    print(running.group.network.net.name, flush=True)
    time.sleep(600)
"""


def small(checkout):
    """A step with hosts that starts in no time."""
    files = {"Procfile": PROCFILE, "web.py": WEB, "balancer.py": "print('done')"}
    return checkout.step(files=files, toml=TOML)


def get(url: str, timeout: float = 15):
    return build_opener(ProxyHandler({})).open(url, timeout=timeout)


def left_of(name: str) -> list[str]:
    """Return what there is of a network, both as namespaces and as interfaces."""
    listed = netns.ip("netns", "list") + netns.ip("-brief", "link", "show")
    return [line for line in listed.splitlines() if line.startswith(name)]


def name_of(running) -> str:
    return running.group.network.net.name


@pytest.fixture(scope="module")
def running():
    """Step 10 itself, its hosts apart."""
    with live_hosts(catalog.find(10), env={"PASSWORD_HASH": "scrypt:1024:8:1"}) as running:
        name = name_of(running)
        assert len(left_of(name)) == 5
        yield running
    assert left_of(name) == []


def served_by(running) -> str:
    with get(running.url + "/readyz") as answer:
        assert answer.status == 200
        return answer.headers["X-Served-By"]


def both_serve(running) -> None:
    for name in ("host-a", "host-b"):
        assert wait_until(lambda name=name: served_by(running) == name, 30), name


@needs_networks
def test_both_hosts_are_reached_over_the_bridge(running):
    both_serve(running)
    log = (running.data_dir / "files" / "nginx" / "access.log").read_text()
    for name in ("HOST_A", "HOST_B"):
        address = running.variables[f"{name}_ADDRESS"]
        assert not address.startswith("127.")
        assert f" {address}:{running.variables[f'{name}_PORT']} " in log
        assert address not in running.url
    services = running.variables["DATABASE_URL"] + running.variables["REDIS_URL"]
    assert "127.0.0.1" not in running.url + services


@needs_networks
def test_while_a_link_is_down_the_other_host_serves_and_then_both_do(running):
    link_down(running, "host-a")
    try:
        assert {served_by(running) for _ in range(20)} == {"host-b"}
    finally:
        link_up(running, "host-a")
    both_serve(running)


@needs_networks
def test_a_host_sees_its_own_network_only(checkout):
    with live_hosts(small(checkout)) as running:
        name, variables = name_of(running), running.variables
        with get(running.url) as answer:
            seen = answer.read().decode()
        assert "eth0" in seen
        assert variables["HOST_A_ADDRESS"] not in seen
        for machine in ("data", "nginx", "host-a", "host-b"):
            routes = netns.ip("-n", f"{name}-{machine}", "route", "show")
            assert "default" not in routes
        with pytest.raises(CourseError, match="has no host 'worker'"):
            link_down(running, "worker")
        running.kill("host-b")
        running.start("host-b")
        url = f"http://{variables['HOST_B_ADDRESS']}:{variables['HOST_B_PORT']}"
        assert wait_until(lambda: answers(url), 30), f"no answer from {url}"
    assert left_of(name) == []


def answers(url: str) -> bool:
    try:
        with get(url, timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


@needs_networks
def test_hosts_on_a_network_are_deployed_as_those_on_the_loopback(checkout):
    with live_hosts(small(checkout)) as running:
        before = [running.processes[host].pid for host in ("host-a", "host-b")]
        said = []
        rolling_restart(running, said.append)
        assert said[-1] == "host-b: serves again"
        after = [running.processes[host].pid for host in ("host-a", "host-b")]
        assert not set(before) & set(after)


@pytest.mark.parametrize(
    ("number", "names"),
    [
        (10, ["host-a", "host-b"]),
        (12, ["host-a", "host-b"]),
        (13, ["host-a", "host-b", "sockets-a", "sockets-b"]),
    ],
)
def test_what_there_are_several_of_is_restarted_one_after_the_other(number, names):
    assert deploy.hosts(catalog.find(number)) == names


@needs_networks
def test_two_at_once_have_networks_of_their_own():
    names = []
    try:
        one, two = (netns.create(["host-a"], "seed", names.append) for _ in range(2))
        assert one.name != two.name
        assert not one.subnet.overlaps(two.subnet)
    finally:
        for name in names:
            netns.remove(name)
    assert [line for name in names for line in left_of(name)] == []


@needs_networks
@pytest.mark.parametrize("what", ["runner", "runner and watchdog"])
def test_kill_9_of_the_runner_leaves_nothing_at_the_latest_after_the_next_start(checkout, what):
    step, data = small(checkout), checkout.root / "data"
    command = [sys.executable, "-c", RUN, checkout.root, data]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as runner:
        try:
            name = runner.stdout.readline().strip()
            assert name, "the runner does not start"
            assert len(left_of(name)) == 5
            if what == "runner and watchdog":
                (watchdog,) = [pid for pid in children(runner.pid) if is_watchdog(pid)]
                os.kill(watchdog, signal.SIGKILL)
        finally:
            runner.kill()
    if what == "runner":
        assert wait_until(lambda: not left_of(name), 30), left_of(name)
    else:
        assert left_of(name)
    with live_hosts(step, data_dir=data) as running:
        assert name_of(running) == name
        assert len(left_of(name)) == 5
    assert left_of(name) == []


def is_watchdog(pid: int) -> bool:
    with open(f"/proc/{pid}/cmdline") as file:
        return "course.watchdog" in file.read()


@needs_networks
def test_a_start_that_fails_leaves_nothing(checkout, monkeypatch):
    names = []
    create = netns.create

    def spy(machines, seed, claimed):
        return create(machines, seed, lambda name: (names.append(name), claimed(name)))

    monkeypatch.setattr(netns, "create", spy)
    step = checkout.step(files={"Procfile": PROCFILE, "web.py": "exit(1)"}, toml=TOML)
    with pytest.raises(CourseError, match="ended with exit code 1 at start"), live_hosts(step):
        pass
    (name,) = names
    assert left_of(name) == []


@needs_networks
def test_the_readers_own_database_is_refused(checkout):
    mine = {"REDIS_URL": "redis://127.0.0.1:6379/0"}
    with pytest.raises(CourseError, match="unset REDIS_URL"):
        live_hosts(small(checkout), env=mine)


def test_links_are_taken_down_only_where_there_are_any(checkout):
    files = {"Procfile": PROCFILE, "web.py": WEB.replace('"BIND"', '"HOST"')}
    step = checkout.step(files=files, toml=TOML)
    with (
        live(step, env={"HOST": "127.0.0.1"}) as running,
        pytest.raises(CourseError, match="Only live_hosts"),
    ):
        link_down(running, "host-a")


def test_a_step_without_hosts_is_refused(checkout):
    with pytest.raises(CourseError, match="Step 1 has no two hosts"):
        live_hosts(checkout.step())


def test_without_ip_or_root_or_linux_one_line_says_what_to_do(checkout, monkeypatch, tmp_path):
    step = small(checkout)

    def message() -> str:
        with pytest.raises(CourseError) as caught:
            hosts.check(step)
        text = str(caught.value)
        assert text.startswith("make hosts-1 does not work here: ")
        assert "make step-1 runs" in text
        assert "\n" not in text
        return text

    monkeypatch.setattr(netns.sys, "platform", "linux")
    fake(tmp_path / "none")
    monkeypatch.setenv("PATH", str(tmp_path / "none"))
    assert "apt install iproute2" in message()
    fake(tmp_path / "refuses", "echo 'mount: Operation not permitted' >&2; exit 1")
    monkeypatch.setenv("PATH", str(tmp_path / "refuses"))
    monkeypatch.setattr(netns.os, "geteuid", lambda: 0)
    assert "Operation not permitted" in message()
    monkeypatch.setattr(netns.os, "geteuid", lambda: 1000)
    assert "use sudo" in message()
    monkeypatch.setattr(netns.sys, "platform", "darwin")
    assert "virtual machine" in message()


def fake(directory, script: str = "") -> None:
    """Make a directory for the PATH; with `script` it has an `ip` that does that."""
    directory.mkdir()
    if script:
        (directory / "ip").write_text(f"#!/bin/sh\n{script}\n")
        (directory / "ip").chmod(0o755)


def test_the_command_ends_with_2_and_one_line_where_there_is_no_ip(tmp_path):
    command = [sys.executable, "-m", "course", "hosts", "10"]
    environment = os.environ | {"PATH": str(tmp_path)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("make hosts-10 does not work here: ")


def test_a_subnet_overlaps_with_nothing_that_there_is_a_route_to():
    taken = [IPv4Network("10.0.0.0/9"), IPv4Network("192.168.1.0/24")]
    found = list(netns.free_subnets(taken, "seed"))
    assert found
    assert not any(subnet.overlaps(other) for subnet in found for other in taken)
    assert found == list(netns.free_subnets(taken, "seed"))
    vpn = [IPv4Network("10.0.0.0/8")]
    assert next(netns.free_subnets(vpn, "seed")).subnet_of(IPv4Network("198.18.0.0/15"))
