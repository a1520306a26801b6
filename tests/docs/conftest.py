"""The console sessions of the docs, each run against the live step that it names.

    python -m pytest tests/docs
    python -m pytest tests/docs --page docs/steps/04-decorators.md

Each page is a test that nothing on it is overlooked, and each session on it is a test.
"""

from pathlib import Path

import pytest

from course.paths import ROOT
from course.sessions import pages, run
from course.sessions.pages import Page, Session

DOCS = ROOT / "docs"


def pytest_addoption(parser):
    parser.addoption(
        "--page", type=Path, action="append", default=[], help="a page to try (default: all)"
    )
    parser.addoption(
        "--seconds", type=float, default=run.SECONDS, help="what a command may take (60)"
    )


def shown(path: Path) -> str:
    """Return how a page is named: from the checkout on."""
    path = path.resolve()
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)


def pytest_generate_tests(metafunc):
    found = metafunc.config.stash.get(PAGES, None)
    if found is None:
        paths = metafunc.config.getoption("page") or pages.find(DOCS)
        found = metafunc.config.stash[PAGES] = [pages.read(path) for path in paths]
    if "session" in metafunc.fixturenames:
        cases = [(page, session) for page in found for session in page.sessions]
        ids = [f"{shown(page.path)}:{session.line}" for page, session in cases]
        metafunc.parametrize(("page", "session"), cases, ids=ids)
    elif "page" in metafunc.fixturenames:
        metafunc.parametrize("page", found, ids=[shown(page.path) for page in found])


PAGES = pytest.StashKey[list[Page]]()


class Stage:
    """Runs all sessions of a page and step when the first of them is asked for."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._played = {}

    def played(self, page: Page, session: Session) -> run.Played:
        key = page.path, session.step
        if key not in self._played:
            try:
                self._played[key] = run.play(
                    session.step, page.of(session.step), seconds=self._seconds
                )
            except Exception as error:
                # The other sessions have not run either, and say why.
                self._played[key] = error
        if isinstance(self._played[key], Exception):
            pytest.fail(str(self._played[key]), pytrace=False)
        return self._played[key]


@pytest.fixture(scope="session")
def stage(request):
    return Stage(request.config.getoption("seconds"))
