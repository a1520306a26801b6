"""Podium, live audience Q&A. Importing it does nothing: `create_app` builds an application."""

from flask import Flask

from podium import cli, config
from podium.api.input import RowId
from podium.api.routes import bp as api
from podium.auth.pages import bp as auth
from podium.extensions import db, presence, rates
from podium.organisers.pages import bp as organisers
from podium.questions.pages import bp as questions
from podium.site.pages import bp as site
from podium.talks.pages import bp as talks


def create_app(settings=None, **overrides):
    """Build an application.

    `settings` is a class of `podium.config`; without one, the environment decides. `overrides`
    have the last word. Raises `ConfigurationError` where the application would not be safe.
    """
    app = Flask(__name__, static_folder=None)
    config.configure(app, settings, overrides)
    db.init_app(app)
    rates.init_app(app)
    presence.init_app(app)
    app.url_map.converters["id"] = RowId
    for area in (site, auth, talks, questions, organisers, api):
        app.register_blueprint(area)
    cli.init_app(app)
    return app
