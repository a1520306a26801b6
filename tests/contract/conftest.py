"""The contract: what every step promises over HTTP, from which step on.

    python -m pytest tests/contract --step 3
    python -m pytest tests/contract --promises

`@pytest.mark.since(4)` promises something from step 4 on, `until(5)` up to step 5. What a step does
not promise is not run for it.
"""

from concurrent.futures import ThreadPoolExecutor

import fuzz
import links
import outages
import pytest
from crowd import watch
from guards import Decoy, traceback_in
from jobs import watch_expiry

from tests import live_step, promises
from tests.podium_api import SEED_PASSWORD, Podium

SMALL_LIMITS = {
    "RESULT_SECONDS": "4",
    "PREVIEW_THREADS": "1",
    "PREVIEW_QUEUE": "1",
    "TRANSCRIPT_THREADS": "1",
    "TRANSCRIPT_QUEUE": "1",
    "TOKEN_RATE": "5/minute",
}
# What begins early, in this order; some of it only on a server of our own.
EARLY = [
    *("podium", "preview_posts", "killed_workers", "fuzzing", "crowd", "flaky_links"),
    *("expiry", "broker_outage", "database_outage"),
]
OURS = {"killed_workers", "expiry", "broker_outage", "database_outage"}
# They load whole lists and pages again and again; later the hall has ten times the questions.
WHILE_THE_HALL_IS_SMALL = {"test_web_forms", "test_conditional", "test_answered_and_transcript"}


def pytest_addoption(parser):
    live_step.add_options(parser)
    parser.addoption("--promises", action="store_true", help="list the promises and run nothing")


def pytest_configure(config):
    promises.add_markers(config)


def pytest_collection_modifyitems(config, items):
    if not config.getoption("promises", False):
        promises.keep_promised(config, items, folder="contract")
        items.sort(key=lambda item: item.path.stem not in WHILE_THE_HALL_IS_SMALL)


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
def quietly():
    """Does one thing after the other while other tests run: what must not be disturbed."""
    with ThreadPoolExecutor(1) as pool:
        yield pool


@pytest.fixture(scope="session")
def quiet(servers, quietly):
    """A server with small limits, to which only what is done quietly speaks; as a future."""
    return quietly.submit(lambda: Podium(servers.another(**SMALL_LIMITS)))


@pytest.fixture(scope="session")
def crowd(quiet, quietly):
    """The head-count of a server that people have visited and left, as a future."""
    return quietly.submit(watch, quiet)


@pytest.fixture(scope="session")
def expiry(ours, quiet, quietly):
    """What became of a result that is kept for a few seconds, as a future."""
    return quietly.submit(watch_expiry, quiet)


@pytest.fixture(scope="session")
def own(ours, quiet, quietly):
    """The quiet server once nothing in the background speaks to it: one can count exactly."""
    quietly.submit(int).result()
    return quiet.result()


@pytest.fixture(scope="session")
def roughly():
    """Does one thing after the other to a server that has to stand a lot."""
    with ThreadPoolExecutor(1) as pool:
        yield pool


@pytest.fixture(scope="session")
def rough(servers, roughly):
    """A server that is flooded, and loses its workers, its broker and its database; a future."""
    return roughly.submit(lambda: Podium(servers.another(QUESTION_RATE="10000/minute")))


@pytest.fixture(scope="session")
def killed_workers(ours, rough, roughly, background):
    """What became of work whose workers were killed, as a future."""
    return roughly.submit(outages.kill_workers, rough, background)


@pytest.fixture(scope="session")
def fuzzing(rough, roughly, request):
    """What Schemathesis found, as a future."""
    return roughly.submit(fuzz.run, rough, live_step.step_number(request.config))


@pytest.fixture(scope="session")
def broker_outage(ours, rough, roughly, killed_workers):
    """What people met while the broker was dead, as a future."""
    return roughly.submit(outages.lose_broker, rough, killed_workers)


@pytest.fixture(scope="session")
def database_outage(ours, rough, roughly):
    """What people met while the database was dead, as a future."""
    return roughly.submit(outages.lose_database, rough)


@pytest.fixture(scope="session")
def ours(request):
    """Skips what cannot be done to a server that is not ours."""
    if request.config.getoption("url"):
        pytest.skip("needs a server of our own, so not with --url")


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
def flaky_links(podium, background):
    """What became of links that fail at first, as futures by how often they do."""
    return {n: background.submit(links.follow_flaky, podium, n) for n in links.FLAKY}


@pytest.fixture(scope="session", autouse=True)
def early(request):
    """Begin with what takes long, as soon as the first test runs."""
    needed = {name for item in request.session.items for name in getattr(item, "fixturenames", ())}
    for name in EARLY:
        if name in needed and not (name in OURS and request.config.getoption("url")):
            request.getfixturevalue(name)
