"""What `make check-N` does for the board: it reports a pass, and never fails or waits for it."""

from __future__ import annotations

import queue
import threading
from pathlib import Path

from rich.console import Console
from rich.text import Text

from course.board import client, membership
from course.board.membership import Membership
from course.errors import CourseError

LIMIT = 2.0  # seconds that a check may take longer for the board


def checked(root: Path, number: int, passed: bool, out: Console, limit: float = LIMIT) -> None:
    """Report that an exercise passed, and what earlier checks could not; nothing if not joined.

    A check that did not pass is not reported. What goes wrong is one line.
    """
    try:
        member = membership.read(root)
    except CourseError as error:
        _say(out, f"Nothing was reported to the board: {error}")
        return
    if member is None:
        return
    try:
        if passed:
            member = member.with_passed(number)
            # Before it is sent: whatever happens to us then, the next check sends it.
            membership.write(root, member)
        if member.unsent:
            sent = _within(limit, member)
            membership.write(root, sent)
            numbers = ", ".join(map(str, member.unsent))
            _say(out, f"On the class board as {member.nickname}: exercise {numbers}.")
    except client.NotReached as error:
        _say(out, f"Board not reached: {error}. What passed is sent with the next check.")
    except OSError as error:
        _say(out, f"Board not reached: {error.filename}: {error.strerror}.")


def _within(limit: float, member: Membership) -> Membership:
    """Send what is unsent; NotReached when it fails, or takes longer than `limit` seconds.

    In a thread, because no timeout of a socket bounds an answer that comes byte by byte.
    """
    answers: queue.SimpleQueue[Membership | Exception] = queue.SimpleQueue()

    def send() -> None:
        try:
            answers.put(client.send(member))
        # Whatever a server that we do not know may answer: the check must not end with it.
        except Exception as error:
            answers.put(error)

    threading.Thread(target=send, daemon=True).start()
    try:
        answer = answers.get(timeout=limit)
    except queue.Empty:
        raise client.NotReached(f"no answer from {member.url}") from None
    if isinstance(answer, client.NotReached):
        raise answer
    if isinstance(answer, Exception):
        raise client.NotReached(f"{member.url} does not answer as a class board does")
    return answer


def _say(out: Console, text: str) -> None:
    out.print(Text(text, style="dim"), soft_wrap=True)
