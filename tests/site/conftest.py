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


def pytest_ignore_collect(collection_path, config):
    # On request only: they check next to nothing.
    if collection_path.name == "test_pictures.py" and not config.getoption("pictures"):
        return True
    return None


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
    if "seen" in metafunc.fixturenames:
        schemes = getattr(metafunc.function, "schemes", SCHEMES)
        # Page by page in one colour scheme after the other: each is opened once.
        cases = [(scheme, name) for scheme in schemes for name in names(metafunc.config)]
        ids = [f"{name}-{scheme}" for scheme, name in cases]
        metafunc.parametrize("seen", cases, ids=ids, indirect=True, scope="session")
    elif "name" in metafunc.fixturenames:
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
def windows(chromium, address):
    """A window for each colour scheme, opened when it is needed."""
    opened = {}

    def window(scheme):
        if scheme not in opened:
            opening = visit(chromium, address, scheme=scheme)
            opened[scheme] = (opening, opening.__enter__())
        return opened[scheme][1]

    yield window
    for opening, _ in opened.values():
        opening.__exit__(None, None, None)


@pytest.fixture(scope="session")
def seen(request, windows):
    """A page in a colour scheme, just opened, with all that is folded away unfolded."""
    scheme, name = request.param
    window = windows(scheme)
    window.watched.complaints()
    window.watched.elsewhere()
    window.page.set_viewport_size({"width": 1440, "height": 900})
    window.open(name)
    window.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    return window


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
def pictures() -> Path:
    """The directory for screenshots."""
    directory = ROOT / ".data" / "screenshots" / "site"
    directory.mkdir(parents=True, exist_ok=True)
    return directory
