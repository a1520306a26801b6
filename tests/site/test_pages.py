"""Every page, light and dark: for everybody, and without a network."""

import checks
from conftest import DECKS, WIDTHS, names
from visit import visit


def only(*schemes):
    """Say that a test is not about colours."""

    def mark(test):
        test.schemes = schemes
        return test

    return mark


def test_no_page_of_the_site_is_overlooked(site, request):
    found = [path.relative_to(site) for path in site.rglob("*.html")]
    pages = {path.as_posix() for path in found if path.parts[0] != DECKS}
    assert pages == set(names(request.config))


def test_axe_finds_nothing(seen):
    found = checks.violations(seen.page)
    if seen.page.locator(".tabbed-set").count():
        seen.page.evaluate(
            "document.querySelectorAll('.tabbed-set > input:last-of-type').forEach(o => o.click())"
        )
        found += checks.violations(seen.page, ".tabbed-set")
    assert found == []


def test_it_loads_without_a_complaint_and_nothing_from_elsewhere(seen):
    assert seen.watched.elsewhere() == []
    assert seen.watched.complaints() == []


@only("light")
def test_it_is_not_wider_than_the_window(seen):
    found = {width: checks.too_wide(seen.page, width) for width in WIDTHS}
    assert not any(found.values()), found


@only("light")
def test_the_keyboard_reaches_everything_and_shows_where_it_is(seen):
    seen.page.set_viewport_size({"width": 1440, "height": 900})
    assert checks.out_of_reach(seen.page) == []


def test_it_works_when_opened_as_a_file(chromium, site, name):
    with visit(chromium, site.as_uri() + "/") as window:
        page = window.open(name)
        assert page.locator("main h1").first.is_visible()
        assert window.watched.elsewhere() == []
        assert window.watched.complaints() == []
