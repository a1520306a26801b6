"""What people write into a question does nothing but stand there."""

import re

import pytest
from playwright.sync_api import expect
from visitor import SOON

from tests.podium_api import unique

PAYLOADS = [
    "<script>window.hacked = 'script'; alert(1)</script>",
    "<img src=x onerror=\"window.hacked = 'onerror'; alert(1)\">",
    "<svg onload=\"window.hacked = 'svg'\"><script>window.hacked = 1</script></svg>",
    "<iframe srcdoc=\"<script>parent.hacked = 'iframe'</script>\"></iframe>",
    "<details open ontoggle=\"window.hacked = 'toggle'\">x</details>",
    "<input autofocus onfocus=\"window.hacked = 'focus'\">",
    "<style>body { display: none !important }</style>",
    "<form action=http://192.0.2.1/><button>Log in</button></form>",
    "[press me](javascript:window.hacked='link')",
    "![x\" onerror=\"window.hacked='image'](/none.png)",
    "</template></li></ol><script>window.hacked = 'template'</script>",
]
WATCH = """
window.violations = [];
addEventListener("securitypolicyviolation", event => violations.push(event.violatedDirective));
"""


@pytest.mark.core
@pytest.mark.parametrize("late", [False, True], ids=["at the first load", "while the page is open"])
def test_payloads_in_questions_do_nothing(visitor, podium, late):
    reader = visitor()
    reader.page.add_init_script(WATCH)
    if late:
        reader.open()
        expect(reader.find("#present")).to_have_text(re.compile(r"\d"), timeout=SOON)
    ids = [podium.ask(f"{unique()}\n\n{payload}")["id"] for payload in PAYLOADS]
    if not late:
        reader.open()
    for id in ids:
        expect(reader.question(id)).to_be_visible(timeout=SOON)
    for link in (
        reader.find(
            "#questions .html a",
        )
        .filter(has_text="press me")
        .all()
    ):
        link.click()
    assert reader.page.evaluate("typeof window.hacked") == "undefined"
    assert reader.dialogs == []
    assert reader.page.evaluate("violations") == []
    foreign = "script, style, iframe, img, svg, form, input, object, embed, template"
    assert reader.find("#questions .html").locator(foreign).count() == 0
    assert reader.page.evaluate("getComputedStyle(document.body).display") != "none"


def test_the_page_would_notice_a_payload_that_works(visitor):
    """The guard above is worth something only if it goes red: so run one on purpose."""
    reader = visitor().open()
    reader.page.evaluate("window.hacked = 'yes'; alert(1)")
    assert reader.page.evaluate("typeof window.hacked") != "undefined"
    assert reader.dialogs == ["1"]


def test_the_policy_of_the_page_stops_what_slips_through(visitor):
    reader = visitor()
    reader.expect_complaints("Content Security Policy|none.png")
    reader.page.add_init_script(WATCH)
    reader.open()
    reader.page.evaluate(
        """() => {
            const html = '<img src=/none.png onerror="window.hacked = 1">';
            document.querySelector(".html").innerHTML = html;
            const script = document.createElement("script");
            script.textContent = "window.hacked = 2";
            document.body.append(script);
        }"""
    )
    reader.page.wait_for_function("violations.length >= 2")
    assert reader.page.evaluate("typeof window.hacked") == "undefined"
