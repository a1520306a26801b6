"""Runs a program where there is no network: `python nonet.py program arguments ...`.

`command` puts it into a network namespace of its own, which has a loopback interface and nothing
else. Root may make one; everybody else needs a user namespace for it, in which they stay who they
are. Then this file, as a program, switches the loopback interface on and becomes the program.
"""

import ctypes
import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys

SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
AS_OURSELVES = ("--user", "--map-current-user", "--keep-caps")


def command(argv: list[str]) -> list[str]:
    """Return the command that runs `argv` without a network."""
    how = () if os.geteuid() == 0 else AS_OURSELVES
    return ["unshare", *how, "--net", sys.executable, __file__, *argv]


def reason_against() -> str | None:
    """Say why this machine does not let us, None when it does."""
    if sys.platform != "linux":
        return "only Linux has network namespaces: try a kit with the network switched off"
    if not shutil.which("unshare"):
        return "there is no program unshare (package util-linux)"
    done = subprocess.run(command(["true"]), capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        return f"this system does not let us make a network namespace: {said}"
    return None


def loopback_up() -> None:
    """Switch the loopback interface on, without which nothing can be reached at all."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh14x", b"lo", 0)
        answer = fcntl.ioctl(any_socket, SIOCGIFFLAGS, request)
        flags = struct.unpack("16sh14x", answer)[1] | IFF_UP
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags))


def main() -> None:
    """Become the program."""
    loopback_up()
    if os.geteuid() != 0:
        # What it took to do that is not for the program.
        ctypes.CDLL(None).prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    os.execvp(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    main()
