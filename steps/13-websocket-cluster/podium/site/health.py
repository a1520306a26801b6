"""Whether this host should get requests. `/healthz` says only that it is alive.

A host that is alive and not ready is left alone until it is; one that is not alive is restarted.
"""

from flask import Blueprint
from redis import RedisError
from sqlalchemy import text

from podium import draining, outages
from podium.config import setting
from podium.extensions import db, shared

bp = Blueprint("health", __name__)


@bp.get("/readyz")
def readyz():
    reasons = [reason for reason, ready in CHECKS.items() if not ready()]
    if reasons:
        return {"status": "not ready", "host": setting("HOST"), "reasons": reasons}, 503
    return {"status": "ready", "host": setting("HOST")}


def database_answers():
    try:
        db.session.execute(text("SELECT 1"))
        return True
    except outages.DATABASE:
        return False


def broker_answers():
    try:
        return shared.do(lambda valkey: valkey.ping())
    except RedisError:
        return False


CHECKS = {
    "the database does not answer": database_answers,
    "the broker does not answer": broker_answers,
    "draining": draining.stays,
}
