"""What is wrong with a page that a browser shows: each check returns it in sentences."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page

axe = Axe()
# More than any page has things to press.
TABS_AT_MOST = 2_000
HERE = ("data:", "blob:", "about:")
# The rules of axe-core whose answer depends on colours.
OF_COLOURS = ("color-contrast", "link-in-text-block")

NAME = """
  const name = element => {
    const id = element.id ? "#" + element.id : "";
    const classes = [...element.classList].map(one => "." + one).join("");
    const text = (element.innerText || "").trim().replace(/\\s+/g, " ").slice(0, 40);
    return element.tagName.toLowerCase() + id + classes + (text ? ` (${text})` : "");
  };
"""

TOO_WIDE = f"""() => {{
  {NAME}
  const width = document.documentElement.clientWidth;
  const found = [];
  const scrolls = element => {{
    for (let box = element.parentElement; box && box !== document.body; box = box.parentElement)
      if (getComputedStyle(box).overflowX !== "visible") return true;
    return false;
  }};
  if (document.documentElement.scrollWidth > width)
    for (const element of document.body.querySelectorAll("*"))
      if (element.getBoundingClientRect().right > width + 0.5 && !scrolls(element))
        found.push(`${{name(element)}} reaches beyond the page`);
  if (document.documentElement.scrollWidth > width && !found.length)
    found.push("the page is wider than the window");
  for (const element of document.querySelectorAll("main *"))
    // The theme's menu waits beside a narrow window, and is as wide as it likes.
    if (!element.closest(".md-sidebar")
        && ["hidden", "clip"].includes(getComputedStyle(element).overflowX)
        && element.clientWidth > 1 && element.scrollWidth > element.clientWidth + 1
        && getComputedStyle(element).textOverflow !== "ellipsis")
      found.push(`${{name(element)}} is cut off`);
  return found;
}}"""

WATCH_FOCUS = f"""() => {{
  {NAME}
  const focus = window.courseFocus = {{ reached: new Set(), invisible: [], again: false }};
  document.addEventListener("focusin", event => {{
    const element = event.target;
    if (focus.reached.has(element)) {{ focus.again = true; return; }}
    focus.reached.add(element);
    const style = getComputedStyle(element), box = element.getBoundingClientRect();
    const seen = box.width > 1 && box.height > 1 && style.opacity !== "0";
    if (seen && style.outlineStyle === "none" && style.boxShadow === "none")
      focus.invisible.push(name(element));
  }});
}}"""

UNREACHED = f"""() => {{
  {NAME}
  const {{ reached }} = window.courseFocus;
  const pointed = element => getComputedStyle(element).cursor === "pointer";
  const visible = element => {{
    const box = element.getBoundingClientRect(), style = getComputedStyle(element);
    return box.width > 0 && box.height > 0 && style.visibility === "visible"
      && box.right > 0 && style.opacity !== "0" && style.pointerEvents !== "none";
  }};
  const group = input => input.type === "radio"
    // The arrow keys lead to the others of a group.
    ? [...document.querySelectorAll("input[type=radio]")].filter(one => one.name === input.name)
    : [input];
  const works = element => {{
    for (let one = element; one; one = one.parentElement) if (reached.has(one)) return true;
    const label = element.closest("label");
    if (label?.control && group(label.control).some(one => reached.has(one))) return true;
    // What stands in a form beside its field only leads into the field.
    const field = label?.closest("form")?.querySelector("input:not([type=checkbox])");
    return (field && reached.has(field)) || group(element).some(one => reached.has(one));
  }};
  const things = "a[href], button, input, select, textarea, summary, label, [onclick],"
    + " [role=button], [role=link], [role=tab], [tabindex]:not([tabindex='-1'])";
  return [...document.querySelectorAll("body *")]
    .filter(one => one.matches(things) || (pointed(one) && !pointed(one.parentElement)))
    // A click beside what is open closes it, as Escape does.
    .filter(one => !one.matches(".md-overlay, .md-search__overlay"))
    .filter(one => visible(one) && !one.disabled && !works(one))
    .map(name);
}}"""


# Words of code that look the same on the same ground have the same contrast, and nothing else that
# could be wrong: axe is shown one of each kind. A page has thousands, which takes it long.
TAKE_OUT_ALIKE = """() => {
  const looks = new WeakMap(), seen = new Set();
  const look = element => {
    if (!element) return "";
    if (!looks.has(element)) {
      const style = getComputedStyle(element);
      looks.set(element, [look(element.parentElement), style.color, style.backgroundColor,
        style.backgroundImage, style.opacity, style.fontSize, style.fontWeight, style.textShadow,
        style.filter, style.position].join());
    }
    return looks.get(element);
  };
  const plain = element => !element.childElementCount
    && [...element.attributes].every(attribute => ["class", "style"].includes(attribute.name));
  const alike = [...document.querySelectorAll(":is(pre, .columns) span")].filter(plain)
    .filter(element => seen.has(look(element)) || !seen.add(look(element)));
  window.courseTakenOut = alike.map(element => [element, new Comment("alike")]);
  for (const [element, mark] of window.courseTakenOut) element.replaceWith(mark);
}"""
PUT_BACK = """() => {
  for (const [element, mark] of window.courseTakenOut) mark.replaceWith(element);
}"""


def violations(page: Page, context: str | None = None, rules: tuple[str, ...] = ()) -> list[str]:
    """Return what axe-core finds, by all its rules or by `rules`.

    `context` is the selector of the elements to look at, by default all.
    """
    options = {"runOnly": {"type": "rule", "values": rules}} if rules else {}
    page.evaluate(TAKE_OUT_ALIKE)
    found = axe.run(page, context, {"resultTypes": ["violations"]} | options).response
    page.evaluate(PUT_BACK)
    return [
        f"{violation['id']}: {' '.join(map(str, node['target']))}: {_reasons(node)}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def _reasons(node: dict) -> str:
    return "; ".join(reason["message"] for kind in ("any", "all", "none") for reason in node[kind])


def too_wide(page: Page, width: int) -> list[str]:
    """Return what reaches beyond a window of that width, or is cut off in it."""
    page.set_viewport_size({"width": width, "height": 900})
    return page.evaluate(TOO_WIDE)


def out_of_reach(page: Page) -> list[str]:
    """Press Tab through a page; return what one can click on and has not got to, or not seen."""
    page.evaluate(WATCH_FOCUS)
    for _ in range(0, TABS_AT_MOST, 20):
        for _ in range(20):
            page.keyboard.down("Tab")  # held down, as it were: half the messages of a press
        if page.evaluate("window.courseFocus.again"):
            page.keyboard.up("Tab")
            break
    else:
        return [f"Tab leads to more than {TABS_AT_MOST} things, or never back to the first"]
    invisible = page.evaluate("window.courseFocus.invisible")
    return [
        *(f"the keyboard does not reach {name}" for name in page.evaluate(UNREACHED)),
        *(f"{name} does not show that it has the focus" for name in invisible),
    ]


class Watched:
    """Notes what the pages of a context complain of, and what they ask for from elsewhere.

    `root` is what begins the address of all that is theirs. Nothing else is let through.
    """

    def __init__(self, context: BrowserContext, root: str) -> None:
        self._root = root
        self._complaints: list[str] = []
        self._elsewhere: list[str] = []
        context.on("console", self._console)
        context.on("weberror", lambda error: self._complaints.append(str(error.error)))
        context.on("response", self._response)
        context.on("requestfailed", self._failed)
        context.route(lambda url: self._is_elsewhere(url), self._refuse)

    def complaints(self) -> list[str]:
        """Return the errors since the last call: in the console, thrown, failed requests."""
        found, self._complaints = self._complaints, []
        return found

    def elsewhere(self) -> list[str]:
        """Return the addresses outside of the site that were asked for since the last call."""
        found, self._elsewhere = self._elsewhere, []
        return found

    def _is_elsewhere(self, url: str) -> bool:
        return not url.startswith((self._root, *HERE))

    def _refuse(self, route) -> None:
        self._elsewhere.append(route.request.url)
        route.abort()

    def _console(self, message) -> None:
        if message.type in ("error", "warning"):
            self._complaints.append(f"{message.type}: {message.text}")

    def _response(self, response) -> None:
        if response.status >= 400:
            self._complaints.append(f"{response.status} for {response.url}")

    def _failed(self, request) -> None:
        # Leaving a page ends what it still loads.
        if request.failure != "net::ERR_ABORTED":
            self._complaints.append(f"{request.failure} for {request.url}")
