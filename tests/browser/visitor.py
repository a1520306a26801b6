"""Somebody at a browser, who does by the page's own means what people do."""

import re

from playwright.sync_api import expect

# A talk's page asks for news every two seconds; a busy machine needs much longer to show them. It
# costs nothing elsewhere: a test waits only until they are there.
SOON = 20_000  # milliseconds
expect.set_options(timeout=SOON)
# The page's clock runs faster by this factor, so that two seconds between two polls are 0.25.
HASTE = 4
HURRY = f"""
const patiently = window.setTimeout;
window.setTimeout = (call, delay = 0, ...rest) => patiently(call, delay / {HASTE}, ...rest);
"""
FORMS_ON_PAGES_OF_THEIR_OWN = 5  # from this step on: /login and /register


class Visitor:
    """One browser context with one page, and what its console complained of."""

    def __init__(self, context, podium, step):
        self.context, self.podium, self.step = context, podium, step
        self.talk = f"/talks/{podium.talk}"
        self.complaints, self.dialogs = [], []
        self.expected = None
        context.add_init_script(HURRY)
        self.page = context.new_page()
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))
        self.page.on("dialog", self._answer)

    def expect_complaints(self, pattern):
        """Let the console say what matches; the browser reports every answer with an error."""
        self.expected = re.compile(pattern)

    def _heard(self, message):
        if message.type in ("error", "warning"):
            text = f"{message.type}: {message.text} at {message.location.get('url')}"
            if not (self.expected and self.expected.search(text)):
                self.complaints.append(text)

    def _answer(self, dialog):
        self.dialogs.append(dialog.message)
        dialog.accept()

    def open(self, path=None):
        self.page.goto(path or self.talk)
        return self

    def find(self, selector):
        return self.page.locator(selector)

    def log_in(self, person):
        """Log in and be on the page of the talk."""
        self.fill_login(person.nickname, person.password)
        expect(self.find("#whoami")).to_have_text(person.nickname)
        if not self.page.url.endswith(self.talk):
            self.open()
        # Before its modules run, the page would send a form in the way of pages without them.
        self.page.wait_for_load_state()
        return self

    def fill_login(self, nickname, password, form="login"):
        """Send the form `login` or `register`."""
        self.open(f"/{form}" if self.step >= FORMS_ON_PAGES_OF_THEIR_OWN else None)
        field = self.find(f"form#{form} [name=nickname]")
        if not field.is_visible():  # a small screen has room for the questions or the forms
            self.find("a[href='#people']").click()
        field.fill(nickname)
        self.find(f"form#{form} [name=password]").fill(password)
        submit(self.find(f"form#{form}"))

    def ask(self, source):
        self.find("form#ask textarea").fill(source)
        submit(self.find("form#ask"))

    def question(self, id):
        return self.find(f'li.question[data-id="{id}"]')

    def question_with(self, text):
        return self.find("li.question").filter(has_text=text)

    def show_new(self):
        """Let the list show what is new, if it waits to be asked."""
        self.page.mouse.move(2, 2)
        button = self.find("#show-new")
        if button.is_visible():
            button.click()

    def edit(self, item, source):
        item.locator(".edit").click()
        field = self.find("form:not(#ask) textarea[name=source]:visible")
        field.fill(source)
        submit(self.find("form:not(#ask)").filter(has=self.find("textarea:visible")))

    def delete(self, item):
        """Press delete, and once more where the page asks whether that is meant."""
        id = item.get_attribute("data-id")
        item.locator(".delete").click()
        button = self.question(id).locator(".delete")
        if button.count() and "really" in (button.text_content() or "").lower():
            button.click()
        expect(self.question(id)).to_have_count(0)

    def tab_to(self, selector, most=120):
        """Press Tab until an element has the focus; return how often that was."""
        for count in range(1, most + 1):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("s => document.activeElement.matches(s)", selector):
                return count
        raise AssertionError(f"{selector} has no focus after {most} times Tab")


def before_it_is_read(ask, tries=4):
    """Return what `ask()` returns: the items, in one or more browsers, of a new question.

    Its link must not have been read yet when they are seen. A busy machine may be late for that;
    then somebody asks again.
    """
    for _ in range(tries):
        items = ask()
        for item in items:
            expect(item.locator(".preview").first).to_be_visible(timeout=SOON)
        notes = [item.get_by_text("Reading the linked page …") for item in items]
        if all(note.is_visible() for note in notes):
            return items
    raise AssertionError(f"of {tries} previews each was there before anybody could see it pending")


def submit(form):
    form.locator("button:not([type=button]), [type=submit]").first.click()


def ids_of(visitor):
    """Return the ids of the questions that a visitor sees, in their order."""
    return visitor.page.eval_on_selector_all(
        "li.question", "items => items.map(item => item.dataset.id)"
    )
