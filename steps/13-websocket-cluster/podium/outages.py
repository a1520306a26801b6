"""What is raised while a server that we need is away: the client may come back, and so may it."""

from redis import RedisError
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError, TimeoutError

# InternalError is what a process gets that was asleep in a transaction for too long.
DATABASE = OperationalError, InterfaceError, InternalError, TimeoutError
ANY = *DATABASE, RedisError
