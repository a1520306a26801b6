"""Every page: in three widths, light and dark, by keyboard, for everybody, without a network."""

import checks
from conftest import DECKS, SCHEMES, WIDTHS, names
from playwright.sync_api import Page

OTHER_TABS = """() => document.querySelectorAll(".tabbed-set").forEach(set => {
  [...set.querySelectorAll(":scope > input")].find(tab => !tab.checked).click();
})"""
UNFOLD = "document.querySelectorAll('details').forEach(one => one.open = true)"


def test_no_page_of_the_site_is_overlooked(site, request):
    found = [path.relative_to(site) for path in site.rglob("*.html")]
    pages = {path.as_posix() for path in found if path.parts[0] != DECKS}
    assert pages == set(names(request.config))


def test_a_page_is_as_it_should_be(window, disk, name, pictures):
    """Opened once: all that can be looked at in the same window is looked at there."""
    page = window.open(name)
    page.evaluate(UNFOLD)
    found = []
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        for width in WIDTHS:
            found += [f"{width} px: {fault}" for fault in checks.too_wide(page, width)]
            if pictures:
                _picture(page, pictures / f"{name.replace('/', '-')[:-5]}-{width}-{scheme}.png")
        page.set_viewport_size({"width": 1440, "height": 900})
        found += [f"{scheme}: {fault}" for fault in _violations(page, scheme)]
    page.emulate_media(color_scheme="light")
    found += checks.out_of_reach(page)
    found += window.faults()
    assert disk.open(name).locator("main h1").first.is_visible()
    found += [f"opened as a file: {fault}" for fault in disk.faults()]
    assert not found, "\n".join([name, *found])


def _violations(page: Page, scheme: str) -> list[str]:
    """Return what axe finds in a page, on either tab where it has tabs: leaves the other shown."""
    # In the other colours of the same page only the answers about colours can be others.
    rules = () if scheme == SCHEMES[0] else checks.OF_COLOURS
    found = checks.violations(page, rules=rules)
    if page.locator(".tabbed-set").count():
        page.evaluate(OTHER_TABS)
        found += checks.violations(page, ".tabbed-set", rules)
    return found


def _picture(page: Page, path) -> None:
    page.screenshot(path=path, full_page=True, animations="disabled")
    assert path.stat().st_size > 8_000, f"{path} shows next to nothing"
