"""The extension objects. They belong to no application until `create_app` binds them to one."""

from flask_httpauth import HTTPBasicAuth, HTTPTokenAuth
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy import BigInteger

from podium import outages
from podium.presence import Presence
from podium.rates import Rates
from podium.shared import Shared

db = SQLAlchemy(session_options={"class_": outages.Session})
# Seconds since 1970 outgrow 32 bits in 2038.
db.Model.registry.update_type_annotation_map({int: BigInteger})
basic_auth = HTTPBasicAuth()
token_auth = HTTPTokenAuth()
csrf = CSRFProtect()
rates = Rates()
shared = Shared()
presence = Presence(shared)
