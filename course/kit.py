"""What a class kit is made for: wheels/ beside the Makefile holds the packages of .venv.

Standard library only, and syntax that Python 3.6 still reads, as bootstrap.py. It knows a wheel by
the tags in its name: https://packaging.python.org/en/latest/specifications/binary-distribution-format/
"""

import collections
import json
import os
import re
import subprocess

from course import bootstrap

WHEELS = os.path.join(bootstrap.ROOT, "wheels")
OLD_MANYLINUX = {"manylinux1": (2, 5), "manylinux2010": (2, 12), "manylinux2014": (2, 17)}
ASK = """
import json, platform, sys, sysconfig
print(json.dumps([
    list(sys.version_info[:3]), sys.platform, sysconfig.get_platform(),
    platform.libc_ver()[1] if sys.platform == "linux" else platform.mac_ver()[0],
]))
"""

# `version` of Python, (3, 12, 1); `platform` as in linux-x86_64 or macosx-11.0-arm64; `system` is
# sys.platform; `base` the version of glibc or of macOS, (2, 36).
Machine = collections.namedtuple("Machine", "version system platform base")


def machine(python):
    """Return what a Python says of itself and of what it runs on; OSError where it does not run."""
    answer = subprocess.run(
        [python, "-c", ASK], stdout=subprocess.PIPE, universal_newlines=True, timeout=30
    )
    version, system, platform, base = json.loads(answer.stdout)
    return Machine(tuple(version), system, platform, _numbers(base))


def wheels(directory=None):
    """Return the names of the wheels in a directory (default: of the kit); None without one."""
    try:
        return sorted(n for n in os.listdir(directory or WHEELS) if n.endswith(".whl"))
    except OSError:
        return None


def missing(there, machine, lock=None):
    """Return what the lock (default: the one of .venv) names and no wheel of `there` provides."""
    fitting = {_release(name) for name in there if fits(name, machine)}
    if lock is None:
        with open(bootstrap.LOCK) as file:
            lock = file.read()
    wanted = re.findall(r"(?m)^([\w.-]+)(?:\[[^]]*\])?==([^\s;]+)(?: ; (.*?))?(?: \\)?$", lock)
    return [
        "{} {}".format(name, version)
        for name, version, marker in wanted
        if (bootstrap.normal(name), version) not in fitting and applies(marker, machine)
    ]


def made_for(there):
    """Say for which Pythons and systems the wheels are that are not for all."""
    pythons, systems = set(), set()
    for name in there:
        python, abi, platform = _tags(name)
        if abi.startswith("cp"):
            pythons |= {"3." + minor for minor in re.findall(r"cp3(\d+)", python)}
        systems |= set(re.findall(r"(linux|macosx|win)\w*?_(x86_64|aarch64|arm64|amd64)", platform))
    ordered = sorted(pythons, key=lambda version: int(version.split(".")[1]))
    return "Python {} on {}".format(
        " and ".join(ordered) or "3",
        " and ".join(sorted("-".join(system) for system in systems)) or "any system",
    )


def fits(name, machine):
    """Whether the wheel of this file name can be installed by such a Python."""
    python, abi, platform = _tags(name)
    return any(
        _fits_python(p, a, machine.version) and _fits_platform(where, machine)
        for p in python.split(".")
        for a in abi.split(".")
        for where in platform.split(".")
    )


def applies(marker, machine):
    """Whether a marker of the lock, as in python_full_version < '3.12', holds for such a Python."""
    if not marker:
        return True
    values = {
        "python_full_version": ".".join(map(str, machine.version)),
        "python_version": ".".join(map(str, machine.version[:2])),
        "sys_platform": machine.system,
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }

    def compared(match):
        name, operator, value = match.groups()
        return str(_compare(values[name], operator, value, "version" in name))

    said = re.sub(r"(\w+) (<=|>=|==|!=|<|>) '([^']*)'", compared, marker)
    if not re.match(r"(?:True|False|and|or|[() ])+$", said):
        raise ValueError("cannot read the marker {!r}".format(marker))
    return bool(eval(said))


def _compare(ours, operator, value, versions):
    if value.endswith(".*"):
        same = (ours + ".").startswith(value[:-1])
        return same if operator == "==" else not same
    if versions:
        ours, value = _numbers(ours), _numbers(value)
        width = max(len(ours), len(value))
        ours, value = (v + (0,) * (width - len(v)) for v in (ours, value))
    return {
        "<": ours < value,
        "<=": ours <= value,
        "==": ours == value,
        "!=": ours != value,
        ">=": ours >= value,
        ">": ours > value,
    }[operator]


def _fits_python(python, abi, version):
    kind, minor = python[:3], int(python[3:] or 0) if python[3:].isdigit() or not python[3:] else -1
    if minor < 0 or minor > version[1]:
        return False
    if kind == "py3":
        return abi == "none"
    if kind == "cp3":
        exact = minor == version[1]
        return abi == "abi3" or (exact and abi in ("none", python))
    return False


def _fits_platform(platform, machine):
    if platform == "any":
        return True
    processor = machine.platform.rpartition("-")[2]
    if machine.system == "darwin":
        found = re.match(r"macosx_(\d+)_(\d+)_(\w+)$", platform)
        return bool(
            found
            and found.group(3) in (processor, "universal2")
            and (int(found.group(1)), int(found.group(2))) <= machine.base
        )
    found = re.match(r"(manylinux\d*)(?:_(\d+)_(\d+))?_(\w+)$", platform)
    if not found:
        return platform == "linux_" + processor
    kind, major, minor, built = found.groups()
    needs = (int(major), int(minor)) if major else OLD_MANYLINUX.get(kind)
    return built == processor and needs is not None and needs <= machine.base


def _tags(name):
    return name[: -len(".whl")].split("-")[-3:]


def _release(name):
    package, version = name.split("-")[:2]
    return bootstrap.normal(package), version


def _numbers(version):
    return tuple(map(int, re.findall(r"\d+", version)))
