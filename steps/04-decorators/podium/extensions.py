"""The extension objects. They belong to no application until `create_app` binds them to one."""

from flask_httpauth import HTTPBasicAuth, HTTPTokenAuth
from flask_sqlalchemy import SQLAlchemy

from podium.presence import Presence
from podium.rates import Rates

db = SQLAlchemy()
basic_auth = HTTPBasicAuth()
token_auth = HTTPTokenAuth()
rates = Rates()
presence = Presence()
