"""Drill 13: two servers of sockets, one of which dies, is restarted, or stands behind a NAT."""

from __future__ import annotations

from collections import Counter
from contextlib import AbstractContextManager

import psutil

from course import deploy
from course.drills import followers
from course.drills.fanout import fanout
from course.drills.followers import FOLLOW, gathered, listening
from course.drills.load import Load, bottleneck
from course.drills.nat import nat
from course.drills.people import Person, register
from course.drills.plan import Stream
from course.drills.questions import asking, end_of
from course.drills.report import Row, counts, seconds
from course.drills.soak import soak
from course.drills.stage import Stage
from course.runner import Running

TITLE = "Step 13: several WebSocket servers"
SECONDS = 6
HALL, NEWS = "million-pollers", "news"
CLIENTS = 1000
ARRIVAL = 8  # seconds over which they connect
POSTS_EVERY = 0.5  # seconds
PATIENCE = 30  # seconds: so long a client may wait for the answer to a post
BACK_WITHIN = 10  # seconds
SERVERS = ("sockets-a", "sockets-b")


def kill(stage: Stage) -> None:
    """1,000 listen at two servers; one of them is killed while questions are posted."""
    server = stage.server(13)
    author = register(server.url, 1)[0]
    stage.quiet()
    with _crowd(stage, server, author) as crowd:
        before = _connections(server)
        with Load(server.url, _news(author)) as load:
            stage.progress.load(load, "before", 2)
            server.kill(SERVERS[0])
            stage.progress.load(load, "they move", BACK_WITHIN)
        heard = followers.settled(stage.progress, crowd, load.of(NEWS), BACK_WITHIN)
        after = _connections(server)
    server.start(SERVERS[0])
    worst = max(heard.delays, default=0)
    stage.add(
        Row(
            f"kill -9 of a server of {_share(before)}",
            f"{len(load.of(NEWS))} posts, heard {heard.told:,} times, the latest after "
            f"{seconds(worst)}; then {_share(after)}",
            f"within {BACK_WITHIN} s",
            missed=worst > BACK_WITHIN,
            lost=heard.lost,
            duplicated=heard.duplicated,
            zero=("failed", "lost", "duplicated"),
            invalid=bottleneck(crowd),
            **counts(load.records),
        )
    )


def restart(stage: Stage) -> None:
    """All hosts are restarted one after the other; clients are moved little by little."""
    server = stage.server(13)
    author = register(server.url, 1)[0]
    stage.quiet()
    with _crowd(stage, server, author) as crowd, Load(server.url, _news(author)) as load:
        deploy.rolling_restart(server, lambda line: stage.progress.say(f"  {line}"))
        load.stop()
        heard = followers.settled(stage.progress, crowd, load.of(NEWS), BACK_WITHIN)
    came = Counter(int(record.due) for record in crowd.of(FOLLOW) if record.status == 101)
    stage.add(
        Row(
            "rolling restart",
            f"{len(load.of(NEWS))} posts, heard {heard.told:,} times; at most "
            f"{max(came.values(), default=0)} clients connect in one second",
            lost=heard.lost,
            duplicated=heard.duplicated,
            zero=("failed", "lost", "duplicated"),
            invalid=bottleneck(crowd),
            **counts(load.records),
        )
    )


SCENES = {"nat": nat, "fanout": fanout, "kill": kill, "restart": restart}
# Only when asked for by name.
LONG = {"soak": soak}


def _crowd(stage: Stage, server: Running, author: Person) -> AbstractContextManager[Load]:
    stream = listening(HALL, CLIENTS, end_of(server.url, HALL), ARRIVAL)
    return gathered(stage.progress, server.url, HALL, author, stream)


def _news(author: Person) -> Stream:
    return asking(HALL, NEWS, tokens=[author.token], rate=1 / POSTS_EVERY, timeout=PATIENCE)


def _connections(server: Running) -> Counter[str]:
    """Return how many connections each server of sockets has."""
    ports = {int(server.variables[deploy.variable(name, "PORT")]): name for name in SERVERS}
    return Counter(
        ports[each.laddr.port]
        for each in psutil.net_connections("tcp")
        if each.status == psutil.CONN_ESTABLISHED and each.laddr.port in ports
    )


def _share(found: Counter[str]) -> str:
    return " + ".join(f"{found[name]:,}" for name in SERVERS)
