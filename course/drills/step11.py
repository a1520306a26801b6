"""Drill 11: hundreds wait for news, and what that does to everybody else."""

from __future__ import annotations

import time
from collections.abc import Sequence

import httpx

from course.drills import faults, followers, machine, step9
from course.drills.followers import FOLLOW, Hearing, following
from course.drills.load import Load, bottleneck, percentile, problems, share, times
from course.drills.machine import Neighbours
from course.drills.people import Person, client, register
from course.drills.plan import Record, Stream
from course.drills.questions import Feed, asking, path, tally
from course.drills.report import Row, counts, ratio, seconds
from course.drills.stage import Stage
from course.errors import CourseError
from course.ports import HOST
from course.runner import Running

TITLE = "Step 11: coroutines and long polling"
SECONDS = 4
# Who waits does so in the hall. What is measured beside it happens in other talks: in the hall a
# poll would find something new, and a post would wake everybody.
HALL, POLLED, POSTED = "million-pollers", "open-lines", "jobs-not-lost"
POLL, POST, NEWS = "poll", "post", "news"
POLLS, POSTS = 40, 10  # a second
NEWS_EVERY = 2  # seconds
WAITING = 500
ROUNDS = 2
AT_MOST = 2  # times what 95 of 100 answers take while nobody waits
# The same application, served in other ways, and so many who wait there: more than two a thread, as
# these do not come to the processes in equal parts. Threads all of one process: of several it is
# left to chance which takes the next connection.
SYNC = "--worker-class sync"
THREADS = "--workers 1 --worker-class gthread --threads 16"
SERVED = {"4 sync workers": (SYNC, 20), "32 threads": (THREADS, 80), "coroutines": ("", 80)}
FEW = 0.1  # of the polls: with fewer answers a server has stopped answering
SHOWN = 4  # seconds
PATIENCE = 2  # seconds that an ordinary client waits for an answer
ONE_PROCESS = 2000
ARRIVAL = 5  # seconds over which they arrive
QUICK = 1  # seconds
POLLS_IN_ALL = 90  # a second, and as many posts as ever: 100 requests
BEFORE, STILL, AFTER = 2, 6, 7  # seconds of load before, while and after the database stands still
# Who finds no free connection is refused after 3 s, perhaps once more by the other host.
REFUSED_WITHIN = 10  # seconds
GIVE_UP = 20  # seconds
RECOVERY = 5  # seconds


def waiting(stage: Stage) -> None:
    """Polls and posts while nobody waits, while 500 do, and while these hear of news."""
    server = stage.server(11)
    author = register(server.url, 1)[0]
    busy, neighbours = stage.quiet(), Neighbours()
    alone, silent, lively, hearings, crowds = [], [], [], [], []
    for turn in range(1, ROUNDS + 1):
        with neighbours:
            alone.append(_measure(stage, server, author, f"round {turn}, nobody waits"))
        with _crowd(server.url, WAITING) as crowd:
            _gather(stage, crowd, author)
            for found, news in ((silent, False), (lively, True)):
                what = f"round {turn}, {WAITING} {'hear of news' if news else 'wait'}"
                with neighbours:
                    found.append(_measure(stage, server, author, what, news))
            posts = lively[-1].of(NEWS)
            hearings.append(followers.settled(stage.progress, crowd, posts))
        crowds.append(crowd)
    loads = [*alone, *silent, *lively]
    invalid = next(filter(None, map(bottleneck, [*loads, *crowds])), None)
    doubt = busy or neighbours.reason
    for name in (POLL, POST):
        before = _p95(alone, name)
        stage.add(Row(f"{name}s, nobody waits", f"p95 {seconds(before)}"))
        for found, what in ((silent, "wait"), (lively, "hear of news")):
            after = _p95(found, name)
            figure = f"p95 {seconds(after)}, {ratio(after, before):.2f} x"
            # News have no target: each is an answer to all who wait, and another request of theirs.
            # This is what step 12 mends.
            limited = found is silent
            missed = limited and slower(before, after, AT_MOST)
            # What disturbed all in turn takes nothing from a target that was met.
            target = f"{AT_MOST} x or less" if limited else ""
            row = Row(f"{name}s, {WAITING} {what}", figure, target, missed)
            row.invalid = invalid or (doubt if missed else None)
            stage.add(row)
    records = [record for load in loads for record in load.records]
    stage.add(Row("all polls and posts", problems(records), zero=("failed",), **counts(records)))
    posts = [post for load in lively for post in load.of(NEWS)]
    stage.add(_heard(f"{len(posts)} posts, {WAITING} who wait", crowds, hearings))


