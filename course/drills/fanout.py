"""How many people a step's servers of sockets can tell something in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from course.deploy import variable
from course.drills.crowd import Crowd
from course.drills.load import BUSY, Load, percentile
from course.drills.machine import Neighbours
from course.drills.people import Person, register
from course.drills.questions import asking, end_of
from course.drills.report import Row, below, ratio, seconds
from course.drills.stage import Stage
from course.ports import HOST
from course.runner import Running

HALL, NEWS = "million-pollers", "news"
SERVERS = {12: "one server", 13: "two servers"}
STEPS = tuple(SERVERS)
POSTS = 4  # a second
FIRST, GROWTH, LAST = 1000, 1.25, 12_000  # listeners
IN_TIME = 0.5  # seconds from the answer to a post until 95 of 100 have it
HEARD_WITHIN = 10  # seconds, by those who hear it last
COME_WITHIN = 120  # seconds
BETTER = 1.6  # times
# gunicorn's limit of connections, far above what can be told in time.
SETTINGS = {"GUNICORN_CMD_ARGS": f"--worker-connections {LAST}"}


@dataclass
class Trial:
    """What a hall of `size` has heard: until when 95 of 100 had it, in seconds, and how often."""

    size: int
    p95: float
    told: int
    lost: int
    twice: int
    busy: float
    posts: Load

    @property
    def in_time(self) -> bool:
        return self.p95 <= IN_TIME and not self.lost


def fanout(stage: Stage) -> None:
    """A growing hall is told of questions by one server of sockets, then by two."""
    found = {}
    for number in STEPS:
        with stage.only(number, **SETTINGS) as server:
            neighbours = Neighbours()
            with neighbours:
                trials = _grow(stage, server)
        found[number] = rate(trials)
        stage.add(row(number, found, trials, neighbours.reason))


def row(number: int, found: dict[int, float], trials: Sequence[Trial], busy: str | None) -> Row:
    """Compare what a step delivers with what the first one does."""
    more = ratio(found[number], found[STEPS[0]])
    last = number == STEPS[-1]
    missed = last and below(more, BETTER)
    records = [record for trial in trials for record in trial.posts.records]
    reasons = [busy if missed else None]
    if (share := max(trial.busy for trial in trials)) > BUSY:
        reasons.append(f"the load generator was the bottleneck: it used {share:.0%} of a core")
    if trials[-1].in_time:
        reasons.append(f"even {trials[-1].size:,} were told in time")
    return Row(
        f"{POSTS} questions a second, {SERVERS[number]}",
        f"{found[number]:,.0f} messages/s at p95 {seconds(IN_TIME)}, a hall of "
        f"{found[number] / POSTS:,.0f}, {more:.2f} x",
        f"{BETTER} x" if last else "",
        missed=missed,
        sent=len(records),
        failed=sum(not record.ok for record in records),
        duplicated=sum(trial.twice for trial in trials),
        zero=("failed", "duplicated"),
        invalid=next(filter(None, reasons), None),
    )


def rate(trials: Sequence[Trial]) -> float:
    """Return the messages a second at which p95 reaches IN_TIME, between the last two trials."""
    last = trials[-1]
    if last.in_time or len(trials) == 1:
        return last.size * POSTS if last.in_time else 0.0
    before = trials[-2]
    share = min(1.0, (IN_TIME - before.p95) / (last.p95 - before.p95)) if not last.lost else 0.0
    return (before.size + share * (last.size - before.size)) * POSTS


def _grow(stage: Stage, server: Running) -> list[Trial]:
    """Measure ever larger halls until one is not told in time."""
    author, trials, size = register(server.url, 1)[0], [], FIRST
    with Crowd(addresses(server), HALL, end_of(server.url, HALL)) as crowd:
        while size <= LAST:
            crowd.grow(stage.progress, size, COME_WITHIN)
            trials.append(_tell(stage, server, crowd, author))
            if not trials[-1].in_time:
                break
            size = round(size * GROWTH)
    return trials


def addresses(server: Running) -> list[str]:
    """Return where the servers of sockets are: what is before them is the same for any number."""
    names = [name for name in server.names if name.startswith("sockets")]
    return [f"http://{HOST}:{server.variables[variable(name, 'PORT')]}" for name in names]


def _tell(stage: Stage, server: Running, crowd: Crowd, author: Person) -> Trial:
    """Post questions for a while and see when they are heard."""
    twice = crowd.twice
    stream = asking(HALL, NEWS, tokens=[author.token], rate=POSTS)
    with Load(server.url, stream) as posts:
        stage.progress.load(posts, f"{crowd.size:,} listen", stage.seconds)
        posts.stop()
    accepted = {post.key: post.end for post in posts.of(NEWS) if post.ok}
    due = len(accepted) * crowd.size

    def all_heard() -> bool:
        crowd.listen(stage.progress)
        return sum(len(crowd.times.get(key, [])) for key in accepted) >= due

    stage.progress.wait(all_heard, HEARD_WITHIN, f"{crowd.size:,} listen: the last of them")
    # Some hear of a post before its author has the answer.
    times = [max(0.0, at - end) for key, end in accepted.items() for at in crowd.times.get(key, [])]
    busy = crowd.effort.cpu / crowd.effort.wall
    trial = Trial(
        crowd.size,
        percentile(times, 95),
        len(times),
        due - len(times),
        crowd.twice - twice,
        busy,
        posts,
    )
    stage.progress.say(
        f"  {trial.size:,} listen: p95 {seconds(trial.p95)}, {trial.lost:,} of {due:,} not told; "
        f"the listeners used {busy:.0%} of a core"
    )
    crowd.times.clear()
    return trial
