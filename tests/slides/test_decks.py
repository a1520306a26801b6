"""Every slide fits on 1280 × 720, with all that clicks show, and can be read."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from looks import slides, too_large, unreadable
from pypdf import PdfReader

from course import catalog
from course.slides import checks, printing
from course.slides.deck import DECKS

HEAD = "title: Planted\nminutes: 1\n---\nminutes: 1\nkind: code\n\n"
SLIDE = HEAD + "# A title\n\n{}\n\nNotes:\nSay: a\n"


def test_the_decks_are_as_they_should_be(decks):
    assert checks.check([each for each, _ in decks.values()], catalog.load()) == []


@pytest.mark.parametrize("name", DECKS)
def test_every_slide_fits_and_can_be_read(page, decks, name):
    deck, url = decks[name]
    faults = []
    for number in slides(page, url):
        what = deck.place(deck.slides[number - 1])
        faults += [f"{what}: {fault}" for fault in (*too_large(page), *unreadable(page))]
    assert faults == []
    assert number == len(deck.slides)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("```text\n" + "a line\n" * 40 + "```", "px too low"),
        ("```text\n" + "a long line " * 20 + "\n```", "px too long"),
        ('<p style="width: 1500px">wide</p>', "is too wide"),
        ("- a point\n" * 30, "px too low"),
    ],
)
def test_what_does_not_fit_is_found(page, built, body, says):
    for _ in slides(page, built(SLIDE.format(body))):
        assert any(says in fault for fault in too_large(page))


def test_what_fits_is_not_found(page, built):
    for _ in slides(page, built(SLIDE.format("```text\na line\n```"))):
        assert too_large(page) == []
        assert unreadable(page) == []


def test_what_cannot_be_read_is_found(page, built):
    for _ in slides(page, built(SLIDE.format('<p style="color: #bbbbbb">pale</p>'))):
        assert any("pale" in fault for fault in unreadable(page))


def test_lines_stand_out_with_each_click(page, built):
    block = (
        '```listing\nstep: 1\nfile: podium.py\nsymbol: sensible\nsteps: [["def "], ["return"]]\n```'
    )
    page.goto(built(SLIDE.format(block)))
    page.wait_for_function(printing.READY)
    away = "document.querySelectorAll('.line.away').length"
    lines = page.evaluate("document.querySelectorAll('.line').length")
    assert page.evaluate(away) == 0
    page.keyboard.press("ArrowRight")
    assert 0 < page.evaluate(away) < lines
    first = page.inner_text(".line:not(.away)")
    page.keyboard.press("ArrowRight")
    assert page.inner_text(".line:not(.away)") != first


def test_the_presenter_sees_notes_and_a_clock(chromium, decks):
    _, url = decks["introduction"]
    context = chromium.new_context(viewport=printing.SCREEN)
    page = context.new_page()
    page.goto(url)
    page.wait_for_function(printing.READY)
    with context.expect_page() as opened:
        page.keyboard.press("s")
    view = opened.value
    view.wait_for_selector(".speaker-controls-notes:not(.hidden) .value h4")
    assert "Say" in view.inner_text(".speaker-controls-notes .value")
    view.wait_for_selector(".pacing")
    context.close()


def test_slides_and_handout_are_printed(decks, tmp_path):
    deck, url = decks["introduction"]
    said = []
    # In a thread: this one has a Playwright of its own already.
    with ThreadPoolExecutor(1) as pool:
        built = url.rpartition("/")[0]
        slides_pdf, handout = pool.submit(
            printing.write, [deck], tmp_path, said.append, built
        ).result()
    assert len(PdfReader(slides_pdf).pages) == len(deck.slides)
    text = "".join(each.extract_text() for each in PdfReader(handout).pages)
    for slide in deck.slides:
        assert slide.notes["Say"].split()[0] in text
