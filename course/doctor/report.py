"""The report to paste: what somebody who helps has to know, and nothing about who asks."""

import hashlib
import os
import platform
import re
import subprocess
import sys

from course import bootstrap

ROOT = bootstrap.ROOT


def text(findings):
    """Return the report: plain lines, without the names of the user and of the machine."""
    rows = [
        ("system", _system()),
        ("kernel", "{} {}".format(platform.system(), platform.release())),
        ("Python", "{} {}".format(platform.python_implementation(), platform.python_version())),
        ("make", _first_line(["make", "--version"])),
        ("commit", _commit()),
        ("packages", _digest(bootstrap.LOCK)),
    ]
    lines = ["{:<8} {}".format(name, value) for name, value in rows]
    for finding in findings:
        lines.append("{0.status:<8} {0.name:<12} {0.for_others}".format(finding))
    return "\n".join(["--- make doctor", *map(anonymous, lines), "---"])


def anonymous(line):
    """Return a line with ~ for the home directory, and without the user's name in any path."""
    homes = {os.path.expanduser("~"), os.path.realpath(os.path.expanduser("~"))}
    for home in sorted(homes - {"/"}, key=len, reverse=True):
        line = re.sub(re.escape(home) + r"(?![\w.-])", "~", line)
    for name in {os.path.basename(home) for home in homes} - {""}:
        line = re.sub(r"(?<=/){}(?![\w.-])".format(re.escape(name)), "(user)", line)
    return line


def _system():
    if sys.platform == "darwin":
        return "macOS {}, {}".format(platform.mac_ver()[0], platform.machine())
    name = "Linux"
    try:
        with open("/etc/os-release") as file:
            found = re.search(r'(?m)^PRETTY_NAME="?([^"\n]*)', file.read())
        name = found.group(1) if found else name
    except OSError:
        pass
    libc = " ".join(platform.libc_ver()) or "no glibc"
    wsl = ", WSL" if "microsoft" in platform.release().lower() else ""
    return "{}, {}, {}, {} cores{}".format(name, platform.machine(), libc, os.cpu_count(), wsl)


def _commit():
    commit = _first_line(["git", "-C", ROOT, "log", "-1", "--format=%h of %cs"])
    changed = _first_line(["git", "-C", ROOT, "status", "--porcelain", "--untracked-files=no"])
    return commit + (", with changes" if changed not in ("", "unknown") else "")


def _digest(path):
    """Name a version of the lock."""
    try:
        with open(path, "rb") as file:
            return "lock " + hashlib.sha256(file.read()).hexdigest()[:12]
    except OSError:
        return "no lock"


def _first_line(command):
    try:
        answer = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            universal_newlines=True,
            timeout=10,
        )
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    if answer.returncode != 0:
        return "unknown"
    return answer.stdout.split("\n")[0].strip()
