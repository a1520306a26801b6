"""One slow site for all its tests."""

import httpx
import pytest
from slow_site_process import start, stop


@pytest.fixture(scope="session")
def site_url():
    process, url = start()
    yield url
    assert "Traceback" not in stop(process)


@pytest.fixture(scope="session")
def site(site_url):
    with httpx.Client(base_url=site_url, timeout=10, trust_env=False) as client:
        yield client
