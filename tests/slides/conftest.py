"""The slides in a real browser: python -m pytest tests/slides. Needs Chromium, as tests/browser."""

import pytest

from course.doctor.browser import find_chromium
from course.slides import build, deck, printing


@pytest.fixture(scope="session")
def chromium():
    if find_chromium() is None:
        pytest.skip("no Chromium found: install one, or set CHROMIUM to its path")
    with printing.browser() as chromium:
        yield chromium


@pytest.fixture
def page(chromium):
    """A page that may load nothing from elsewhere, and complains of nothing in its console."""
    page = chromium.new_page(viewport=printing.SCREEN)
    wrong = []
    page.on("console", lambda m: wrong.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "request",
        lambda r: (
            None
            if r.url.startswith(("file:", "data:", "about:", "blob:"))
            else wrong.append(f"loads {r.url}")
        ),
    )
    yield page
    page.close()
    assert wrong == []


@pytest.fixture(scope="session")
def decks(tmp_path_factory):
    """The decks of the class, built: each with its address."""
    out = tmp_path_factory.mktemp("slides")
    found = deck.load()
    build.build(found, out)
    return {each.name: (each, (out / f"{each.name}.html").as_uri()) for each in found}


@pytest.fixture
def built(tmp_path):
    """Build a deck out of a text; return its address."""

    def make(text):
        (path,) = build.build([deck.parse("planted", text)], tmp_path / "planted")
        return path.as_uri()

    return make
