"""The browser for the browser checks."""

import os
import shutil

from course.doctor.finding import OK, WARNING, Finding

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_APPS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


def chromium():
    """Whether there is one."""
    found = find_chromium()
    if found:
        return Finding("browser", OK, found)
    return Finding(
        "browser",
        WARNING,
        "no Chromium found: the browser checks of make test are skipped",
        "Debian: sudo apt install chromium; macOS: brew install --cask chromium; "
        "or CHROMIUM=/path/to/chromium make test",
    )


def find_chromium():
    """Return the path of a Chromium or Chrome, None when there is none."""
    chosen = os.environ.get("CHROMIUM")
    if chosen:
        return shutil.which(chosen)
    for name in CHROMIUM_NAMES:
        if shutil.which(name):
            return shutil.which(name)
    for path in CHROMIUM_APPS:
        if os.access(path, os.X_OK):
            return path
    return None