def memory(stage: Stage) -> None:
    """2,000 wait in one process."""
    server = stage.server(11, WEB_CONCURRENCY="1")
    # Not through the load balancer: it would send half of them to the other host. The step is ready
    # as soon as one host is, which may be the other one.
    url = f"http://{HOST}:{server.variables['HOST_A_PORT']}"
    if not stage.progress.wait(lambda: _ready(url), GIVE_UP, "waiting for host-a"):
        raise CourseError(f"host-a is not ready after {GIVE_UP} s.")
    (worker,) = faults.children(server.processes["host-a"].pid)
    author = register(url, 1)[0]
    _ordinary(url)
    before = machine.memory(worker)
    with _crowd(url, ONE_PROCESS, ARRIVAL) as crowd:
        # Not by the head-count: a busy process does not count everybody.
        _gather(stage, crowd, author, ARRIVAL)
        took = _ordinary(url)
        cost = (machine.memory(worker) - before) / ONE_PROCESS
        posted = followers.call(url, HALL, author)
        heard = followers.settled(stage.progress, crowd, [posted])
    name = f"{ONE_PROCESS:,} wait in one process"
    figure = f"{cost / 1024:,.0f} KiB each, beside {before / 2**20:,.0f} MiB"
    stage.add(Row(name, figure))
    figure = f"worst wait {seconds(took)}"
    stage.add(Row("ordinary requests to it", figure, f"within {QUICK} s", not took <= QUICK))
    stage.add(_heard("a post there", [crowd], [heard]))


def pool(stage: Stage) -> None:
    """The database stands still for everybody, then goes on."""
    server = stage.server(11)
    author = register(server.url, 1)[0]
    stage.quiet()
    polls, posts = _streams(author, POLLS_IN_ALL, POSTS, GIVE_UP)
    for stream in (polls, posts):
        stream.expect.append(503)
    feed = Feed(server.url, POSTED)
    feed.catch_up(stage.progress)
    with _crowd(server.url, WAITING) as crowd:
        _gather(stage, crowd, author)
        with Load(server.url, polls, posts) as load:
            stage.progress.load(load, "before", BEFORE)
            with faults.standing_still(stage, server, "postgres"):
                stage.progress.load(load, "the database stands still", STILL)
            back = time.monotonic()
            stage.progress.load(load, "the database goes on", AFTER)
        heard = followers.settled(stage.progress, crowd, [followers.call(server.url, HALL, author)])
    feed.catch_up(stage.progress)
    stage.add(_still(load, feed, back))
    stage.add(_heard(f"{WAITING} who wait meanwhile", [crowd], [heard]))


def sync(stage: Stage) -> None:
    """The same application, served by processes or threads: who waits occupies one of them."""
    for name, (arguments, users) in SERVED.items():
        settings = {"GUNICORN_CMD_ARGS": arguments} if arguments else {}
        server = stage.server(11, **settings)
        poll = Stream(POLL, path(POLLED), rate=10, timeout=PATIENCE)
        with _crowd(server.url, users) as crowd:
            stage.progress.load(crowd, f"{users} begin to wait", 2 * followers.APART)
            with Load(server.url, poll) as load:
                stage.progress.load(load, name, SHOWN)
        stage.add(_answered(f"{name}, {users} wait", load.records, stops=bool(arguments)))


SCENES = {"waiting": waiting, "memory": memory, "pool": pool, "sync": sync}


def slower(before: float, after: float, at_most: float) -> bool:
    """Whether something takes more than so many times as long; what was not measured does."""
    return not after <= before * at_most


def _answered(what: str, records: Sequence[Record], stops: bool) -> Row:
    """Compare how many polls were answered with what is to be seen: that it stops, or goes on."""
    answered = sum(record.ok for record in records)
    figure = f"{answered} of {len(records)} polls answered within {PATIENCE} s"
    if stops:
        missed = not answered < FEW * len(records)
        return Row(what, figure, f"stops answering: fewer than {FEW:.0%}", missed)
    return Row(what, figure, zero=("failed",), **counts(records))


