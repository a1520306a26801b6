"""What the checks share: the running step as `podium`, with people who speak its API."""

import pytest

from tests.live_step import Server
from tests.podium_api import SEED_PASSWORD, Podium

PATIENCE = 8  # seconds: whatever hangs, the check says so soon


@pytest.fixture(scope="session")
def speak(stage):
    """Return a Podium for something that runs."""

    def speak(running):
        def log():
            return "\n".join(map(running.log, running.names))

        server = Server(stage.step.number, running.url, running.slow_site_url, log, running)
        podium = Podium(server)
        podium.http.timeout = PATIENCE
        return podium

    return speak


@pytest.fixture(scope="session")
def podium(running, speak):
    """The step that the exercise changed, as it runs by default."""
    return speak(running)


@pytest.fixture(scope="session")
def organiser(podium):
    """Whoever organises the first talk."""
    return podium.log_in(podium.talks[0]["organiser"], SEED_PASSWORD)
