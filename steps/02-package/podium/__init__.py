"""Podium, live audience Q&A. Importing it does nothing: `create_app` builds an application."""

from flask import Flask

from podium import cli, config, errors, routes
from podium.extensions import db, presence, rates


def create_app(settings=None, **overrides):
    """Build an application.

    `settings` is a class of `podium.config`; without one, the environment decides. `overrides`
    have the last word. Raises `ConfigurationError` where the application would not be safe.
    """
    app = Flask(__name__)
    config.configure(app, settings, overrides)
    db.init_app(app)
    rates.init_app(app)
    presence.init_app(app)
    errors.init_app(app)
    routes.init_app(app)
    cli.init_app(app)
    return app
