"""The step that the contract and browser tests speak to: started here, or running already.

    python -m pytest tests/contract --step 3
    python -m pytest tests/contract --step 3 --url http://127.0.0.1:8000 \\
        --slow-site-url http://127.0.0.1:8001
"""

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import pytest

from course import catalog
from course.runner import Running, live

# Registration must not dominate the time of the tests: this costs 2 ms instead of 200.
CHEAP = {"PASSWORD_HASH": "scrypt:1024:8:1"}


@dataclass(frozen=True)
class Server:
    """A step that answers.

    `log` returns what the processes of its Procfile printed, `running` lets tests kill and restart
    them; both are None for a step that we have not started.
    """

    step: int
    url: str
    slow_site_url: str
    log: Callable[[], str] | None = None
    running: Running | None = None


def add_options(parser: pytest.Parser) -> None:
    """Add --step, --code, --url and --slow-site-url, unless the other suite has done so."""
    # Both suites may be named on one command line.
    with contextlib.suppress(ValueError):
        group = parser.getgroup("live step")
        group.addoption("--step", type=int, help="the number of the step to test")
        group.addoption("--code", type=Path, help="another directory of its code than steps/")
        group.addoption("--url", help="test the step that answers here instead of starting it")
        group.addoption("--slow-site-url", help="the slow site of the step at --url")


def environment(settings: dict[str, str]) -> dict[str, str]:
    """Return settings as environment variables, with and without the prefix of later steps."""
    settings = CHEAP | settings
    return settings | {f"PODIUM_{name}": value for name, value in settings.items()}


def step_number(config: pytest.Config) -> int:
    """Return --step; UsageError without it."""
    number = config.getoption("step", None)
    if number is None:
        raise pytest.UsageError("Which step? Add for example --step 3.")
    return number


class Servers:
    """Starts the step as often as it is asked to, each time with data of its own.

    With --url there is one server only, which it returns every time. To be used with `with`.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.step = catalog.find(step_number(config))
        if code := config.getoption("code"):
            self.step = replace(self.step, path=code)
        self.given = None
        self._running: list[contextlib.ExitStack] = []
        # Two that look for free ports at the same time may find the same.
        self._starting = threading.Lock()
        if url := config.getoption("url"):
            slow_site_url = config.getoption("slow_site_url")
            if not slow_site_url:
                raise pytest.UsageError("--url needs --slow-site-url too.")
            self.given = Server(self.step.number, url.rstrip("/"), slow_site_url.rstrip("/"))

    def another(self, **settings: str) -> Server:
        """Start one more, from any thread; `settings` are names and values of its environment."""
        if self.given:
            return self.given
        with self._starting:
            stack = contextlib.ExitStack()
            running = stack.enter_context(live(self.step, env=environment(settings)))
            self._running.append(stack)

        def log() -> str:
            return "\n".join(map(running.log, running.names))

        return Server(self.step.number, running.url, running.slow_site_url, log, running)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # Each waits a while for its processes to end: all of them at the same time.
        with ThreadPoolExecutor() as pool:
            list(pool.map(contextlib.ExitStack.close, self._running))
