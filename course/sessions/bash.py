"""One bash that runs commands one by one and tells what each printed, and how it ended.

It prints to a terminal, as the reader's does: curl for one shows its progress where it does not.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import secrets
import selectors
import shlex
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from course.processes import ESCAPE_SEQUENCE, POLL, signal_group

LINES, COLUMNS = 24, 80


@dataclass(frozen=True)
class Printed:
    """What a command printed on both its outputs, in order, and its exit status.

    `status` is None when it has not ended in time, or has ended the shell: `problem` says so.
    """

    text: str
    status: int | None
    problem: str = ""


class Bash:
    """A shell as a reader has it open: variables, functions and the directory last."""

    def __init__(self, cwd: Path, env: dict[str, str]) -> None:
        self._terminal, theirs = _open_terminal()
        self._process = subprocess.Popen(
            ["bash", "--norc", "--noprofile"],
            cwd=cwd,
            env=env,
            stdin=subprocess.PIPE,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self._status = 0
        self.alive = True

    @property
    def pid(self) -> int:
        """The process id, which is also that of the group of all that it runs."""
        return self._process.pid

    def run(
        self, command: str, seconds: float, meanwhile: Callable[[], None] = lambda: None
    ) -> Printed:
        """Run a command; after `seconds` it is killed, and the shell with it.

        `meanwhile` is called again and again until the command has ended.
        """
        # Nothing that a command prints can pass for its end.
        mark = secrets.token_hex(16)
        self._tell(
            # $? is that of the command before, as it is at a prompt; none may read our commands.
            f"(exit {self._status}); eval {shlex.quote(command)} </dev/null\n"
            f"printf '\\n{mark} %d\\n' $?\n"
        )
        end = f"\n{mark} ".encode()
        output, deadline = b"", time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self._terminal, selectors.EVENT_READ)
            while True:
                meanwhile()
                if selector.select(POLL):
                    data = self._read()
                    if not data:
                        self.close()
                        return Printed(_text(output), None, "it ended the shell")
                    output += data
                printed, found, rest = output.partition(end)
                if found and rest.endswith(b"\n"):
                    self._status = int(rest)
                    return Printed(_text(printed), self._status)
                if time.monotonic() > deadline:
                    self.close()
                    return Printed(_text(output), None, f"it did not end within {seconds:g} s")

    def close(self) -> None:
        """End the shell and all that it runs."""
        if not self.alive:
            return
        self.alive = False
        signal_group(self.pid, signal.SIGKILL)
        self._process.wait()
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        os.close(self._terminal)

    def _tell(self, text: str) -> None:
        # A shell that has just ended is noticed when its output is read.
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(text.encode())
            self._process.stdin.flush()

    def _read(self) -> bytes:
        try:
            return os.read(self._terminal, 65_536)
        except OSError:
            # Linux says so when nobody has the other end any more.
            return b""


def _open_terminal() -> tuple[int, int]:
    """Return both ends of a terminal that passes on what is written to it as it is."""
    ours, theirs = pty.openpty()
    settings = termios.tcgetattr(theirs)
    settings[1] &= ~termios.OPOST
    termios.tcsetattr(theirs, termios.TCSANOW, settings)
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    return ours, theirs


def _text(output: bytes) -> str:
    """Return what stands on the screen in the end, without colours."""
    text = ESCAPE_SEQUENCE.sub("", output.decode("utf-8", "replace")).replace("\r\n", "\n")
    return re.sub(r"[^\n]*\r(?=[^\n])", "", text).replace("\r", "")
