"""The cursor of a client in a talk's list: opaque to the client, to us the version it has seen."""

import base64

from podium.services.errors import Invalid


def write_cursor(slug, version):
    return base64.urlsafe_b64encode(f"{version}:{slug}".encode()).decode().rstrip("=")


def read_cursor(slug, cursor):
    """The version in `cursor`, 0 where there is none; Invalid where it is not of this talk."""
    if cursor is None:
        return 0
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        version, _, of = text.partition(":")
        if of == slug and write_cursor(slug, int(version)) == cursor and 0 <= int(version) < 2**63:
            return int(version)
    except ValueError:
        pass
    raise Invalid("after: is no cursor of this list; start again without one.", "after")
