import os
import subprocess
import sys

import pytest

from podium import create_app
from podium.config import ConfigurationError, Production, Testing
from podium.extensions import db


def test_two_applications_share_no_object(app, server):
    other = create_app(Testing, **server)
    assert app.extensions["rates"] is not other.extensions["rates"]
    with app.app_context():
        engine = db.engine
    with other.app_context():
        assert db.engine is not engine


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_the_driver_is_named_however_the_platform_spells_it(scheme):
    app = create_app(Testing, SQLALCHEMY_DATABASE_URI=f"{scheme}://localhost/podium")
    assert app.config["SQLALCHEMY_DATABASE_URI"] == "postgresql+psycopg://localhost/podium"


def test_importing_the_package_touches_nothing(tmp_path):
    code = "import podium.models, podium.api.routes"
    environment = os.environ | {"PYTHONPATH": os.getcwd(), "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, check=True)
    assert list(tmp_path.iterdir()) == []


def test_the_environment_overrides_the_class(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/podium")
    monkeypatch.setenv("PODIUM_TOKEN_SECONDS", "60")
    app = create_app()
    assert app.config["SQLALCHEMY_DATABASE_URI"] == "postgresql+psycopg://elsewhere/podium"
    assert app.config["TOKEN_SECONDS"] == 60


def test_production_refuses_the_development_secret(server):
    with pytest.raises(ConfigurationError, match="PODIUM_SECRET_KEY"):
        create_app(Production, **server)
    app = create_app(Production, SECRET_KEY="long and random", **server)
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
