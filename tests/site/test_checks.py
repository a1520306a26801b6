"""Each check of the pages finds the fault that is planted, and nothing in a page without one."""

import checks
import pytest
from visit import served, visit

GOOD = """\
<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>A page</title>
  <link rel="icon" href="data:,">
  <style>
    body {{ font: 1rem sans-serif; color: #222; background: #fff; margin: 1rem; }}
    .wide {{ overflow-x: auto; }}
    {style}
  </style>
</head>
<body>
<header><a href="#main">To the text</a> <button type="button">Menu</button></header>
<main id="main">
  <h1>A page</h1>
  <p>Words.</p>
  <div class="wide" tabindex="0" role="region" aria-label="Table"><div style="width: 3000px">
    A wide table</div></div>
  <details open><summary>More</summary><p>Folded away.</p></details>
  <form><label><input type="radio" name="size" checked> small</label>
    <label><input type="radio" name="size"> large</label></form>
  {body}
</main>
</body>
</html>
"""
OTHER = "http://192.0.2.1"  # an address that is nobody's


@pytest.fixture
def shown(chromium, tmp_path):
    """Opens a page with something planted in it; returns a window on it."""
    with served(tmp_path) as root, visit(chromium, root) as window:

        def show(body: str = "", style: str = ""):
            text = GOOD.format(body=body, style=style)
            (tmp_path / "page.html").write_text(text, encoding="utf-8")
            window.open("page.html")
            return window

        yield show


def test_nothing_is_found_in_a_page_without_faults(shown):
    window = shown()
    page = window.page
    found = (
        checks.violations(page),
        checks.out_of_reach(page),
        [checks.too_wide(page, width) for width in (360, 1440)],
        window.watched.complaints(),
        window.watched.elsewhere(),
    )
    assert found == ([], [], [[], []], [], [])


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ('<p style="color: #aaa">Hardly there.</p>', "color-contrast"),
        ('<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">', "image-alt"),
        ("<h4>Too deep</h4>", "heading-order"),
        ("<a href='#main'></a>", "link-name"),
        ('<input type="text">', "label"),
    ],
)
def test_axe_finds_what_is_planted(shown, body, rule):
    found = checks.violations(shown(body).page)
    assert [one.partition(":")[0] for one in found] == [rule]


def test_of_words_of_code_that_look_the_same_axe_sees_one(shown):
    pale, fine, paler = (f'<span style="color: {c}">word</span>' for c in ("#aaa", "#222", "#bbb"))
    page = shown(f"<pre><code>{fine}{pale}{fine}{pale}{pale}{paler}</code></pre>").page
    before = page.content()
    assert [one.partition(":")[0] for one in checks.violations(page)] == 2 * ["color-contrast"]
    assert page.evaluate("document.querySelectorAll('pre span').length") == 6
    assert page.locator("pre").inner_html() in before


@pytest.mark.parametrize("outer", ["background: #333", "opacity: 0.4"])
def test_words_of_code_on_different_grounds_do_not_look_the_same(shown, outer):
    word = '<span style="color: #222">word</span>'
    body = f'<pre><code>{word}</code></pre><pre style="{outer}"><code>{word}</code></pre>'
    assert len(checks.violations(shown(body).page)) == 1


def test_what_is_wrong_in_one_colour_scheme_only_is_found(shown):
    style = "@media (prefers-color-scheme: dark) { .it { color: #bbb; } }"
    page = shown('<p class="it">Hardly there at night.</p>', style).page
    assert checks.violations(page, rules=checks.OF_COLOURS) == []
    page.emulate_media(color_scheme="dark")
    assert len(checks.violations(page, rules=checks.OF_COLOURS)) == 1


def test_the_rules_about_colours_are_all_that_axe_has(shown):
    page = shown().page
    checks.violations(page)
    found = page.evaluate("axe.getRules(['cat.color']).map(rule => rule.ruleId)")
    # That one is of another standard, AAA, and off unless it is asked for.
    assert set(found) - {"color-contrast-enhanced"} == set(checks.OF_COLOURS)


