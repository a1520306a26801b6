"""What the site does for its readers: search, copy, dark mode, done marks, one page to the next."""

import posixpath
import re

import checks
import pytest
from conftest import DECKS, SCHEMES
from playwright.sync_api import expect
from visit import visit

# Words of code, and a page that the results of each have to name. One is too common in English for
# many a search to look for it.
SEARCHES = {
    "visibility_timeout": "steps/08-celery.html",
    "monkey.patch_all": "steps/11-coroutines.html",
    "create_app": "steps/02-package.html",
    "since": "steps/06-api-versions.html",
}


def test_search_finds_the_words_of_code(anywhere):
    page = anywhere.open("index.html")
    field, links = page.locator("input[name=query]"), page.locator("a.md-search-result__link")
    field.click()
    for word, found_in in SEARCHES.items():
        field.press_sequentially(word)
        expect(links.and_(page.locator(f"[href*='{found_in}']")).first).to_be_attached()
        field.press("ControlOrMeta+a")
        field.press("Delete")
        expect(links).to_have_count(0)
    field.press_sequentially(word)
    expect(links.first).to_be_visible()
    links.first.click()
    expect(page.locator("main mark").first).to_be_attached()


def violations_in_both_colours(page) -> dict[str, list[str]]:
    found = {}
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        found[scheme] = checks.violations(page)
    return found


def test_search_and_its_results_have_no_violations(chromium, address):
    with visit(chromium, address) as window:
        page = window.open("index.html")
        page.keyboard.press("/")
        page.keyboard.type("queue")
        expect(page.locator("a.md-search-result__link").first).to_be_visible()
        assert violations_in_both_colours(page) == {"light": [], "dark": []}


def test_the_menu_of_a_narrow_window_has_no_violations_and_needs_no_mouse(chromium, address):
    with visit(chromium, address, width=360) as window:
        page = window.open("index.html")
        assert checks.out_of_reach(page) == []
        page.locator("label.md-header__button[for=__drawer]").click()
        expect(page.locator(".md-sidebar--primary a[href='setup.html']")).to_be_visible()
        assert violations_in_both_colours(page) == {"light": [], "dark": []}


def test_a_chapter_in_a_narrow_window_has_no_violations_and_needs_no_mouse(window, site):
    page = window.open(pages_that_have("exercise", site)[-1])
    page.set_viewport_size({"width": 360, "height": 900})
    assert checks.violations(page) == []
    assert checks.out_of_reach(page) == []


def pages_that_have(selector: str, site) -> list[str]:
    """Return the pages of the site in whose HTML there is such a class."""
    paths = sorted(site.rglob("*.html"))
    pages = [path.relative_to(site).as_posix() for path in paths]
    return [
        page
        for page, path in zip(pages, paths, strict=True)
        if not page.startswith(f"{DECKS}/")
        and re.search(rf'class="[^"]*\b{selector}\b', path.read_text(encoding="utf-8"))
    ]


def copied(page, code) -> str:
    """Press the copy button of a code block; return what is in the clipboard then."""
    page.evaluate("navigator.clipboard.writeText('nothing')")
    code.scroll_into_view_if_needed()
    code.hover()
    code.locator("button[data-md-type=copy]").click()
    page.wait_for_function("navigator.clipboard.readText().then(text => text !== 'nothing')")
    return page.evaluate("navigator.clipboard.readText()")


@pytest.mark.parametrize("kind", ["language-console", "language-sh"])
def test_commands_are_copied_as_they_are_typed(chromium, address, site, kind):
    pages = pages_that_have(kind, site)
    assert pages, f"no page has a block of {kind}"
    permissions = ["clipboard-read", "clipboard-write"]
    with visit(chromium, address, permissions=permissions) as window:
        page = window.open(pages[0])
        code = page.locator(f".{kind}").first
        text = code.locator("code").inner_text()
        commands = [line.removeprefix("$ ") for line in text.splitlines() if line[:2] == "$ "]
        lines = [line for line in copied(page, code).splitlines() if line]
        assert lines[0] == (commands or text.splitlines())[0]
        assert not any(line.startswith("$ ") for line in lines)


