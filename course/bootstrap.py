"""From a bare Python to `python -m course`: makes .venv, installs the locked requirements.

    python3 -m course.bootstrap <arguments of python -m course>

Standard library only, and syntax that Python 3.6 still reads: on an old Python it has to say so.
When everything is in place it does nothing but read a stamp and hand over.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
LOCK = os.path.join(ROOT, "requirements.txt")
STAMP = os.path.join(VENV, "course-stamp.json")
LOG = os.path.join(ROOT, ".data", "setup.log")
# The class kit of `make offline` has these; a clone has not.
WHEELS = os.path.join(ROOT, "wheels")
NEWEST = (3, 14)
OLDEST = (3, 11)
# On Apple's own processors gevent has ready-made packages from 3.12 on.
OLDEST_MACOS = (3, 12)
# What the installer itself needs is not in the lock and stays.
KEPT = {"pip", "setuptools", "wheel"}
# What pip says when it could not ask the index.
UNREACHABLE = (
    r"NewConnectionError|Name or service not known|name resolution|ConnectTimeout"
    r"|Network is unreachable|Failed to establish|nodename nor servname"
)
SYSTEMS = {"linux": "linux", "darwin": "macos"}
MACHINES = {"amd64": "x86_64"}


class Problem(Exception):
    """Something the reader can solve; the message is one line."""


def main():
    """Set up what is missing, then become `python -m course`."""
    arguments = sys.argv[1:]
    try:
        if arguments[:1] in ([], ["help"]):
            from course import commands

            commands.main()
            return
        if arguments[:1] == ["doctor"]:
            from course import doctor

            sys.exit(doctor.main())
        if arguments[:1] in (["clean"], ["distclean"]):
            become(find_python(), "course.housekeeping", arguments)
        ensure()
        become(venv_python(), "course", arguments)
    except Problem as problem:
        sys.exit(complain(str(problem)))
    except EnvironmentError as error:
        sys.exit(complain("{0.filename}: {0.strerror}; make doctor says what to do.".format(error)))
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted; the same command carries on.\n")
        sys.exit(130)


def become(python, module, arguments):
    """Replace this process: signals and the exit code then are the module's."""
    sys.stdout.flush()
    os.chdir(ROOT)
    os.execv(python, [python, "-m", module, *arguments])


def complain(message):
    """Print one line and return the exit code for it."""
    sys.stderr.write(message + "\n")
    return 2


def ensure():
    """Make .venv match the lock; fast when it does already. Raises Problem."""
    if in_order():
        return
    if os.path.islink(VENV):
        # It is another checkout's, which may be in use: it would be cleared through the link.
        raise Problem("{0} is a link: remove it, then run make again.".format(VENV))
    python = find_python()
    with alone():
        # Another make may have done it while we waited.
        if in_order():
            return
        check_kit(venv_python() if only_lock_changed() else python)
        if only_lock_changed():
            # Without its stamp an interrupted installation is made anew.
            os.remove(STAMP)
        else:
            make_venv(python)
        install()
        with open(STAMP, "w") as file:
            json.dump(expected_stamp(), file)


def in_order():
    """Whether .venv is what the stamp says it has to be."""
    return read_stamp() is not None and read_stamp() == expected_stamp()


def only_lock_changed():
    """Whether .venv can be kept and needs no more than an installation."""
    stamp, expected = read_stamp(), expected_stamp()
    return bool(stamp and expected) and dict(stamp, lock="") == dict(expected, lock="")


def oldest():
    """Return the oldest Python version that will do on this machine."""
    return OLDEST_MACOS if sys.platform == "darwin" else OLDEST


def find_python():
    """Return a Python that can make .venv: this one if possible, else the newest on the PATH.

    In a class kit only those for which it has the wheels.
    """
    without_venv = misfit = None
    kit = kit_wheels()
    for candidate in candidates():
        version, has_venv = inspect(candidate)
        if version is None or not oldest() <= version <= NEWEST:
            continue
        if kit and not kit.fits(version):
            misfit = misfit or version
            continue
        if has_venv:
            return candidate
        without_venv = without_venv or version
    if without_venv:
        raise Problem(
            "Python {0}.{1} has no venv module. Install it, then run make again "
            "(Debian, Ubuntu: sudo apt install python3-venv)".format(*without_venv)
        )
    if misfit:
        raise Problem(kit.problem(misfit))
    raise Problem(
        "Python {0}.{1} to {2}.{3} is needed, this is {4}.{5} and there is no other on the PATH. "
        "Install one from https://www.python.org/downloads/ and run: make PYTHON=python{2}.{3} "
        "...".format(*(oldest() + NEWEST + sys.version_info[:2]))
    )


def candidates():
    """Yield this Python, then those on the PATH from the newest to the oldest."""
    yield sys.executable
    for minor in range(NEWEST[1], oldest()[1] - 1, -1):
        found = shutil.which("python3.{}".format(minor))
        if found:
            yield found


