"""The built site in a real browser.

    python -m pytest tests/site
    python -m pytest tests/site --site site        # one that is built already
    python -m pytest tests/site --pictures         # also screenshots, in .data/screenshots/site/

Needs Chromium; without one the tests are skipped.
"""

from pathlib import Path

import pytest
import visit as visits
from playwright.sync_api import expect
from visit import served, visit

from course.paths import ROOT
from tests.browser.chromium import chromium_or_skip

DOCS = ROOT / "docs"
SCHEMES = ("light", "dark")
DECKS = "slides"  # are built into docs/ and have checks of their own
WIDTHS = (1440, 768, 360)


def pytest_addoption(parser):
    group = parser.getgroup("site")
    group.addoption("--site", type=Path, help="a site that is built already (default: build it)")
    group.addoption("--patience", type=float, default=20, help="seconds for one thing (20)")
    group.addoption("--pictures", action="store_true", help="take screenshots of all pages")


def pytest_configure(config):
    visits.PATIENCE = 1000 * config.getoption("patience")
    expect.set_options(timeout=visits.PATIENCE)


def names(config) -> list[str]:
    """Return the pages of the site as paths inside it."""
    site = config.getoption("site")
    kind, folder = (".html", site) if site else (".md", DOCS)
    found = [path.relative_to(folder) for path in sorted(folder.rglob(f"*{kind}"))]
    pages = [path.with_suffix(".html").as_posix() for path in found if path.parts[0] != DECKS]
    if not pages:
        raise pytest.UsageError(f"There is no page in {folder}.")
    return pages


def pytest_generate_tests(metafunc):
    if "name" in metafunc.fixturenames:
        metafunc.parametrize("name", names(metafunc.config))


@pytest.fixture(scope="session")
def chromium():
    """The browser itself, shared by all tests."""
    with chromium_or_skip() as browser:
        yield browser


@pytest.fixture(scope="session")
def site(request, chromium, tmp_path_factory) -> Path:
    """The directory of the built site; built after the browser was found."""
    given = request.config.getoption("site")
    if given:
        return given.resolve()
    # Imported here: not needed for a site that is given.
    from course.site import build

    directory = tmp_path_factory.mktemp("site")
    # What is wrong with the text of the pages is for another check to say.
    faults = build.build(directory)
    if not (directory / "index.html").is_file():
        pytest.fail("\n".join(["The site was not built:", *faults]), pytrace=False)
    return directory


@pytest.fixture(scope="session")
def address(site):
    """Where the site is served."""
    with served(site) as root:
        yield root


@pytest.fixture(scope="session")
def window(chromium, address):
    """A window on the site as it is served, for all that leaves nothing behind."""
    with visit(chromium, address) as window:
        yield window


@pytest.fixture(scope="session")
def disk(chromium, site):
    """A window on the site as it is opened from the disk."""
    with visit(chromium, site.as_uri() + "/") as window:
        yield window


@pytest.fixture(params=["http", "file"])
def anywhere(request, chromium, site):
    """A window on the site as it is served, and as it is opened from the disk."""
    if request.param == "http":
        root = request.getfixturevalue("address")
        permissions = ["clipboard-read", "clipboard-write"]
    else:
        root, permissions = site.as_uri() + "/", []
    with visit(chromium, root, permissions=permissions) as window:
        yield window
        assert window.watched.elsewhere() == []
        assert window.watched.complaints() == []


@pytest.fixture(scope="session")
def pictures(request) -> Path | None:
    """The directory for screenshots; None when nobody asked for them."""
    if not request.config.getoption("pictures"):
        return None
    directory = ROOT / ".data" / "screenshots" / "site"
    directory.mkdir(parents=True, exist_ok=True)
    return directory
