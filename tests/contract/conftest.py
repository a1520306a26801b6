"""The contract: what every step promises over HTTP, from which step on.

    python -m pytest tests/contract --step 3
    python -m pytest tests/contract --promises

`@pytest.mark.since(4)` promises something from step 4 on, `until(5)` up to step 5. What a step does
not promise is not run for it.
"""

from concurrent.futures import ThreadPoolExecutor

import fuzz
import links
import pytest
from crowd import watch
from guards import Decoy, traceback_in

from tests import live_step, promises
from tests.podium_api import SEED_PASSWORD, Podium


def pytest_addoption(parser):
    live_step.add_options(parser)
    parser.addoption("--promises", action="store_true", help="list the promises and run nothing")


def pytest_configure(config):
    promises.add_markers(config)


def pytest_collection_modifyitems(config, items):
    if not config.getoption("promises", False):
        promises.keep_promised(config, items, folder="contract")


def pytest_report_collectionfinish(config, items):
    if config.getoption("promises", False):
        return promises.table(items)
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session):
    return True if session.config.getoption("promises", False) else None


@pytest.fixture(scope="session")
def servers(request):
    with live_step.Servers(request.config) as servers:
        yield servers


@pytest.fixture(scope="session")
def podium(servers):
    """The running step. Its log is read at the end: no request may have met a traceback."""
    podium = Podium(servers.another())
    yield podium
    podium.http.close()
    if podium.server.log:
        found = traceback_in(podium.server.log())
        assert not found, f"the step logged a traceback:\n{found}"


@pytest.fixture(scope="session")
def background():
    """Does what mostly waits while other tests run."""
    with ThreadPoolExecutor(40) as pool:
        yield pool


@pytest.fixture(scope="session")
def alice(podium):
    return podium.register()


@pytest.fixture(scope="session")
def bob(podium):
    return podium.register()


@pytest.fixture(scope="session")
def organiser(podium):
    return podium.log_in(podium.talks[0]["organiser"], SEED_PASSWORD)


@pytest.fixture
def question(podium):
    """A question of somebody who is neither alice nor bob, nor the organiser."""
    return podium.ask("What does the fixture want to know?")


@pytest.fixture(scope="session")
def crowd(servers, background):
    """The head-count of a server that people have visited and left, as a future."""
    return background.submit(watch, servers)


@pytest.fixture(scope="session")
def decoy():
    decoy = Decoy()
    yield decoy
    decoy.close()


@pytest.fixture(scope="session")
def preview_posts(podium, background, decoy):
    """The answers to questions with links, as futures by link."""
    return links.post_all(podium, background, decoy)


@pytest.fixture(scope="session")
def fuzzing(servers, background, request):
    """What Schemathesis found on a server of its own, as a future."""
    return background.submit(fuzz.run, servers, live_step.step_number(request.config))


@pytest.fixture(scope="session", autouse=True)
def early(request):
    """Begin with what takes long, as soon as the first test runs."""
    needed = {name for item in request.session.items for name in getattr(item, "fixturenames", ())}
    for name in ("crowd", "fuzzing", "preview_posts"):
        if name in needed:
            request.getfixturevalue(name)
