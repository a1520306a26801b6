"""The page of a talk when things go wrong: late answers, an expired token, a small screen."""

import re

import pytest
from playwright.sync_api import expect
from visitor import SOON

from tests.podium_api import unique

# Holds back the first answer to a poll until `letGo()` is called.
HOLD_A_POLL = """() => {
    const fetched = window.fetch.bind(window);
    window.fetch = async (url, options) => {
        const response = await fetched(url, options);
        if (!window.letGo && /questions[?]/.test(url)) {
            await new Promise(resolve => { window.letGo = () => { resolve(); return true; }; });
            window.late = true;
        }
        return response;
    };
}"""


@pytest.mark.until(4)
def test_a_password_never_gets_into_the_address(visitor):
    plain = visitor(java_script_enabled=False).open()
    for form in ("login", "register", "ask"):
        expect(plain.find(f"form#{form}")).to_be_hidden()
        expect(plain.find(f"form#{form}")).to_have_attribute("method", "post")


@pytest.mark.until(11)
def test_an_answer_from_before_does_not_take_an_own_question_away(visitor, podium, ada):
    asker = visitor().log_in(ada)
    asker.page.evaluate(HOLD_A_POLL)
    asker.page.wait_for_function("() => Boolean(window.letGo)", timeout=SOON)
    source = f"Here to stay {unique()}?"
    asker.ask(source)
    item = asker.question_with(source)
    expect(item).to_be_visible()
    item.evaluate(
        """item => {
            window.gone = false;
            new MutationObserver(() => { window.gone ||= !item.isConnected; })
                .observe(item.parentElement, {childList: true});
        }"""
    )
    asker.page.evaluate("() => letGo()")
    other = podium.ask(f"News after that {unique()}?")
    shown = asker.question(other["id"]).or_(asker.find("#show-new:visible"))
    expect(shown.first).to_be_visible(timeout=SOON)
    assert asker.page.evaluate("[late, gone]") == [True, False]


@pytest.mark.until(4)
def test_a_vote_shows_at_once_and_is_taken_back_when_it_fails(visitor, podium, ada):
    question = podium.ask(f"Will it count {unique()}?")
    voter = visitor().log_in(ada)
    voter.expect_complaints("ERR_FAILED|Failed to load")
    item = voter.question(question["id"])
    expect(item).to_be_visible(timeout=SOON)
    held = []
    voter.page.route("**/vote", lambda route: held.append(route))
    with voter.page.expect_request("**/vote"):
        item.locator(".vote").click()
    expect(item.locator(".score")).to_have_text("1")
    expect(item.locator(".vote")).to_have_attribute("aria-pressed", "true")
    held[0].abort()
    expect(item.locator(".score")).to_have_text("0")
    expect(item.locator(".vote")).to_have_attribute("aria-pressed", "false")
    expect(item.locator("[role=alert]")).to_contain_text("connection")


@pytest.mark.until(4)
def test_who_was_logged_out_meanwhile_is_told_so(visitor, podium):
    person = podium.register()
    user = visitor().log_in(person)
    user.expect_complaints("status of 401")
    user.page.evaluate(
        "sessionStorage.podium = JSON.stringify({...JSON.parse(sessionStorage.podium), token: 'x'})"
    )
    user.open()
    expect(user.find("#notice")).to_contain_text("logged out")
    expect(user.find("form#login")).to_be_visible()


def test_news_waits_within_reach_of_a_thumb(visitor, podium):
    phone = visitor(viewport={"width": 360, "height": 640}, has_touch=True, is_mobile=True).open()
    expect(phone.find("#present")).to_have_text(re.compile(r"\d"), timeout=SOON)
    item = phone.find("li.question").nth(1)
    item.evaluate("item => item.scrollIntoView({block: 'center'})")
    before = item.bounding_box()
    new = podium.ask(f"From the back row {unique()}?")
    button = phone.find("#show-new")
    expect(button).to_be_in_viewport(timeout=SOON)
    assert item.bounding_box() == pytest.approx(before, abs=0.5)
    button.tap()
    expect(phone.question(new["id"])).to_be_in_viewport()
