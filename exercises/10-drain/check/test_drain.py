"""Takes hosts of the running step 10 out while people register."""

import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.podium_api import PASSWORD, unique, wait_until

# Some tenths of a second of work, which nginx must not send to a second host: it changes something.
SLOW_HASH = "scrypt:32768:8:5"
PEOPLE = 6
HOSTS = ("host-a", "host-b")


@pytest.fixture(scope="session")
def running(stage):
    return stage.start(PASSWORD_HASH=SLOW_HASH)


@pytest.fixture(scope="session")
def balancer(stage, running):
    """Run balancer.py beside the running step; return its exit code and what it printed."""

    def balancer(*arguments, **variables):
        done = stage.run("balancer.py", *arguments, **running.variables | variables)
        return done.returncode, done.stdout.strip()

    return balancer


@pytest.fixture
def whole(running, balancer):
    """Both hosts serve, also after the test."""
    yield
    for host in HOSTS:
        if not running.processes[host].alive:
            running.start(host)
            wait_until(lambda h=host: why_not_ready(running, h), f"{host} does not start")
        if "draining" in why_not_ready(running, host):
            balancer("restore", host)
    for host in HOSTS:
        wait_until(lambda h=host: ready(running, h), f"{host} does not serve again")


def why_not_ready(running, host):
    """Return what a host says about itself, nothing when it does not answer."""
    port = running.variables[f"{host.upper().replace('-', '_')}_PORT"]
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).text
    except httpx.TransportError:
        return ""


def ready(running, host):
    return '"ready"' in why_not_ready(running, host)


class Crowd:
    """People who register, one after the other, until the end of the block."""

    def __init__(self, url):
        self.answers = []
        self._url = url
        self._over = threading.Event()
        self._pool = ThreadPoolExecutor(PEOPLE)

    def __enter__(self):
        for _ in range(PEOPLE):
            self._pool.submit(self._register)
        return self

    def __exit__(self, *_):
        self._over.set()
        self._pool.shutdown()

    def _register(self):
        with httpx.Client(base_url=self._url, timeout=15, trust_env=False) as http:
            while not self._over.is_set():
                body = {"nickname": unique(), "password": PASSWORD}
                try:
                    self.answers.append(http.post("/api/users", json=body).status_code)
                except httpx.TransportError as error:
                    self.answers.append(type(error).__name__)

    def wait(self, count):
        """Wait for so many more answers."""
        wanted = len(self.answers) + count
        wait_until(lambda: len(self.answers) >= wanted, "registrations are not answered", 15)

    @property
    def failed(self):
        return [answer for answer in self.answers if answer != 201]


def test_a_drained_host_can_be_killed_without_a_failed_request(running, balancer, whole):
    with Crowd(running.url) as crowd:
        crowd.wait(PEOPLE)
        code, said = balancer("drain", "host-a")
        assert code == 0, f"`balancer.py drain host-a` ends with {code}: {said}"
        running.kill("host-a")
        crowd.wait(PEOPLE)
    failed = len(crowd.failed)
    assert not failed, f"{failed} of {len(crowd.answers)} requests failed: {set(crowd.failed)}"


def test_a_drained_host_gets_nothing_new(running, balancer, whole):
    code, said = balancer("drain", "host-a")
    assert code == 0, f"`balancer.py drain host-a` ends with {code}: {said}"
    with httpx.Client(base_url=running.url, timeout=8, trust_env=False) as http:
        served = {http.get("/healthz").headers["X-Served-By"] for _ in range(12)}
    assert not any("host-a" in name for name in served), "a drained host got requests"


def test_the_last_host_is_not_drained(running, balancer, whole):
    assert balancer("drain", "host-a")[0] == 0, "the first host is not drained"
    code, said = balancer("drain", "host-b")
    assert code != 0, "the last host that serves was drained"
    assert said and "Traceback" not in said, f"it says {said[-300:]!r}"
    status = httpx.get(f"{running.url}/healthz", trust_env=False).status_code
    assert status == 200, f"afterwards the site answers {status}"
    assert ready(running, "host-b"), "the last host says that it is draining"


def test_a_host_beside_a_dead_one_is_not_drained(running, balancer, whole):
    running.kill("host-b")
    code, _ = balancer("drain", "host-a")
    assert code != 0, "it was drained although the other host is dead"


def test_a_host_that_is_not_done_in_time_is_put_back(stage, running, balancer, whole):
    with Crowd(running.url) as crowd:
        crowd.wait(1)
        code, said = balancer("drain", "host-a", DRAIN_SECONDS="0")
    assert code != 0, "with no time at all it says that the host is done"
    assert "Traceback" not in said, f"it says {said[-300:]!r}"
    wait_until(lambda: ready(running, "host-a"), "afterwards the host still says that it drains")
    hosts = (running.data_dir / "files" / "nginx" / "hosts.conf").read_text()
    assert "down" not in hosts, f"afterwards nginx still has it as down: {hosts}"