def test_axe_is_asked_about_a_part_of_the_page(shown):
    page = shown('<p style="color: #aaa">Hardly there.</p>').page
    assert checks.violations(page, "header") == []
    assert len(checks.violations(page, "main")) == 1


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ('<p class="long" style="width: 400px">wide</p>', "p.long (wide) reaches beyond the page"),
        (
            '<p class="long" style="overflow: hidden; white-space: nowrap">'
            + "wide " * 30
            + "</p>",
            "is cut off",
        ),
    ],
)
def test_what_a_narrow_window_does_not_show_is_found(shown, body, what):
    page = shown(body).page
    assert checks.too_wide(page, 1440) == []
    (found,) = checks.too_wide(page, 360)
    assert found.endswith(what)


@pytest.mark.parametrize(
    ("body", "style", "what"),
    [
        ('<a href="#main" tabindex="-1">Go</a>', "", "the keyboard does not reach a (Go)"),
        ('<span onclick="this">Go</span>', "", "the keyboard does not reach span (Go)"),
        ("<b>Go</b>", "b { cursor: pointer; }", "the keyboard does not reach b (Go)"),
        (
            '<label>Go<input type="checkbox" style="display: none"></label>',
            "",
            "the keyboard does not reach label (Go)",
        ),
        (
            '<a href="#main" class="plain">Go</a>',
            ".plain { outline: none; }",
            "a.plain (Go) does not show that it has the focus",
        ),
    ],
)
def test_what_only_the_mouse_reaches_is_found(shown, body, style, what):
    assert checks.out_of_reach(shown(body, style).page) == [what]


def test_a_page_that_holds_the_focus_is_found(shown, monkeypatch):
    monkeypatch.setattr(checks, "TABS_AT_MOST", 40)
    trap = """<a href="#main" id="trap">Trap</a><script>
    document.addEventListener("focusin", event => event.stopImmediatePropagation(), true);
    </script>"""
    (found,) = checks.out_of_reach(shown(trap).page)
    assert "never back to the first" in found


@pytest.mark.parametrize(
    "body",
    [
        f'<img alt="" src="{OTHER}/a.png">',
        f'<script src="{OTHER}/a.js"></script>',
        f'<link rel="stylesheet" href="{OTHER}/a.css">',
        f"<style>@import url({OTHER}/a.css);</style>",
        f"<script>fetch('{OTHER}/a').catch(() => 0)</script>",
        f"<script>navigator.sendBeacon('{OTHER}/a')</script>",
        f"<script>new Worker(URL.createObjectURL(new Blob([\"importScripts('{OTHER}/a')\"])))"
        "</script>",
    ],
)
def test_what_is_asked_for_from_elsewhere_is_found(shown, body):
    window = shown(body)
    window.page.wait_for_function("document.readyState === 'complete'")
    for _ in range(200):
        if found := window.watched.elsewhere():
            break
        window.page.wait_for_timeout(25)
    assert found
    assert all(url.startswith(OTHER) for url in found)


def test_what_is_above_the_directory_of_a_file_is_elsewhere(chromium, tmp_path):
    (tmp_path / "site").mkdir()
    (tmp_path / "a.css").write_text("")
    page = tmp_path / "site" / "page.html"
    page.write_text(GOOD.format(style="", body='<link rel="stylesheet" href="../a.css">'))
    with visit(chromium, page.parent.as_uri() + "/") as window:
        window.open(page.name)
        assert window.watched.elsewhere() == [(tmp_path / "a.css").as_uri()]


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("<script>console.error('out of order')</script>", "error: out of order"),
        ("<script>console.warn('old')</script>", "warning: old"),
        ("<script>nothing.at.all</script>", "nothing is not defined"),
        ('<script src="gone.js"></script>', "404 for "),
    ],
)
def test_what_a_page_complains_of_is_found(shown, body, what):
    found = shown(body).watched.complaints()
    assert any(what in one for one in found), found