def test_code_with_its_changes_is_copied_as_it_is_now(chromium, address, site):
    (first, *_) = pages_that_have("code diff", site)
    with visit(chromium, address, permissions=["clipboard-read", "clipboard-write"]) as window:
        page = window.open(first)
        code = page.locator("figure.diff .highlight:visible").first
        removed = [text for text in code.locator("del").all_inner_texts() if text.strip(" -\n")]
        text = copied(page, code)
        assert text.strip()
        assert not any(line.strip(" -\n") in text.splitlines() for line in removed)
        assert not any(line[:1] in "+−" and line[1:2] == " " for line in text.splitlines() if line)


def colours(page) -> str:
    return page.locator("body").get_attribute("data-md-color-scheme")


def test_the_colours_can_be_chosen_by_keyboard_and_are_remembered(anywhere):
    page = anywhere.open("index.html")
    assert colours(page) == "default"
    page.emulate_media(color_scheme="dark")
    expect(page.locator("body")).to_have_attribute("data-md-color-scheme", "slate")
    page.emulate_media(color_scheme="light")
    expect(page.locator("body")).to_have_attribute("data-md-color-scheme", "default")
    page.locator("input[name=__palette]").first.focus()
    while colours(page) != "slate":
        page.keyboard.press("ArrowRight")
        chosen = page.evaluate("document.activeElement.dataset.mdColorMedia")
        expect(page.locator("body")).to_have_attribute("data-md-color-media", chosen)
        assert chosen != "(prefers-color-scheme)", "round and round, and never dark"
    page.reload()
    assert colours(page) == "slate"
    anywhere.open("setup.html")
    assert colours(page) == "slate"


def test_a_chapter_that_is_marked_as_done_stays_so(anywhere, site):
    (chapter, other, *_) = pages_that_have("done-button", site)
    page = anywhere.open(chapter)
    button = page.locator("button.done-button")
    expect(button).to_have_attribute("aria-pressed", "false")
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(button).to_have_attribute("aria-pressed", "true")
    anywhere.open(other)
    expect(button).to_have_attribute("aria-pressed", "false")
    expect(page.locator(".rungs .done")).to_have_count(1)
    anywhere.open(chapter)
    button.click()
    page.reload()
    expect(button).to_have_attribute("aria-pressed", "false")


def test_each_page_leads_to_the_one_before_and_the_one_after(window, site):
    hrefs = window.open("index.html").locator(".md-nav--primary a.md-nav__link")
    urls = hrefs.evaluate_all("links => links.map(link => link.href.split('#')[0])")
    # The present page stands there twice: with its own contents.
    order = [url.removeprefix(window.root) for url in dict.fromkeys(urls)]
    every = {path.relative_to(site).as_posix() for path in site.rglob("*.html")}
    assert set(order) == {name for name in every if not name.startswith(f"{DECKS}/")}
    links = re.compile(r'<a href="([^"]*)" class="md-footer__link md-footer__link--(\w+)"')
    for name, before, after in zip(order, [None, *order], [*order[1:], None], strict=False):
        found = links.findall((site / name).read_text(encoding="utf-8"))
        leads = {way: posixpath.normpath(f"{name}/../{href}") for href, way in found}
        wanted = {"prev": before, "next": after}
        assert leads == {way: to for way, to in wanted.items() if to}, name


def test_one_leads_to_the_next_page_and_back(anywhere):
    page = anywhere.open("index.html")
    for direction, title in (("next", "Set-up"), ("next", "One module"), ("prev", "Set-up")):
        page.locator(f"a.md-footer__link--{direction}").click()
        expect(page.locator("main h1").first).to_contain_text(title)


def test_hints_and_solutions_are_folded_until_somebody_asks(anywhere, site):
    (chapter, *_) = pages_that_have("exercise", site)
    page = anywhere.open(chapter)
    folded = page.locator(".exercise details")
    assert folded.count() >= 4, "three hints and the solution"
    assert page.locator(".exercise details[open]").count() == 0
    folded.first.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".exercise details[open]")).to_have_count(1)


def test_paper_has_all_that_is_folded_and_nothing_to_click_on(chromium, address, site):
    (chapter, *_) = pages_that_have("exercise", site)
    with visit(chromium, address) as window:
        page = window.open(chapter)
        page.emulate_media(media="print")
        page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        for selector in (".md-header", ".md-sidebar--primary", ".md-search__form", ".done-button"):
            expect(page.locator(selector)).to_be_hidden()
        assert page.locator("main details:not([open])").count() == 0
