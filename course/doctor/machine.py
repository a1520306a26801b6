"""What the machine has to spare, and whether its clock can be right."""

import glob
import os
import re
import resource
import shutil
import subprocess
import sys
import time

from course import bootstrap
from course.doctor.finding import BAD, OK, WARNING, Finding

ROOT = bootstrap.ROOT
FREE_MB = 1000  # .venv, a browser test's profile and some data
MEMORY_MB = 1500  # a database, a broker, a dozen processes of the application, and a browser
FILES = 4096  # sockets of a hall, and as many connections behind them
HOUR = 3600
OLD = 5 * 365 * 24 * HOUR  # no checkout of a living course is older


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


def open_files():
    """How many files a process may have open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < FILES:
        return Finding(
            "open files",
            WARNING,
            "at most {:,}; enough for the steps, not for load tests".format(hard),
            "ask the administrator for {:,} (ulimit -Hn shows the limit; "
            "/etc/security/limits.conf sets it)".format(FILES),
        )
    return Finding("open files", OK, "{:,} now, the runner raises it as needed".format(soft))


def clock():
    """Whether the time can be right: downloads and tokens are refused where it is not."""
    now, made = time.time(), newest()
    if now < made - HOUR:
        what = "says {}, but a file or commit here is of {}".format(_day(now), _day(made))
    elif now > made + OLD:
        what = "says {}, and nothing here is newer than {}".format(_day(now), _day(made))
    else:
        return Finding("clock", OK, time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(now)))
    if sys.platform == "darwin":
        how = "System Settings, General, Date & Time, set automatically"
    else:
        how = "sudo timedatectl set-ntp true, or sudo date -s '2026-01-31 12:00'"
    remedy = "set the clock: " + how
    if now > made:
        remedy += "; if it is right, this copy of the course is very old: get a newer one"
    # Without .venv there is something to download, over TLS.
    return Finding("clock", WARNING if bootstrap.in_order() else BAD, what, remedy)


def newest():
    """Return when the newest of what this checkout consists of was made, in Unix seconds.

    A clone has the time of this clock, whatever that is, on its files; its last commit does not.
    """
    files = [os.path.join(ROOT, name) for name in ("Makefile", "requirements.txt")]
    files += glob.glob(os.path.join(glob.escape(ROOT), "course", "*.py"))
    times = [os.stat(name).st_mtime for name in files if os.path.exists(name)]
    if os.path.exists(os.path.join(ROOT, ".git")) and shutil.which("git"):
        answer = subprocess.run(
            ["git", "-C", ROOT, "log", "-1", "--format=%ct"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            universal_newlines=True,
        )
        times += [int(line) for line in answer.stdout.split()]
    return max(times) if times else 0


def _day(seconds):
    return time.strftime("%Y-%m-%d", time.gmtime(seconds))


def _read(path):
    """Return the text of a file of the system, nothing when there is none."""
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""
