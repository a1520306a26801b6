"""The extension objects. They belong to no application until `create_app` binds them to one."""

from flask_httpauth import HTTPBasicAuth, HTTPTokenAuth
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect

from podium.presence import Presence
from podium.rates import Rates

db = SQLAlchemy()
basic_auth = HTTPBasicAuth()
token_auth = HTTPTokenAuth()
csrf = CSRFProtect()
rates = Rates()
presence = Presence()
