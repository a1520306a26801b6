"""What runs here, or should be able to: the port, the servers, what a killed run has left."""

import glob
import os
import shutil
import socket
import subprocess

from course import bootstrap
from course.doctor.finding import BAD, OK, WARNING, Finding, ask

ROOT = bootstrap.ROOT


def port():
    """The port on which make step-N serves."""
    wanted = os.environ.get("PORT") or "8000"
    if not wanted.isdigit() or not 1 <= int(wanted) <= 65535:
        return Finding("port", BAD, "PORT is {!r}".format(wanted), "unset PORT, or PORT=8001")
    number = int(wanted)
    if not _is_taken(number):
        return Finding("port", OK, "{} is free".format(number))
    other = next(p for p in range(number % 64000 + 10, 65536) if not _is_taken(p))
    return Finding(
        "port",
        WARNING,
        "{} is in use (who: {})".format(number, _who_listens(number)),
        "stop that program, or choose another port: PORT={} make step-1".format(other),
        # What somebody else runs may have a password in its command line.
        for_others="{} is in use".format(number),
    )


def servers():
    """The servers of the later steps, which are programs made for a kind of machine."""
    if not bootstrap.in_order():
        return Finding(
            "servers",
            WARNING,
            "not looked at without .venv",
            "make step-1 makes it; then ask again",
        )
    answer = ask(bootstrap.venv_python(), "course.servers", ROOT)
    if answer.returncode == 0:
        return Finding("servers", OK, ", ".join(answer.stdout.strip().split("\n")))
    return Finding(
        "servers",
        BAD,
        "; ".join(answer.stderr.strip().split("\n")),
        "make distclean, then make step-1; they need Linux with glibc 2.28 or newer (not Alpine), "
        "or macOS, and a directory from which programs may be run",
    )


def leftovers():
    """Processes of a runner that was killed."""
    try:
        answer = ask(bootstrap.find_python(), "course.leftovers", ROOT)
    except bootstrap.Problem:
        return Finding("processes", WARNING, "not looked at without a Python", "solve Python first")
    stale = answer.stdout.split("\n") if answer.returncode == 0 else []
    stale = [line for line in stale if line]
    if not stale:
        return Finding("processes", OK, "none left from a killed run")
    places = sorted({line.split()[0] for line in stale})
    ends = [
        "make reset-{} (deletes the data)".format(int(n[:2])) for n in places if n[:2].isdigit()
    ]
    ends += ["make {}, then Ctrl-C".format(_starter(name)) for name in places]
    return Finding(
        "processes",
        WARNING,
        "left from a killed run: " + ", ".join(stale),
        "they end with: " + ", or ".join(ends),
    )


def _starter(place):
    """Return what starts the run that has its data in this place."""
    return "step-{}".format(int(place[:2])) if place[:2].isdigit() else "board"


def _is_taken(number):
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            client = socket.socket(family)
        except OSError:
            continue
        with client:
            client.settimeout(0.5)
            try:
                if client.connect_ex((host, number)) == 0:
                    return True
            except OSError:
                pass
    return False


def _who_listens(number):
    """Say which program listens on a port, as far as this user may know."""
    if shutil.which("lsof"):
        command = ["lsof", "-nP", "-iTCP:{}".format(number), "-sTCP:LISTEN", "-Fcp"]
        answer = subprocess.run(command, stdout=subprocess.PIPE, universal_newlines=True)
        found = {line[0]: line[1:] for line in answer.stdout.split("\n") if line}
        if "c" in found and "p" in found:
            return "{}, process {}".format(found["c"], found["p"])
    return _who_listens_linux(number) or "unknown; try: sudo lsof -i :{}".format(number)


def _who_listens_linux(number):
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        if os.path.exists(table):
            with open(table) as file:
                rows = [line.split() for line in file][1:]
            # State 0A is listening.
            inodes |= {r[9] for r in rows if int(r[1].split(":")[1], 16) == number and r[3] == "0A"}
    wanted = {"socket:[{}]".format(inode) for inode in inodes}
    for link in glob.glob("/proc/[0-9]*/fd/*") if wanted else ():
        try:
            if os.readlink(link) in wanted:
                pid = link.split("/")[2]
                with open("/proc/{}/cmdline".format(pid)) as file:
                    command = " ".join(file.read().split("\0")).strip()
                return "process {}: {}".format(pid, command[:80])
        except OSError:
            continue
    return None
