"""Writing what a client gets."""

from datetime import UTC, datetime
from functools import lru_cache


def fields(row, *names):
    return {name: getattr(row, name) for name in names}


@lru_cache(10_000)  # a list has the same times again and again
def rfc3339(seconds):
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
