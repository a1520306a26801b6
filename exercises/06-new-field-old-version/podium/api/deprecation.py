"""What version 1 says about its end, in headers that tools understand.

`Deprecation` is RFC 9745, `Sunset` RFC 8594, the link to the successor RFC 5829.
"""

from datetime import UTC, datetime
from urllib.parse import quote

from flask import request
from werkzeug.http import http_date

DEPRECATED = datetime(2026, 11, 1, tzinfo=UTC)
SUNSET = datetime(2027, 11, 1, tzinfo=UTC)


# TODO: the date becomes the setting V1_SUNSET. From then on version 1 answers 410 Gone.
def announce(response):
    response.headers["Deprecation"] = f"@{DEPRECATED.timestamp():.0f}"
    response.headers["Sunset"] = http_date(SUNSET)
    response.headers.add("Link", f'<{successor()}>; rel="successor-version"')
    return response


def successor():
    """The same thing in version 2, where a talk's questions have moved below the talk."""
    path = request.path.removeprefix("/api").removeprefix("/v1")
    if path == "/questions" and "talk" in request.args:
        path = f"/talks/{request.args['talk']}/questions"
    return f"/api/v2{quote(path)}"
