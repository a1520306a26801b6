"""The settings, one class for each environment; environment variables override them.

`PODIUM_ENV` names the class. Any setting can be given as `PODIUM_<NAME>`, for example
`PODIUM_SECRET_KEY`. The addresses of other servers have the names that hosting platforms use.
"""

import os

from click import ClickException
from flask import current_app

DEVELOPMENT_SECRET = "only for development"
ADDRESSES = {
    "DATABASE_URL": "SQLALCHEMY_DATABASE_URI",
    "SLOW_SITE_URL": "SLOW_SITE_URL",
    "PREVIEW_ALLOW_HOSTS": "PREVIEW_ALLOW_HOSTS",
}


class Config:
    """What all environments share."""

    SECRET_KEY = DEVELOPMENT_SECRET
    DEVELOPMENT_SECRET_IS_FINE = True
    SQLALCHEMY_DATABASE_URI = "sqlite:///podium.db"
    SLOW_SITE_URL = "http://127.0.0.1:8001"
    MAX_CONTENT_LENGTH = 64 * 1024
    SESSION_COOKIE_SAMESITE = "Lax"
    WTF_CSRF_CHECK_DEFAULT = False  # only pages take cookies: see auth/session.py
    WTF_CSRF_TIME_LIMIT = None
    # What OWASP asks of scrypt at 32 MiB. It costs about 0.2 s, so requests carry a token instead.
    PASSWORD_HASH = "scrypt:32768:8:3"
    TOKEN_SECONDS = 12 * 60 * 60
    TOKEN_RATE = "20/minute"
    QUESTION_RATE = "30/minute"
    RATES_STORAGE = "memory://"
    V1_SUNSET = "2027-11-01"  # the day in UTC from which version 1 answers no more
    PREVIEWS = 3
    PREVIEW_ALLOW_HOSTS = ""


class Development(Config):
    """A laptop: everything has a default."""


class Testing(Config):
    """The tests: nothing is kept, and a password hash costs next to nothing."""

    TESTING = True
    SQLALCHEMY_DATABASE_URI = "sqlite://"
    PASSWORD_HASH = "scrypt:1024:8:1"


class Production(Config):
    """Whoever runs it has to say what must not be guessed."""

    DEVELOPMENT_SECRET_IS_FINE = False
    SESSION_COOKIE_SECURE = True
    SQLALCHEMY_DATABASE_URI = None


ENVIRONMENTS = {"development": Development, "testing": Testing, "production": Production}


class ConfigurationError(ClickException):
    """The settings will not do; the `flask` command prints this as one line."""

    exit_code = 2


def configure(app, settings, overrides):
    """Fill `app.config` from `settings`, or else from the environment, then from `overrides`."""
    if settings:
        app.config.from_object(settings)
    else:
        name = os.environ.get("PODIUM_ENV", "development")
        if name not in ENVIRONMENTS:
            raise ConfigurationError(
                f"PODIUM_ENV is {name!r}: use one of {', '.join(ENVIRONMENTS)}."
            )
        app.config.from_object(ENVIRONMENTS[name])
        app.config.update(
            {ADDRESSES[key]: os.environ[key] for key in ADDRESSES & os.environ.keys()}
        )
        app.config.from_prefixed_env("PODIUM")
    app.config.update(overrides)
    refuse_unsafe(app.config)


def refuse_unsafe(config):
    if not config["SQLALCHEMY_DATABASE_URI"]:
        raise ConfigurationError("There is no database: set DATABASE_URL.")
    if config["SECRET_KEY"] == DEVELOPMENT_SECRET and not config["DEVELOPMENT_SECRET_IS_FINE"]:
        raise ConfigurationError("Production needs a secret of its own: set PODIUM_SECRET_KEY.")


def setting(name):
    """One setting of the application at hand."""
    return current_app.config[name]
