"""How to start Chromium for tests."""

import contextlib
import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from course.doctor.browser import find_chromium

ARGUMENTS = (
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@contextlib.contextmanager
def chromium_or_skip() -> Iterator[Browser]:
    """Yield the browser that is on this machine; skip the test that needs it when there is none."""
    executable = find_chromium()
    if executable is None:
        pytest.skip(
            "no Chromium found: install one (Debian: apt-get install chromium) "
            "or set CHROMIUM to its path"
        )
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    arguments = [*ARGUMENTS, "--no-sandbox"] if root else ARGUMENTS
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=arguments)
        yield browser
        browser.close()
