import os
import subprocess
import sys

import pytest

from podium import create_app
from podium.config import ConfigurationError, Production, Testing


def test_two_applications_share_nothing(app, tmp_path):
    other = create_app(Testing, SQLALCHEMY_DATABASE_URI=f"sqlite:///{tmp_path}/other.db")
    assert app.extensions["presence"] is not other.extensions["presence"]
    assert app.config["SQLALCHEMY_DATABASE_URI"] != other.config["SQLALCHEMY_DATABASE_URI"]


def test_importing_the_package_touches_nothing(tmp_path):
    code = "import podium.models, podium.api.routes"
    environment = os.environ | {"PYTHONPATH": os.getcwd(), "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, check=True)
    assert list(tmp_path.iterdir()) == []


def test_the_environment_overrides_the_class(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "sqlite://")
    monkeypatch.setenv("PODIUM_TOKEN_SECONDS", "60")
    app = create_app()
    assert app.config["SQLALCHEMY_DATABASE_URI"] == "sqlite://"
    assert app.config["TOKEN_SECONDS"] == 60


def test_production_refuses_the_development_secret():
    with pytest.raises(ConfigurationError, match="PODIUM_SECRET_KEY"):
        create_app(Production, SQLALCHEMY_DATABASE_URI="sqlite://", REDIS_URL="redis://localhost/0")
    app = create_app(
        Production,
        SQLALCHEMY_DATABASE_URI="sqlite://",
        REDIS_URL="redis://localhost/0",
        SECRET_KEY="long and random",
    )
    assert app.config["SECRET_KEY"] == "long and random"


def test_production_refuses_to_guess_its_database(monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("PODIUM_ENV", "production")
    with pytest.raises(ConfigurationError, match="DATABASE_URL"):
        create_app()


def test_an_unknown_environment_is_refused(monkeypatch):
    monkeypatch.setenv("PODIUM_ENV", "prod")
    with pytest.raises(ConfigurationError, match="development, testing, production"):
        create_app()
