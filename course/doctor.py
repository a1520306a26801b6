"""`make doctor`: why does it not work here, and what exactly to do.

Standard library only, and syntax that Python 3.6 still reads: it runs with whatever Python there
is, also when .venv cannot be made.
"""

import glob
import os
import re
import resource
import shutil
import socket
import subprocess
import sys

from course import bootstrap

ROOT = bootstrap.ROOT
OK, WARNING, BAD = "ok", "warning", "PROBLEM"
FREE_MB = 1000  # .venv, a browser test's profile and some data
MEMORY_MB = 1500  # a database, a broker, a dozen processes of the application, and a browser
FILES = 4096  # sockets of a hall, and as many connections behind them
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_APPS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


class Finding(object):
    """What one check found: `remedy` says what to do unless the status is OK."""

    def __init__(self, name, status, what, remedy=""):
        self.name = name
        self.status = status
        self.what = what
        self.remedy = remedy


def main():
    """Print every finding; return 2 when there is a problem, else 0."""
    findings = examine()
    for finding in findings:
        print("{0.status:<8} {0.name:<12} {0.what}".format(finding))
        if finding.remedy:
            print("{:21} → {}".format("", finding.remedy))
    problems = sum(finding.status == BAD for finding in findings)
    if problems:
        print(
            "\n{} to solve first.".format(
                "1 problem" if problems == 1 else "%d problems" % problems
            )
        )
    else:
        print("\nEverything needed is there.")
    return 2 if problems else 0


def examine():
    """Return the findings of all checks."""
    return [
        python(),
        venv(),
        steps(),
        port(),
        writable(),
        disk(),
        memory(),
        servers(),
        open_files(),
        leftovers(),
        chromium(),
    ]


def python():
    """A Python that can make .venv."""
    try:
        found = bootstrap.find_python()
    except bootstrap.Problem as problem:
        return Finding("Python", BAD, "none that can be used", str(problem))
    version, _ = bootstrap.inspect(found)
    return Finding("Python", OK, "{}.{} at {}".format(version[0], version[1], found))


def venv():
    """.venv and the packages in it."""
    if bootstrap.in_order():
        return Finding(".venv", OK, "has what requirements.txt names")
    if bootstrap.only_lock_changed():
        what = "requirements.txt has changed since it was made"
    elif os.path.exists(bootstrap.VENV):
        what = "is incomplete, or was made for another place or another Python"
    else:
        what = "not made yet"
    return Finding(
        ".venv", WARNING, what, "nothing to do: the next make step-1 sees to it (needs the network)"
    )


def steps():
    """The step.toml files."""
    try:
        found = bootstrap.find_python()
    except bootstrap.Problem:
        return Finding("steps", WARNING, "not looked at without a Python", "solve Python first")
    answer = subprocess.run(
        [found, "-m", "course.catalog"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
        cwd=ROOT,
    )
    if answer.returncode == 0:
        return Finding("steps", OK, answer.stdout.strip() + ", their step.toml files are readable")
    lines = answer.stderr.strip().splitlines() or ["unreadable"]
    return Finding("steps", BAD, lines[0], "correct the file, or restore it: git checkout steps")


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
    )


def writable():
    """Whether this user may write to the checkout and to what an earlier run has made in it."""
    made = glob.glob(os.path.join(ROOT, ".data", "*"))
    # A step's services have directories of their own, which may belong to somebody else.
    made += glob.glob(os.path.join(ROOT, ".data", "*", "*"))
    for path in [ROOT, bootstrap.VENV, *sorted(made)]:
        if os.path.exists(path) and not os.access(path, os.W_OK):
            if path == ROOT:
                remedy = "work in a copy of your own: cp -r '{}' ~/flask-at-scale".format(ROOT)
            else:
                remedy = "another user made it: sudo rm -rf '{}'".format(path)
            return Finding("checkout", BAD, "you may not write to {}".format(path), remedy)
    return Finding("checkout", OK, "{} can be written to".format(ROOT))


def disk():
    """Free space."""
    free = shutil.disk_usage(ROOT).free // 1000000
    what = "{:,} MB free".format(free)
    if free < FREE_MB and not bootstrap.in_order():
        return Finding("disk", BAD, what, "free {:,} MB for .venv".format(FREE_MB))
    if free < FREE_MB // 5:
        return Finding("disk", WARNING, what, "free some space; make clean helps a little")
    return Finding("disk", OK, what)


