"""`make board`, `make join`, `make leave`."""

from __future__ import annotations

import contextlib
import os
import secrets

import click

from course import console, ports
from course.board import membership
from course.board.membership import Membership
from course.errors import CourseError
from course.paths import ROOT

# Not 8000, on which the instructor shows the steps meanwhile.
DEFAULT_PORT = "8100"


@click.command("board")
@click.option("--title", envvar="TITLE", default="Class board", help="What its page is called.")
@click.option("--bind", envvar="BIND", default="0.0.0.0", help="Listen on this address only.")
@click.option("--fresh", is_flag=True, envvar="FRESH", help="Delete the board of an earlier class.")
def board(title: str, bind: str, fresh: bool) -> None:
    """Run the class board for the local network on $PORT (8100) until Ctrl-C."""
    # Imported here: an attendee's commands do without the database's client.
    from course.board import host

    port = ports.parse(os.environ.get("PORT") or DEFAULT_PORT)
    host.serve(port, bind, title, console.output(), fresh=fresh)


@click.command("join")
@click.option("--board", envvar="BOARD", default="", help="The address on the whiteboard.")
@click.option("--nickname", envvar="NICKNAME", default="", help="What the board calls you.")
def join(board: str, nickname: str) -> None:
    """Take a nickname on the class board; from now on checks that pass are reported to it."""
    # Imported here, as below: most commands do without it.
    from course.board import client

    if not board or not nickname:
        missing = "BOARD" if not board else "NICKNAME"
        raise CourseError(f"{missing} is missing: {client.EXAMPLE}")
    url = client.address(board)
    if old := membership.read(ROOT):
        if (old.url, old.nickname) == (url, nickname):
            print(f"You are {nickname} on {url} already.")
            return
        raise CourseError(f"You are {old.nickname} on {old.url}: make leave first.")
    member = Membership(url, nickname, secrets.token_urlsafe(24))
    try:
        client.register(url, nickname, member.password)
        # At once, as without its password the nickname would be lost.
        membership.write(ROOT, member)
        membership.write(ROOT, client.log_in(member))
    except client.NotReached as error:
        raise CourseError(f"Board not reached: {error}. Is BOARD right, and the network?") from None
    print(
        f"You are {nickname} on {url}: from now on make check-N reports there when an exercise "
        "passes.\nIt sends that you have passed it, and nothing else of yours. Everybody sees what "
        "is on the board.\nmake leave ends it."
    )


@click.command("leave")
def leave() -> None:
    """Report nothing any more, and forget the nickname's password."""
    from course.board import client

    try:
        member = membership.read(ROOT)
    except CourseError:
        member = None  # unreadable, and about to be deleted
    if not membership.forget(ROOT):
        print("You are on no board.")
        return
    if member:
        # Where it is not reached, the token ends by itself.
        with contextlib.suppress(client.NotReached):
            client.log_out(member)
    print("Nothing is reported any more. Your votes and your nickname stay on the board.")


COMMANDS = (board, join, leave)
