"""Everything can be done with the keyboard alone, and one sees where one is."""

from playwright.sync_api import expect
from visitor import FORMS_ON_PAGES_OF_THEIR_OWN, SOON

from tests.podium_api import unique

FOCUS_IS_VISIBLE = """() => {
    const style = getComputedStyle(document.activeElement);
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2)
        || style.boxShadow !== "none";
}"""


def test_somebody_logs_in_asks_and_votes_with_the_keyboard_alone(visitor, podium):
    person = podium.register()
    podium.ask(f"Something to vote for {unique()}?")
    user = visitor().open()
    keyboard = user.page.keyboard
    if user.step >= FORMS_ON_PAGES_OF_THEIR_OWN:
        user.tab_to("a[href*='/login']")
        keyboard.press("Enter")
        expect(user.find("form#login")).to_be_visible()
    if not user.page.evaluate("document.activeElement.matches('form#login [name=nickname]')"):
        user.tab_to("form#login [name=nickname]")
    user.page.wait_for_function(FOCUS_IS_VISIBLE)
    keyboard.type(person.nickname)
    user.tab_to("form#login [name=password]", most=2)
    keyboard.type(person.password)
    keyboard.press("Enter")
    expect(user.find("#whoami")).to_have_text(person.nickname)

    source = f"By keyboard {unique()}?"
    if not user.page.url.endswith(user.talk):
        user.open()
    user.tab_to("form#ask textarea")
    user.page.wait_for_function(FOCUS_IS_VISIBLE)
    keyboard.type(source)
    user.tab_to("form#ask button, form#ask [type=submit]", most=3)
    user.page.wait_for_function(FOCUS_IS_VISIBLE)
    keyboard.press("Enter")
    expect(user.question_with(source)).to_be_visible()

    first = user.find("li.question").first
    id, score = first.get_attribute("data-id"), int(first.locator(".score").inner_text())
    user.open()
    user.tab_to(f'li.question[data-id="{id}"] button.vote')
    user.page.wait_for_function(FOCUS_IS_VISIBLE)
    keyboard.press("Enter")
    vote = user.question(id).locator("button.vote")
    expect(vote).to_have_attribute("aria-pressed", "true")
    expect(user.question(id).locator(".score")).to_have_text(str(score + 1), timeout=SOON)


def test_every_control_has_a_name(visitor, organiser):
    host = visitor().log_in(organiser)
    nameless = host.page.evaluate(
        """() => [...document.querySelectorAll("button, a[href], input, textarea")].filter(each => {
            if (!each.checkVisibility() || each.type === "hidden") return false;
            const label = [...(each.labels ?? [])].map(label => label.textContent).join("");
            return !(each.getAttribute("aria-label") || each.textContent + label).trim();
        }).map(each => each.outerHTML)"""
    )
    assert nameless == []


def test_the_first_tab_leads_past_the_header(visitor):
    reader = visitor().open()
    reader.page.keyboard.press("Tab")
    reader.page.keyboard.press("Enter")
    assert reader.page.evaluate("location.hash.length > 1")
