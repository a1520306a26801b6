"""The pages in a real browser.

    python -m pytest tests/browser --step 3

Needs Chromium: from the PATH, from where macOS has it, or from the variable CHROMIUM. Without one
the tests are skipped. Screenshots go to .data/screenshots/step-N/.
"""

import pytest
from chromium import chromium_or_skip
from visitor import SOON, Visitor

from course.paths import ROOT
from tests import live_step, promises
from tests.podium_api import SEED_PASSWORD, Podium


def pytest_addoption(parser):
    live_step.add_options(parser)
    parser.addoption("--core", action="store_true", help="only what is marked core or new here")


def pytest_configure(config):
    promises.add_markers(config)
    config.addinivalue_line("markers", "looks: how the pages look, which the steps share")
    config.addinivalue_line("markers", "core: for each step, even in the shortest run")


def pytest_collection_modifyitems(config, items):
    promises.keep_promised(config, items, folder="browser")
    if config.getoption("--core"):
        step = live_step.step_number(config)
        items[:] = [
            item
            for item in items
            if item.get_closest_marker("core") or promises.first_step(item) == step
        ]


@pytest.fixture(scope="session")
def step(request):
    return live_step.step_number(request.config)


@pytest.fixture(scope="session")
def chromium():
    """The browser itself, shared by all tests."""
    with chromium_or_skip() as browser:
        yield browser


@pytest.fixture(scope="session")
def podium(request, chromium):
    """The running step; started after the browser, so that nothing starts without one."""
    with live_step.Servers(request.config) as servers:
        podium = Podium(servers.another())
        yield podium
        podium.http.close()
        if podium.server.log:
            assert "Traceback (most recent call last)" not in podium.server.log()


@pytest.fixture
def visitor(chromium, podium, step):
    """Opens a browser of its own for somebody: `visitor()`, with options for its context.

    At the end no page may have complained in its console, unless the test expected it.
    """
    visitors = []

    def arrive(**options):
        options = {"viewport": {"width": 1280, "height": 900}} | options
        context = chromium.new_context(base_url=podium.url, **options)
        context.set_default_timeout(SOON)
        visitors.append(Visitor(context, podium, step))
        return visitors[-1]

    yield arrive
    complaints = [each for visitor in visitors for each in visitor.complaints]
    for visitor in visitors:
        visitor.context.close()
    assert complaints == []


@pytest.fixture(scope="session")
def ada(podium):
    return podium.register()


@pytest.fixture(scope="session")
def ben(podium):
    return podium.register()


@pytest.fixture(scope="session")
def organiser(podium):
    return podium.log_in(podium.talks[0]["organiser"], SEED_PASSWORD)


@pytest.fixture(scope="session")
def pictures(step):
    """The directory for screenshots."""
    directory = ROOT / ".data" / "screenshots" / f"step-{step}"
    directory.mkdir(parents=True, exist_ok=True)
    return directory
