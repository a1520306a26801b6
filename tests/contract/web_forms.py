"""A browser without JavaScript: opens pages, follows links, fills in forms and keeps cookies."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin

import httpx


@dataclass
class Form:
    """A form as the page has it; `question` is the id of the question that it is in."""

    id: str | None
    action: str
    method: str
    question: str | None
    values: dict[str, str] = field(default_factory=dict)
    buttons: list[dict] = field(default_factory=list)

    def button(self, name):
        """Return the button with that class or id."""
        return next(each for each in self.buttons if name in names_of(each))


def names_of(attrs):
    return [attrs.get("id"), *(attrs.get("class") or "").split()]


class Page(HTMLParser):
    """What somebody can do on a page."""

    def __init__(self, answer):
        super().__init__(convert_charrefs=True)
        self.answer = answer
        self.url = str(answer.url)
        self.status = answer.status_code
        self.forms, self.links, self.texts = [], [], {}
        self._form = self._textarea = self._question = self._id = None
        self.feed(answer.text)
        self.close()

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self._id = attrs.get("id")
        if tag == "li" and attrs.get("data-id"):
            self._question = attrs["data-id"]
        elif tag == "form":
            action = urljoin(self.url, attrs.get("action") or self.url)
            method = (attrs.get("method") or "get").upper()
            self._form = Form(attrs.get("id"), action, method, self._question)
            # Nobody can press a button in a hidden form.
            if "hidden" not in attrs:
                self.forms.append(self._form)
        elif tag == "a":
            self.links.append(attrs | {"question": self._question})
        elif self._form is None:
            return
        elif tag == "textarea":
            self._textarea = attrs["name"]
            self._form.values[self._textarea] = ""
        elif tag == "button" or attrs.get("type") == "submit":
            self._form.buttons.append(attrs)
        elif tag == "input" and attrs.get("name"):
            self._form.values[attrs["name"]] = attrs.get("value") or ""

    def handle_endtag(self, tag):
        if tag == "form":
            self._form = None
        elif tag == "textarea":
            self._textarea = None
        elif tag == "ol":
            self._question = None

    def handle_data(self, data):
        if self._textarea is not None and self._form is not None:
            # A line break right after <textarea> does not belong to its text.
            text = self._form.values[self._textarea] + data
            self._form.values[self._textarea] = re.sub(r"^\n", "", text)
        if self._id:
            self.texts[self._id] = self.texts.get(self._id, "") + data.strip()

    @property
    def whoami(self):
        return self.texts.get("whoami")

    def form(self, name, question=None):
        """Return the form with that id, or with a button of that class or id."""
        for form in self.forms:
            here = question is None or form.question == str(question)
            named = [form.id, *(name for each in form.buttons for name in names_of(each))]
            if here and name in named:
                return form
        raise LookupError(f"{self.url} ({self.status}) has no form {name!r} in {question}")

    def has_form(self, name, question=None):
        try:
            return bool(self.form(name, question))
        except LookupError:
            return False

    def link(self, name):
        """Return the address of the link with that class."""
        return next(
            urljoin(self.url, each["href"]) for each in self.links if name in names_of(each)
        )


class Browser:
    """One person's browser."""

    def __init__(self, podium):
        self.http = httpx.Client(
            base_url=podium.url, timeout=20, trust_env=False, follow_redirects=True
        )
        self.talk = f"/talks/{podium.talk}"

    def open(self, path):
        return Page(self.http.get(path))

    def submit(self, form, button=None, *, follow=True, without=(), **values):
        """Press `button` of a form that is filled in with `values`; return the page that comes."""
        data = form.values | values
        if button and form.button(button).get("name"):
            pressed = form.button(button)
            data[pressed["name"]] = pressed.get("value") or ""
        data = {name: value for name, value in data.items() if name not in without}
        if form.method == "GET":
            return Page(self.http.get(f"{form.action}?{urlencode(data)}"))
        answer = self.http.post(form.action, data=data, follow_redirects=follow)
        return Page(answer) if follow else answer

    def register(self, nickname, password):
        form = self.open("/register").form("register")
        return self.submit(form, nickname=nickname, password=password)

    def log_in(self, nickname, password):
        form = self.open("/login").form("login")
        return self.submit(form, nickname=nickname, password=password)

    def ask(self, source):
        return self.submit(self.open(self.talk).form("ask"), source=source)

    def press(self, name, question):
        """Press the button of that class in a question on the page of the talk."""
        page = self.open(self.talk)
        for link in page.links:
            if link["question"] == str(question) and name in names_of(link):
                return self.open(urljoin(page.url, link["href"]))
        return self.submit(page.form(name, question), name)
