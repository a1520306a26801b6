"""What is raised while a server that we need is away: the client may come back, and so may it."""

from flask_sqlalchemy import session
from redis import RedisError
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError, TimeoutError

# InternalError is what a process gets that was asleep in a transaction for too long.
DATABASE = OperationalError, InterfaceError, InternalError, TimeoutError
ANY = *DATABASE, RedisError


class Session(session.Session):
    """Ends without an error when the database is gone by then: the answer is ready."""

    def close(self):
        try:
            super().close()
        except DATABASE:
            self.invalidate()
