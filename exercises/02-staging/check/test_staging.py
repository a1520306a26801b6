"""Starts the application as staging, with settings missing, empty and right."""

from email.utils import parsedate_to_datetime

import pytest

SECRET = "a secret that only this check knows"


@pytest.fixture
def start(stage, tmp_path):
    """Run a flask command as some environment, and return its exit code and its output.

    Everything is set as it should be but for what is given; None takes a variable out.
    """

    def start(command="routes", env="staging", **variables):
        settings = {
            "PODIUM_ENV": env,
            "DATABASE_URL": f"sqlite:///{tmp_path}/podium.db",
            "PODIUM_SECRET_KEY": SECRET,
        }
        done = stage.run("flask", "--app", "podium", *command.split(), **settings | variables)
        return done.returncode, done.stdout

    return start


def test_there_is_a_staging_environment(start):
    code, output = start()
    assert "'staging'" not in output, f"PODIUM_ENV=staging is not known: {output}"
    assert code == 0, f"with a secret and a database it should start, and says: {output}"


@pytest.mark.parametrize(
    ("env", "secret"),
    [
        pytest.param("staging", None, id="staging, none"),
        pytest.param("staging", "", id="staging, empty"),
        pytest.param("staging", "only for development", id="staging, the known one"),
        pytest.param("production", "   ", id="production, blank"),
    ],
)
def test_it_does_not_start_without_a_secret_of_its_own(start, env, secret):
    code, output = start(env=env, PODIUM_SECRET_KEY=secret)
    assert code, f"{env} starts although the secret is {secret!r}"
    assert "PODIUM_SECRET_KEY" in output, f"the message does not name the variable: {output}"
    assert "Traceback" not in output, f"that is a traceback, not a message: {output[-300:]}"


def test_it_does_not_start_without_a_database(start):
    code, output = start(DATABASE_URL=None)
    assert code and "DATABASE_URL" in output, f"without a database it says: {output}"


def test_development_needs_no_secret(start):
    code, output = start(env="development", PODIUM_SECRET_KEY=None)
    assert code == 0, f"development does not start any more: {output}"


def test_staging_may_have_the_sample_accounts(start):
    code, output = start("seed")
    assert code == 0, f"flask seed refuses: {output}"


def test_production_has_no_sample_accounts(start):
    code, _ = start("seed", env="production")
    assert code, "production took the sample accounts, whose password everybody knows"


def test_a_token_is_good_for_an_hour(start, stage, speak):
    code, output = start()
    assert code == 0, f"staging does not start: {output}"
    running = stage.start(ENV="staging", SECRET_KEY=SECRET)
    podium = speak(running)
    answer = podium.http.post("/api/tokens", auth=("marisol", "podium-demo"))
    assert answer.status_code == 201, f"nobody can log in: {answer.text[:200]}"
    seconds = answer.json()["expires_at"] - http_time(answer)
    assert 3590 < seconds < 3610, f"a token is good for {seconds:.0f} seconds"


def http_time(answer):
    """Return when the answer was sent, in seconds since 1970."""
    return parsedate_to_datetime(answer.headers["Date"]).timestamp()
