"""Podium, live audience Q&A. Importing it does nothing: `create_app` builds an application."""

from flask import Flask

from podium import cli, config, proxies, queue
from podium.api import routes
from podium.api.input import RowId, Segment
from podium.auth.pages import bp as auth
from podium.extensions import csrf, db, news, presence, rates, shared
from podium.jobs.pages import bp as job_pages
from podium.questions.pages import bp as questions
from podium.site.health import bp as health
from podium.site.pages import bp as site
from podium.site.whoami import bp as whoami
from podium.sockets import push
from podium.talks.pages import bp as talks


def create_app(settings=None, **overrides):
    """Build an application.

    `settings` is a class of `podium.config`; without one, the environment decides. `overrides`
    have the last word. Raises `ConfigurationError` where the application would not be safe.
    """
    app = Flask(__name__, static_folder=None)
    config.configure(app, settings, overrides)
    db.init_app(app)
    shared.init_app(app)
    rates.init_app(app)
    presence.init_app(app)
    news.init_app(app)
    csrf.init_app(app)
    queue.init_app(app)
    app.url_map.converters |= {"id": RowId, "default": Segment}
    for area in (site, auth, talks, questions, job_pages, whoami, health):
        app.register_blueprint(area)
    routes.init_app(app)
    cli.init_app(app)
    push.init_app(app)
    proxies.init_app(app)  # around all of it: the sockets, too, ask who the client is
    return app
