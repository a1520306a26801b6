"""What has to be there before anything runs: a Python, .venv, the steps, a place for them."""

import glob
import os

from course import bootstrap
from course.doctor.finding import BAD, OK, WARNING, Finding, ask

ROOT = bootstrap.ROOT
# : parts the entries of PATH, and venv refuses it; ? ends the path of a database in its URL; the
# others mean something to nginx.
UNFIT = ':?"$\\\n'


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
        ".venv",
        WARNING,
        what,
        "nothing to do: the next make step-1 sees to it (needs the network, or a class kit)",
    )


def wheels():
    """The packages of a class kit, with which .venv is made without a network."""
    try:
        kit = bootstrap.kit_wheels()
        if kit is None:
            return Finding("wheels", OK, "no class kit here: packages come over the network")
        version, _ = bootstrap.inspect(bootstrap.find_python())
        problem = kit.problem(version)
    except bootstrap.Problem as found:
        problem = str(found)
    if problem:
        # What is installed already goes on working.
        status = WARNING if bootstrap.in_order() else BAD
        return Finding("wheels", status, "the class kit has not what is needed here", problem)
    here = "Python {}.{} on {}".format(version[0], version[1], bootstrap.this_platform())
    return Finding("wheels", OK, "the class kit has all packages for {}".format(here))


def steps():
    """The step.toml files."""
    try:
        answer = ask(bootstrap.find_python(), "course.catalog", ROOT)
    except bootstrap.Problem:
        return Finding("steps", WARNING, "not looked at without a Python", "solve Python first")
    if answer.returncode == 0:
        return Finding("steps", OK, answer.stdout.strip() + ", their step.toml files are readable")
    lines = answer.stderr.strip().splitlines() or ["unreadable"]
    return Finding("steps", BAD, lines[0], "correct the file, or restore it: git checkout steps")


def path():
    """Where the checkout is: a space is no problem, some other characters are."""
    unfit = sorted(set(ROOT) & set(UNFIT))
    if unfit:
        return Finding(
            "path",
            BAD,
            "{!r} has {} in it".format(ROOT, " and ".join(map(repr, unfit))),
            "move the checkout to a place without: mv '{}' ~/flask-at-scale".format(ROOT),
        )
    spaced = ", with a space, which is no problem" if " " in ROOT else ""
    return Finding("path", OK, ROOT + spaced)


def writable():
    """Whether this user may write to the checkout and to what an earlier run has made in it."""
    made = glob.glob(os.path.join(glob.escape(ROOT), ".data", "*"))
    # A step's services have directories of their own, which may belong to somebody else.
    made += glob.glob(os.path.join(glob.escape(ROOT), ".data", "*", "*"))
    for path in [ROOT, bootstrap.VENV, *sorted(made)]:
        if os.path.exists(path) and not os.access(path, os.W_OK):
            if path == ROOT:
                remedy = (
                    "work in a copy of your own: cp -r '{}' ~/flask-at-scale && "
                    "chmod -R u+w ~/flask-at-scale".format(ROOT)
                )
            else:
                remedy = "another user made it: sudo rm -rf '{}'".format(path)
            return Finding("checkout", BAD, "you may not write to {}".format(path), remedy)
    return Finding("checkout", OK, "can be written to")