def memory():
    """Memory that programs may still take."""
    free = free_memory()
    if free is None:
        return Finding("memory", OK, "this system does not say how much is free")
    what = "{:,} MB available".format(free)
    if free < MEMORY_MB:
        return Finding(
            "memory",
            WARNING,
            what,
            "{:,} MB are advised for the later steps: close browsers and other large "
            "programs".format(MEMORY_MB),
        )
    return Finding("memory", OK, what)


def free_memory():
    """Return how many MB are available, also to a container; None when nobody says."""
    found = []
    text = _read("/proc/meminfo")
    match = re.search(r"MemAvailable:\s+(\d+) kB", text)
    if match:
        found.append(int(match.group(1)) * 1024)
    limit, used = _read("/sys/fs/cgroup/memory.max"), _read("/sys/fs/cgroup/memory.current")
    if limit.strip().isdigit() and used.strip().isdigit():
        found.append(int(limit) - int(used))
    if sys.platform == "darwin":
        answer = subprocess.run(["vm_stat"], stdout=subprocess.PIPE, universal_newlines=True)
        size = re.search(r"page size of (\d+)", answer.stdout)
        pages = re.findall(r"Pages (?:free|inactive|speculative):\s+(\d+)", answer.stdout)
        if size and pages:
            found.append(int(size.group(1)) * sum(map(int, pages)))
    return max(0, min(found)) // 1000000 if found else None


def servers():
    """The servers of the later steps, which are programs made for a kind of machine."""
    if not bootstrap.in_order():
        return Finding(
            "servers",
            WARNING,
            "not looked at without .venv",
            "make step-1 makes it; then ask again",
        )
    answer = subprocess.run(
        [bootstrap.venv_python(), "-m", "course.servers"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
        cwd=ROOT,
    )
    if answer.returncode == 0:
        return Finding("servers", OK, ", ".join(answer.stdout.strip().split("\n")))
    return Finding(
        "servers",
        BAD,
        "; ".join(answer.stderr.strip().split("\n")),
        "make distclean, then make step-1; they need Linux with glibc 2.28 or newer (not Alpine), "
        "or macOS, and a directory from which programs may be run",
    )


def open_files():
    """How many files a process may have open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < FILES:
        return Finding(
            "open files",
            WARNING,
            "at most {:,}; enough for the steps, not for load tests".format(hard),
            "ask the administrator for more (ulimit -Hn, /etc/security/limits.conf)",
        )
    return Finding("open files", OK, "{:,} now, the runner raises it as needed".format(soft))


def leftovers():
    """Processes of a runner that was killed."""
    try:
        found = bootstrap.find_python()
    except bootstrap.Problem:
        return Finding("processes", WARNING, "not looked at without a Python", "solve Python first")
    answer = subprocess.run(
        [found, "-m", "course.leftovers"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
        cwd=ROOT,
    )
    stale = answer.stdout.split("\n") if answer.returncode == 0 else []
    stale = [line for line in stale if line]
    if not stale:
        return Finding("processes", OK, "none left from a killed run")
    steps = sorted({line.split()[0] for line in stale})
    return Finding(
        "processes",
        WARNING,
        "left from a killed run: " + ", ".join(stale),
        "they end with: "
        + ", ".join("make reset-{}".format(int(name[:2])) for name in steps)
        + " (deletes the data), or make step-N, then Ctrl-C",
    )


def chromium():
    """The browser for the browser checks."""
    found = find_chromium()
    if found:
        return Finding("browser", OK, found)
    return Finding(
        "browser",
        WARNING,
        "no Chromium found: the browser checks of make test are skipped",
        "Debian: sudo apt install chromium; macOS: brew install --cask chromium; "
        "or CHROMIUM=/path/to/chromium make test",
    )


def find_chromium():
    """Return the path of a Chromium or Chrome, None when there is none."""
    chosen = os.environ.get("CHROMIUM")
    if chosen:
        return shutil.which(chosen)
    for name in CHROMIUM_NAMES:
        if shutil.which(name):
            return shutil.which(name)
    for path in CHROMIUM_APPS:
        if os.access(path, os.X_OK):
            return path
    return None


def _read(path):
    """Return the text of a file of the system, nothing when there is none."""
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""


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


if __name__ == "__main__":
    sys.exit(main())
