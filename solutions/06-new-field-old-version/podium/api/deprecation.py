"""What version 1 says about its end, in headers that tools understand.

`Deprecation` is RFC 9745, `Sunset` RFC 8594, the link to the successor RFC 5829.
"""

from datetime import UTC, datetime
from urllib.parse import quote

from flask import current_app, request
from werkzeug.exceptions import Gone
from werkzeug.http import http_date

DEPRECATED = datetime(2026, 11, 1, tzinfo=UTC)


def sunset():
    return datetime.fromisoformat(current_app.config["V1_SUNSET"]).replace(tzinfo=UTC)


def enforce():
    """Run before every request: from the day that was announced there is no version 1."""
    if datetime.now(UTC) >= sunset():
        raise Gone(f"Version 1 ended on {sunset():%Y-%m-%d}. Use {successor()} instead.")


def announce(response):
    response.headers["Deprecation"] = f"@{DEPRECATED.timestamp():.0f}"
    response.headers["Sunset"] = http_date(sunset())
    response.headers.add("Link", f'<{successor()}>; rel="successor-version"')
    return response


def successor():
    """The same thing in version 2, where a talk's questions have moved below the talk."""
    path = request.path.removeprefix("/api").removeprefix("/v1")
    if path == "/questions" and "talk" in request.args:
        path = f"/talks/{request.args['talk']}/questions"
    return f"/api/v2{quote(path)}"