def inspect(python):
    """Return (version, has venv) of a Python; (None, False) when it does not run."""
    code = (
        "import sys; print(sys.version_info[0], sys.version_info[1])\n"
        "import venv, ensurepip, ssl; print('venv')"
    )
    try:
        answer = subprocess.run(
            [python, "-c", code],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            universal_newlines=True,
            timeout=30,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None, False
    lines = answer.stdout.split("\n")
    match = re.match(r"(\d+) (\d+)$", lines[0])
    if not match:
        # A version manager's placeholder for a Python that is not there.
        return None, False
    return (int(match.group(1)), int(match.group(2))), "venv" in lines


def this_platform():
    """Return the name of this system and processor, such as linux-x86_64."""
    machine = platform.machine().lower()
    machine = MACHINES.get(machine, machine)
    system = SYSTEMS.get(sys.platform, sys.platform)
    # Two names for one processor.
    if system == "linux" and machine == "arm64":
        machine = "aarch64"
    return "{}-{}".format(system, machine)


def kit_wheels():
    """Return the wheels of the class kit that this checkout is; None when it is none.

    Problem when there are wheels of which nothing says for which machines they are.
    """
    if not os.path.isdir(WHEELS):
        return None
    path = os.path.join(WHEELS, "kit.json")
    try:
        with open(path) as file:
            targets = json.load(file)["targets"]
        return KitWheels(
            {p: {v: list(names) for v, names in each.items()} for p, each in targets.items()}
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise Problem(
            "{} cannot be read: unpack the class kit again; or remove {} to set up over the "
            "network.".format(path, WHEELS)
        )


def ordered(versions):
    """Return versions such as "3.9" and "3.12" in their order."""
    return sorted(versions, key=lambda version: [int(part) for part in version.split(".")])


class KitWheels(object):
    """The wheels of a class kit: file names by platform and by Python's version ("3.12")."""

    def __init__(self, targets):
        self.targets = targets

    def names(self, version):
        """Return the files for a Python such as (3, 12) on this platform; [] for none."""
        return self.targets.get(this_platform(), {}).get("{}.{}".format(*version[:2]), [])

    def fits(self, version):
        """Whether the kit is for this platform and a Python such as (3, 12)."""
        return bool(self.names(version))

    def missing(self, version):
        """Return the files for this Python that the kit names and that are not there."""
        return [n for n in self.names(version) if not os.path.isfile(os.path.join(WHEELS, n))]

    def problem(self, version):
        """Say in one line why nothing can be installed for this Python; None when it can."""
        if not self.fits(version):
            here = ordered(self.targets.get(this_platform(), ()))
            use = "run make PYTHON=python{} step-1".format(here[-1]) if here else "take another kit"
            return (
                "This class kit is for {}, this is {} with Python {}.{}: {}; or, with a network, "
                "remove {} and run make again.".format(
                    "; ".join(
                        "{} with Python {}".format(name, ", ".join(ordered(versions)))
                        for name, versions in sorted(self.targets.items())
                    ),
                    this_platform(),
                    version[0],
                    version[1],
                    use,
                    WHEELS,
                )
            )
        missing = self.missing(version)
        if missing:
            others = " and {} more".format(len(missing) - 1) if missing[1:] else ""
            return "The class kit lacks {}{}: unpack its archive again.".format(
                os.path.join("wheels", missing[0]), others
            )
        return None


def check_kit(python):
    """Raise Problem when this is a class kit that lacks wheels for a Python."""
    kit = kit_wheels()
    version, _ = inspect(python) if kit else (None, False)
    problem = kit.problem(version) if version else None
    if problem:
        raise Problem(problem)


def venv_python():
    """Return the path of .venv's Python."""
    return os.path.join(VENV, "bin", "python")


def read_stamp():
    """Return what the last complete set-up was made from, None when there was none."""
    try:
        with open(STAMP) as file:
            return json.load(file)
    except (OSError, ValueError):
        return None


def expected_stamp():
    """Return what the stamp says when .venv is in order; None when its Python is gone.

    The programs in .venv hold its absolute path, and its packages belong to one Python: when
    either changes, .venv has to be made anew. When only the lock changes, an installation will do.
    """
    try:
        python = os.stat(venv_python())
        with open(LOCK, "rb") as file:
            lock = hashlib.sha256(file.read()).hexdigest()
    except OSError:
        return None
    return {
        "lock": lock,
        "venv": VENV,
        "python": os.path.realpath(venv_python()),
        "interpreter": [python.st_size, int(python.st_mtime)],
    }


@contextlib.contextmanager
def alone():
    """Wait until no other make sets up the same checkout."""
    try:
        os.makedirs(os.path.dirname(LOG), exist_ok=True)
        lock = open(os.path.join(os.path.dirname(LOG), "setup.lock"), "w")
    except OSError as error:
        raise Problem(
            "Cannot write to {}: {}. Work in a copy that belongs to you.".format(
                ROOT, error.strerror
            )
        )
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("Another make is setting up .venv; waiting for it ...")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def make_venv(python):
    """Make an empty .venv."""
    say("First use: making .venv with {}".format(python))
    with contextlib.suppress(OSError):
        os.remove(STAMP)
    with open(LOG, "w") as log:
        code = run([python, "-m", "venv", "--clear", VENV], log)
    if code != 0:
        raise Problem(
            "Could not make .venv; the reason is in {} "
            "(Debian, Ubuntu: sudo apt install python3-venv)".format(LOG)
        )


def install():
    """Install exactly what the lock names."""
    wanted = locked_names()
    kit = kit_wheels()
    if kit:
        say("Taking all packages from the wheels of this class kit; no network is needed.")
    shown = Progress(len(wanted))
    command = [venv_python(), "-m", "pip", "--no-input", "install"]
    if kit:
        # Isolated: what the reader's pip is set up to look at beside them may need a network.
        command += ["--isolated", "--no-index", "--find-links", WHEELS]
    command += ["--require-hashes", "--progress-bar", "off", "--disable-pip-version-check"]
    command += ["--no-deps", "-r", LOCK]
    with open(LOG, "a") as log:
        code = run(command, log, shown.line)
    shown.end()
    if code != 0:
        raise Problem(kit_reason() if kit else reason())
    remove_others(wanted)


def locked_names():
    """Return the names of all packages in the lock."""
    with open(LOCK) as file:
        return {
            normal(m.group(1))
            for m in re.finditer(r"(?m)^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==", file.read())
        }


def remove_others(wanted):
    """Remove packages that an earlier lock brought: a check must not pass thanks to them."""
    listing = subprocess.run(
        [venv_python(), "-m", "pip", "list", "--format", "freeze", "--disable-pip-version-check"],
        stdout=subprocess.PIPE,
        universal_newlines=True,
    ).stdout
    there = {normal(line.split("==")[0]) for line in listing.split()}
    others = sorted(there - wanted - KEPT)
    if others:
        with open(LOG, "a") as log:
            run([venv_python(), "-m", "pip", "uninstall", "--yes", *others], log)


def normal(name):
    """Return a package name in its normal form."""
    return re.sub(r"[-_.]+", "-", name).lower()


def run(command, log, on_line=None):
    """Run a command, its output to the open file `log`; return its exit code."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        errors="replace",
        cwd=ROOT,
    )
    try:
        for line in process.stdout:
            log.write(line)
            if on_line:
                on_line(line)
        return process.wait()
    except BaseException:
        # Ctrl-C reached the child as well; a signal to us alone did not.
        process.send_signal(signal.SIGTERM)
        process.wait()
        raise


def reason():
    """Say in one line why the installation failed."""
    with open(LOG) as file:
        text = file.read()
    if re.search(UNREACHABLE, text):
        return (
            "Could not reach the Python package index: connect to the network (or set pip's proxy) "
            "and run make again. Details: {}".format(LOG)
        )
    if "No space left on device" in text:
        return "The disk is full: free about 1 GB and run make again. Details: {}".format(LOG)
    found = re.findall(r"(?m)^ERROR: (.*)$", text)
    why = found[-1].strip() if found else "pip failed"
    return "Could not install the requirements: {} Details: {}".format(why, LOG)


def kit_reason():
    """Say in one line why the installation from the class kit failed."""
    with open(LOG) as file:
        text = file.read()
    damaged = re.search(r"(?m)^ *([A-Za-z0-9._-]+)==\S+ from file:", text)
    if "DO NOT MATCH THE HASHES" in text and damaged:
        return (
            "The class kit's wheel of {} is damaged: unpack its archive again. Details: {}".format(
                damaged.group(1), LOG
            )
        )
    unknown = re.search(r"No matching distribution found for (\S+)", text)
    if unknown:
        return (
            "The class kit has no {}: is requirements.txt as it came (git checkout "
            "requirements.txt)? With a network, remove {} and run make again. "
            "Details: {}".format(unknown.group(1), WHEELS, LOG)
        )
    return reason()


def say(text):
    """Print a line at once."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


class Progress(object):
    """Shows how far pip is: one line that changes on a terminal, two lines elsewhere."""

    def __init__(self, total):
        self.total = total
        self.count = 0
        self.live = sys.stderr.isatty()
        if not self.live:
            say("Installing {} packages into .venv (once; log: {})".format(total, LOG))

    def line(self, line):
        """Take one line of pip's output."""
        if line.startswith(("Collecting ", "Requirement already satisfied")):
            self.count += 1
            self.show("fetching {} of {} packages".format(self.count, self.total))
        elif line.startswith("Installing collected"):
            self.show("unpacking {} packages".format(self.total))

    def show(self, text):
        """Show where we are, on a terminal."""
        if self.live:
            sys.stderr.write("\r\033[KInstalling into .venv (once): {}".format(text))
            sys.stderr.flush()

    def end(self):
        """Leave the line."""
        if self.live:
            sys.stderr.write("\r\033[K")
        sys.stderr.flush()


if __name__ == "__main__":
    sys.path[0:1] = [ROOT]
    main()
