"""Writing what a client gets."""

from datetime import UTC, datetime


def fields(row, *names):
    return {name: getattr(row, name) for name in names}


def rfc3339(seconds):
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