def _still(load: Load, feed: Feed, back: float) -> Row:
    """Sum up what clients met while the database stood still, and after `back`."""
    wrong = step9.refusals(load.records, (POLL, POST))
    took = step9.recovery(load.records, back)
    refused = [record for record in load.records if record.status == 503]
    worst = max((record.seconds for record in load.records), default=0)
    posts, items = load.of(POST), feed.items.values()
    accepted = tally([post.key for post in posts if post.status == 201], items, links=0)
    # Of a post that was refused there may be a question, but not two.
    others = tally([post.key for post in posts if post.status != 201], items, links=0)
    figure = (
        f"{len(refused)} refused with 503, half of them within "
        f"{seconds(percentile([record.seconds for record in refused], 50))}; "
        f"worst wait {seconds(worst)}; all as before {seconds(took)} after it goes on"
    )
    if wrong:
        figure += f"; {wrong[0]}" + (f" and {len(wrong) - 1} more" if wrong[1:] else "")
    row = Row(
        f"the database stands still for {STILL} s",
        figure,
        f"answers within {REFUSED_WITHIN} s, as before within {RECOVERY} s",
        missed=worst > REFUSED_WITHIN or took > RECOVERY or not refused,
        lost=accepted.lost,
        duplicated=accepted.duplicated + others.duplicated,
        zero=("failed", "lost", "duplicated"),
        invalid=bottleneck(load),
        **counts(load.records),
    )
    row.failed = len(wrong)
    return row


def _heard(what: str, crowds: Sequence[Load], hearings: Sequence[Hearing]) -> Row:
    """Sum up what those who waited have heard of posts, and how fast."""
    records = [record for crowd in crowds for record in crowd.of(FOLLOW)]
    delays = [delay for hearing in hearings for delay in hearing.delays]
    half, most = percentile(delays, 50), percentile(delays, 95)
    # It shares the machine with the step.
    figure = (
        f"the clients themselves used {share(crowds):.0%} of a core; "
        f"heard {sum(hearing.told for hearing in hearings):,} times, "
        f"half within {seconds(half)}, p95 {seconds(most)}"
    )
    if wrong := problems(records):
        figure += f"; {wrong}"
    return Row(
        what,
        figure,
        lost=sum(hearing.lost for hearing in hearings),
        duplicated=sum(hearing.duplicated for hearing in hearings),
        zero=("failed", "lost", "duplicated"),
        **counts(records),
    )


def _crowd(url: str, users: int, every: float = followers.APART) -> Load:
    """Return clients that follow the hall from now on."""
    feed = Feed(url, HALL)
    feed.refresh()
    return Load(url, following(HALL, users, feed.cursor, every))


def _gather(stage: Stage, crowd: Load, author: Person, apart: float = followers.APART) -> None:
    """Wait until all of a crowd are there and wait; CourseError when some never do."""
    heard = followers.settled(
        stage.progress, crowd, [followers.call(crowd.url, HALL, author)], GIVE_UP
    )
    if heard.lost:
        raise CourseError(f"{heard.lost} clients do not wait: {problems(crowd.records)}")
    stage.progress.load(crowd, "they wait again", apart)


def _streams(author: Person, polls: float, posts: float, timeout: float) -> list[Stream]:
    """Return polls that find nothing new, and posts to another talk, at so many a second."""
    options = {"rate": polls, "conditional": True, "expect": [200, 304], "timeout": timeout}
    posted = asking(POSTED, POST, tokens=[author.token], rate=posts, timeout=timeout)
    return [Stream(POLL, path(POLLED), **options), posted]


def _measure(stage: Stage, server: Running, author: Person, what: str, news: bool = False) -> Load:
    """Poll and post for a while; with `news` there are posts in the hall, too."""
    streams = _streams(author, POLLS, POSTS, GIVE_UP)
    if news:
        streams.append(asking(HALL, NEWS, tokens=[author.token], rate=1 / NEWS_EVERY))
    with Load(server.url, *streams) as load:
        stage.progress.load(load, what, stage.seconds)
    shown = [f"{name}s p95 {seconds(_p95([load], name))}" for name in (POLL, POST)]
    stage.progress.say(f"  {what}: {', '.join(shown)}")
    return load


def _p95(loads: Sequence[Load], name: str) -> float:
    """Return what 95 of 100 answers took; of polls, those that found nothing new."""
    records = [record for load in loads for record in load.of(name)]
    return percentile(times(r for r in records if name != POLL or r.status == 304), 95)


def _ready(url: str) -> bool:
    try:
        with client(url, timeout=PATIENCE) as http:
            return http.get("/readyz").status_code == 200
    except httpx.HTTPError:
        return False


def _ordinary(url: str, count: int = 20) -> float:
    """Make ordinary requests, one after the other; return what the slowest took, in seconds."""
    took = []
    with client(url) as http:
        for _ in range(count):
            began = time.monotonic()
            http.get(path(POLLED)).raise_for_status()
            took.append(time.monotonic() - began)
    return max(took)
