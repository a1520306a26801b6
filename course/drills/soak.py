"""What a step keeps of people who come and go: nothing, if all is well."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass, fields

import psutil
import redis

from course.drills import database, followers, machine
from course.drills.followers import Hearing, gathered, listening
from course.drills.load import Load, bottleneck
from course.drills.people import register
from course.drills.questions import asking, end_of
from course.drills.report import Row, counts
from course.drills.stage import Stage
from course.runner import Running

HALL, NEWS = "million-pollers", "news"
ATTENDEES, ARRIVAL = 300, 5
STAYS = 30  # seconds, on average
POSTS_EVERY = 2  # seconds
WARM_UP, MEASURED = 120, 600  # seconds
LOOK_EVERY = 10  # seconds
GROWTH = 0.05
HEARD_WITHIN = 20  # seconds
CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"


@dataclass
class Sample:
    """What the step has at a moment; memory in bytes."""

    memory: int
    files: int
    keys: int
    connections: int


SHOWN: dict[str, Callable[[float], str]] = {
    "memory": lambda value: f"{value / 2**20:,.0f} MiB",
    "files": lambda value: f"{value:,.0f} file descriptors",
    "keys": lambda value: f"{value:,.0f} keys in Valkey",
    "connections": lambda value: f"{value:,.0f} connections to PostgreSQL",
}


def soak(stage: Stage) -> None:
    """300 attendees come, leave, reload and lose the network, for ten minutes."""
    with stage.only(13) as server:
        author = register(server.url, 1)[0]
        stream = listening(HALL, ATTENDEES, end_of(server.url, HALL), ARRIVAL, STAYS)
        with gathered(stage.progress, server.url, HALL, author, stream) as crowd:
            posting = asking(HALL, NEWS, tokens=[author.token], rate=1 / POSTS_EVERY)
            with Load(server.url, posting) as load:
                stage.progress.wait(lambda: False, WARM_UP, f"{ATTENDEES} come and go: warm-up")
                samples = _watch(stage, server)
                load.stop()
            heard = followers.settled(stage.progress, crowd, load.of(NEWS), HEARD_WITHIN)
    for row in rows(samples):
        stage.add(row)
    stage.add(_heard(crowd, load, heard))


def rows(samples: Sequence[Sample]) -> list[Row]:
    """Compare the first third of the time with the last one, by the median of each."""
    third = len(samples) // 3
    first, last = (
        [statistics.median(values) for values in zip(*map(astuple, part), strict=True)]
        for part in (samples[:third], samples[-third:])
    )
    found = []
    for field, before, after in zip(fields(Sample), first, last, strict=True):
        grown = after / before - 1
        show = SHOWN[field.name]
        found.append(
            Row(
                f"{ATTENDEES} come and go, {field.name}",
                f"{show(before)}, then {after / before:.3f} x",
                f"at most {GROWTH:.0%} more",
                missed=not grown <= GROWTH,
            )
        )
    return found


def _watch(stage: Stage, server: Running) -> list[Sample]:
    samples, end = [], time.monotonic() + MEASURED
    while (left := end - time.monotonic()) > 0:
        samples.append(sample(server))
        stage.progress.wait(
            lambda: False,
            min(LOOK_EVERY, left),
            f"{ATTENDEES} come and go: {left:.0f} s to go; "
            + ", ".join(SHOWN[f.name](getattr(samples[-1], f.name)) for f in fields(Sample)),
        )
    return samples


def sample(server: Running) -> Sample:
    """Look at the processes of the Procfile and what they use."""
    memory = files = 0
    for name in server.names:
        with suppress(psutil.NoSuchProcess):
            root = psutil.Process(server.processes[name].pid)
            for process in [root, *root.children(recursive=True)]:
                with suppress(psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
                    memory += machine.memory(process.pid)
                    files += process.num_fds()
    with redis.Redis.from_url(server.variables["REDIS_URL"]) as valkey:
        keys = valkey.dbsize()
    return Sample(memory, files, keys, database.scalar(server, CONNECTIONS))


def _heard(crowd: Load, load: Load, heard: Hearing) -> Row:
    came = sum(record.status == 101 for record in crowd.records)
    posts = load.of(NEWS)
    return Row(
        f"{ATTENDEES} come and go, {len(posts)} posts",
        f"{came:,} connections, heard {heard.told:,} times",
        lost=heard.lost,
        duplicated=heard.duplicated,
        zero=("failed", "lost", "duplicated"),
        invalid=bottleneck(crowd),
        **counts(load.records),
    )
