"""What the contract and browser tests get from the step they speak to."""

from types import SimpleNamespace

from course.processes import wait_until
from tests import live_step


def config(**options) -> SimpleNamespace:
    """Return what is used of pytest's configuration."""
    return SimpleNamespace(getoption=lambda name, default=None: options.get(name, default))


def test_the_log_is_that_of_all_processes_but_not_of_the_services(checkout, monkeypatch):
    procfile = """\
    release: echo released
    web: echo I am the web; exec python web.py
    worker: echo Traceback of the worker; exec sleep 600
    """
    step = checkout.step(toml='services = ["valkey"]', files={"Procfile": procfile})
    monkeypatch.setattr(live_step.catalog, "find", lambda number: step)
    with live_step.Servers(config(step=1)) as servers:
        server = servers.another()
        assert wait_until(lambda: "Traceback of the worker" in server.log(), 5)
        assert "I am the web" in server.log()
        for name in ("release", "valkey", "slow"):
            (server.running.data_dir / "logs" / f"{name}.log").write_text("not of the step")
        assert "not of the step" not in server.log()
        server.running.kill("worker")
        server.running.start("worker")
        assert wait_until(lambda: server.log().count("Traceback of the worker") == 2, 5)


def test_a_step_that_is_not_ours_cannot_be_looked_into(checkout, monkeypatch):
    step = checkout.step()
    monkeypatch.setattr(live_step.catalog, "find", lambda number: step)
    given = config(step=1, url="http://127.0.0.1:1/", slow_site_url="http://127.0.0.1:2")
    server = live_step.Servers(given).another()
    assert (server.url, server.log, server.running) == ("http://127.0.0.1:1", None, None)
