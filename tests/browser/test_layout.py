"""The page as one sees and touches it: nothing jumps, overflows, or is too faint to read."""

import pytest
from playwright.sync_api import expect
from visitor import SOON, ids_of, submit

from tests.podium_api import unique

pytestmark = pytest.mark.looks

LONG = (
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 3
    + "\n\n```\n"
    + "x = 1; " * 60
    + "\n```\n\nhttp://192.0.2.1/"
    + "a" * 300
    + "\n\n"
    + "> " * 12
    + "deep\n\n"
    + "- " * 12
    + "deep"
)
# Every text that can be seen, with its contrast and what WCAG 2.2 AA asks of it (1.4.3).
CONTRASTS = """() => {
    const context = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
    const rgba = colour => {
        context.clearRect(0, 0, 1, 1);
        context.fillStyle = colour;
        context.fillRect(0, 0, 1, 1);
        return [...context.getImageData(0, 0, 1, 1).data];
    };
    const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
        .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const background = element => {
        for (let each = element; each; each = each.parentElement) {
            const colour = rgba(getComputedStyle(each).backgroundColor);
            if (colour[3] > 250) return colour;
        }
        return rgba(getComputedStyle(document.documentElement).colorScheme.includes("dark")
            && matchMedia("(prefers-color-scheme: dark)").matches ? "#121212" : "#fff");
    };
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        const text = walker.currentNode.textContent.trim();
        const box = element.getBoundingClientRect();
        const seen = element.checkVisibility({visibilityProperty: true}) && box.right > 0;
        if (!text || !seen || element.closest(":disabled")) continue;
        const style = getComputedStyle(element);
        const [a, b] = [light(rgba(style.color)), light(background(element))];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        const size = parseFloat(style.fontSize);
        const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
        found.push({text: text.slice(0, 40), ratio, asked: large ? 3 : 4.5});
    }
    return found;
}"""


def test_the_list_does_not_move_under_the_pointer(visitor, podium):
    reader = visitor().open()
    low, question = (podium.ask(f"{name} {unique()}?") for name in ("Rising", "Pointed at"))
    item = reader.question(question["id"])
    expect(item).to_be_visible(timeout=SOON)
    item.scroll_into_view_if_needed()
    item.hover()
    before, order = item.bounding_box(), ids_of(reader)
    for voter in [podium.register() for _ in range(3)]:
        voter.vote(low)
    new = podium.ask(f"Brand new {unique()}?")
    button = reader.find("#show-new")
    expect(button).to_be_visible(timeout=SOON)
    expect(button).to_have_text("1 new question")
    expect(reader.question(low["id"]).locator(".score")).to_have_text("3", timeout=SOON)
    assert item.bounding_box() == pytest.approx(before, abs=0.5)
    assert item.evaluate("item => item.matches(':hover')")
    assert ids_of(reader) == order
    button.click()
    expect(reader.question(new["id"])).to_be_visible()
    expect(button).to_be_hidden()
    wanted = [str(each["id"]) for each in podium.questions()]
    assert ids_of(reader) == wanted


def test_the_list_does_not_move_while_somebody_writes_in_it(visitor, podium, ada):
    author = visitor().log_in(ada)
    question = ada.ask(f"To be rewritten {unique()}?")
    item = author.question(question["id"])
    expect(item).to_be_visible(timeout=SOON)
    item.locator(".edit").click()
    field = author.find("form:not(#ask) textarea[name=source]:visible")
    field.fill("Half a sentence")
    author.page.mouse.move(2, 2)
    other = podium.ask(f"Meanwhile {unique()}?")
    if author.page.url.endswith(author.talk) or "#question" in author.page.url:
        expect(
            author.find("#show-new:visible").or_(author.question(other["id"])).first
        ).to_be_visible(timeout=SOON)
    expect(field).to_have_value("Half a sentence")
    expect(field).to_be_focused()
    submit(author.find("form:not(#ask)").filter(has=author.find("textarea:visible")))
    expect(author.question(question["id"]).locator(".html")).to_contain_text("Half a sentence")


def test_the_list_sorts_itself_while_nobody_points_at_it(visitor, podium):
    reader = visitor().open()
    reader.page.mouse.move(2, 2)
    first, second = (podium.ask(f"{name} {unique()}?") for name in ("First", "Second"))
    expect(reader.question(second["id"])).to_be_visible(timeout=SOON)
    podium.register().vote(second)
    order = f"""() => {{
        const ids = [...document.querySelectorAll("li.question")].map(item => item.dataset.id);
        return ids.indexOf("{second["id"]}") < ids.indexOf("{first["id"]}");
    }}"""
    reader.page.wait_for_function(order, timeout=SOON)


@pytest.mark.parametrize("path", ["/", "{talk}", "/nothing"])
@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_wider_than_the_screen(visitor, podium, path, width):
    podium.ask(LONG)
    reader = visitor(viewport={"width": width, "height": 800})
    reader.expect_complaints("status of 404")
    reader.open(path.format(talk=reader.talk))
    assert reader.page.evaluate("document.scrollingElement.scrollWidth") <= width
    sticking_out = reader.page.evaluate(
        """() => [...document.querySelectorAll("body *")].filter(element => {
            const box = element.getBoundingClientRect();
            return element.checkVisibility() && box.width && box.right > innerWidth + 1
                && !element.closest("pre");
        }).map(element => element.outerHTML.slice(0, 80))"""
    )
    assert sticking_out == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_has_enough_contrast(visitor, podium, organiser, scheme):
    host = visitor(color_scheme=scheme, reduced_motion="reduce")
    host.expect_complaints("status of 40[04]")
    question = podium.ask(f"**Bold** [link]({podium.slow_site_url}/page/1) `code`\n\n> quote")
    organiser.put(f"/api/questions/{question['id']}/answered")
    host.log_in(organiser)
    expect(host.question(question["id"]).locator("a.preview")).to_be_visible(timeout=SOON)
    host.ask("  ")
    expect(host.find("form#ask [role=alert]:visible")).to_be_visible()
    for path in (None, "/", "/nothing"):
        if path:
            host.open(path)
        found = host.page.evaluate(CONTRASTS)
        assert found
        faint = [each for each in found if each["ratio"] < each["asked"]]
        assert faint == []


def test_the_contrast_test_notices_grey_on_grey(visitor):
    reader = visitor().open("/")
    reader.page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<p class=faint>Faint text</p>');"
        "const style = document.querySelector('.faint').style;"
        "style.color = '#999'; style.backgroundColor = '#aaa';"
    )
    found = reader.page.evaluate(CONTRASTS)
    assert [each["text"] for each in found if each["ratio"] < each["asked"]] == ["Faint text"]


def test_dark_mode_is_dark_and_light_mode_is_light(visitor):
    colours = {}
    for scheme in ("light", "dark"):
        reader = visitor(color_scheme=scheme).open()
        colour = reader.page.evaluate("getComputedStyle(document.body).backgroundColor")
        colours[scheme] = sum(map(int, colour.removeprefix("rgb(").removesuffix(")").split(",")))
    assert colours["light"] > 600
    assert colours["dark"] < 150
