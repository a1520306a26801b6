"""The ladder: the largest hall that each step serves."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field

from course import catalog
from course.drills.load import percentile
from course.drills.people import ENVIRONMENT
from course.drills.progress import Progress
from course.drills.report import seconds as in_words
from course.load import locusts
from course.load.compare import Author, fill
from course.load.result import Result
from course.load.scenario import FOLDER
from course.runner import Running, live

REQUEST_P95, FRESH_P95 = 0.3, 3  # seconds
VOTE_EVERY, ASK_EVERY, LINKS = 30, 300, 0.2
QUESTIONS = 50
SECONDS = 8
LEAST = 1  # questions a second, or there would be nothing in a small hall to be fresh
FIRST, CLOSE_ENOUGH, SHORT = 16, 1.25, math.sqrt(2)
TIMES = 2  # that a hall has to be served
WAITS = 11  # the first step whose clients let the server wait for them: that is no slow answer
FILE = FOLDER / "hall.py"
NOT_TIMED = ("first look", "register", "log in", "connect", "lost")


@dataclass
class Trial:
    """One hall, and whether it was served; times in seconds, `cpu` of the generator in cores."""

    size: int
    p95: float
    fresh: float
    failed: int
    sent: int
    cpu: float
    reason: str = ""

    @property
    def served(self) -> bool:
        return not self.reason


@dataclass
class Rung:
    """What was found of a step: it serves `hall` people, every time, and `beyond` not."""

    step: int
    hall: int = 0
    beyond: int = 0
    trials: list[Trial] = field(default_factory=list)

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def judge(size: int, step: int, result: Result) -> Trial:
    """Say whether a hall of that size was served."""
    watched = ("watch",) if step >= WAITS else ()
    times = [
        value
        for name in result.requests
        if name not in (*NOT_TIMED, *watched)
        for value in result.times(name)
    ]
    p95, fresh = percentile(times, 95), percentile(result.fresh, 95)
    trial = Trial(size, p95, fresh, result.failed, result.sent, sum(result.cpu))
    if result.failed:
        trial.reason = f"{result.failed} of {result.sent} requests failed"
    elif not p95 <= REQUEST_P95:
        trial.reason = f"p95 of requests {in_words(p95)}"
    elif not fresh <= FRESH_P95:
        trial.reason = f"p95 of freshness {in_words(fresh)}"
    elif result.invalid:
        trial.reason = result.invalid
    return trial


def search(try_it: Callable[[int], bool], first: int) -> tuple[int, int]:
    """Return the largest size that is served and the smallest that is not, by doubling, bisection.

    Sizes are tried from `first` on; downwards when that one is too large already. Most steps serve
    about as many as the step before: the first try beyond `first` is not as far as the double.
    """
    low, high = 0, 0
    size, times = max(1, first), SHORT
    while not (low and high):
        if try_it(size):
            low, size = size, math.ceil(size * times)
        else:
            high, size = size, math.floor(size / times)
        times = 2
        if not size:
            return 0, high
    while high > low * CLOSE_ENOUGH and high - low > 1:
        middle = round(math.sqrt(low * high))
        if middle in (low, high):
            break
        if try_it(middle):
            low = middle
        else:
            high = middle
    return low, high


def confirm(try_it: Callable[[int], bool], low: int, high: int) -> tuple[int, int]:
    """Return the largest size that is served every time, and the next larger that was not.

    `low` was served once. When it is not again, a smaller one is tried: luck is no capacity.
    """
    served = 1
    while low and served < TIMES:
        if try_it(low):
            served += 1
        else:
            low, high, served = math.floor(low / CLOSE_ENOUGH), low, 0
    return low, high


def climb(number: int, first: int, progress: Progress) -> Rung:
    """Look for the largest hall of a step, beginning with `first` people.

    After a crowd that was too large a step still owes something to those who have left, for a
    while: how it recovers is another question. The next crowd meets a step that was started anew.
    """
    rung = Rung(number)
    step = catalog.find(number)
    with ExitStack() as started:
        server: Running | None = None

        def try_it(size: int) -> bool:
            nonlocal server
            if server is None:
                progress.say(f"starting step {number}: {step.title}")
                server = started.enter_context(
                    live(step, env=ENVIRONMENT, timeout=60, impatient=lambda: True)
                )
                fill(server, QUESTIONS)
            trial = judge(size, number, serve(server, size, progress))
            rung.trials.append(trial)
            progress.say(
                f"  {size:,} people: requests p95 {in_words(trial.p95)}, freshness p95 "
                f"{in_words(trial.fresh)}, generator {trial.cpu:.2f} cores: "
                f"{trial.reason or 'served'}"
            )
            if not trial.served:
                started.close()
                server = None
            return trial.served

        rung.hall, rung.beyond = confirm(try_it, *search(try_it, first))
    return rung


def doings(size: int) -> tuple[str, ...]:
    """Return how often a hall of that size votes and asks, as options of Locust.

    The questions that a small hall would not ask, which are there for something to be fresh, have
    no links: in a small hall they would be one request in twenty, and alone decide about its p95.
    """
    asked = size / ASK_EVERY
    questions = max(LEAST, asked)
    rates = {"votes": size / VOTE_EVERY, "questions": questions, "links": LINKS * asked / questions}
    return tuple(word for name, rate in rates.items() for word in (f"--{name}", f"{rate:.6f}"))


def serve(server: Running, size: int, progress: Progress) -> Result:
    """Fill the hall with so many people for a while and return what they found."""
    with Author(server) as author:
        return locusts.run(
            server.url,
            server.step.number,
            FILE,
            size + 2,
            SECONDS,
            progress,
            f"step {server.step.number}, {size:,} people",
            slow_site=server.slow_site_url,
            options=(*doings(size), *author),
            processes=1 + size // locusts.FEW,
        )
