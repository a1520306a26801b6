"""Becomes another user and then a program: `python unprivileged.py UID GID program arguments ...`.

For PostgreSQL, which refuses to run as root. On Linux the program keeps one right of root's, to
pass by the permissions of files: a checkout below /root, or a temporary directory that root made,
can be entered by root alone, and the program as well as its data may lie in there.

A program of its own, and not something to do between fork and exec: the runner has threads.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

NOBODY = 65_534
PR_SET_PDEATHSIG, PR_GET_PDEATHSIG, PR_SET_KEEPCAPS, PR_SET_SECUREBITS = 1, 2, 8, 28
# With NO_SETUID_FIXUP the right holds for access(2) too, by which initdb looks for its programs.
# https://man7.org/linux/man-pages/man7/capabilities.7.html
SECBIT_NO_SETUID_FIXUP, SECBIT_KEEP_CAPS = 1 << 2, 1 << 4
PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 47, 2
CAP_DAC_OVERRIDE = 1
CAPABILITY_VERSION = 0x20080522


def command(uid: int, gid: int, argv: list[str]) -> list[str]:
    """Return the command that runs `argv` as another user; for root only."""
    # -I and -S: nothing of the environment, no packages, and a start in a hundredth of a second.
    return [sys.executable, "-I", "-S", str(Path(__file__)), str(uid), str(gid), *argv]


def owner(directory: Path) -> tuple[int, int]:
    """Return the user and group to run as, so that `directory` is theirs: never root."""
    import pwd

    place = (directory if directory.exists() else directory.parent).stat()
    with suppress(KeyError):
        # initdb looks the user up: one without a name will not do.
        if place.st_uid and pwd.getpwuid(place.st_uid):
            return place.st_uid, place.st_gid
    with suppress(KeyError):
        nobody = pwd.getpwnam("nobody")
        return nobody.pw_uid, nobody.pw_gid
    return NOBODY, NOBODY


def become(uid: int, gid: int) -> None:
    """Change this process's user; OSError when the system does not let us."""
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
    parent, at_its_end = os.getppid(), ctypes.c_int(0)
    if libc:
        libc.prctl(PR_GET_PDEATHSIG, ctypes.byref(at_its_end))
        libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
        libc.prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP | SECBIT_KEEP_CAPS, 0, 0, 0)
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    if not libc:
        return
    _keep(libc, CAP_DAC_OVERRIDE)
    # The kernel forgot it with the change of user.
    if at_its_end.value:
        libc.prctl(PR_SET_PDEATHSIG, at_its_end.value)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)


def _keep(libc: ctypes.CDLL, capability: int) -> None:
    """Keep one capability, over exec too, and no other.

    Where the system refuses it, the program has to do without: it then says what it cannot open.
    """
    mask = 1 << capability
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0)
    # Twice effective, permitted, inheritable: the low 32 capabilities and the high.
    if libc.capset(header, (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0)) == 0:
        libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0)
    else:
        libc.capset(header, (ctypes.c_uint32 * 6)())


def main() -> None:
    """Become the user, then the program."""
    uid, gid, *argv = sys.argv[1:]
    try:
        become(int(uid), int(gid))
        os.execv(argv[0], argv)
    except OSError as error:
        sys.exit(
            f"{argv[0]} cannot be run as user {uid} ({error.strerror}), and not as root either: "
            "work as an ordinary user, in a checkout of your own."
        )


if __name__ == "__main__":
    main()
