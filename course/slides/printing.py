"""`make slides-pdf`: the slides as a PDF, and a handout with a picture of each and its notes."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from html import escape
from pathlib import Path

from course.doctor.browser import find_chromium
from course.errors import CourseError
from course.slides.build import HEIGHT, OUT, WIDTH, notes_html
from course.slides.deck import Deck

SCREEN = {"width": WIDTH, "height": HEIGHT}
READY = "() => window.Reveal && Reveal.isReady()"
# All that clicks would show, on the slide that is shown.
SHOW_ALL = """() => {
  for (const each of Reveal.getCurrentSlide().querySelectorAll(".fragment"))
    each.classList.add("visible");
  for (const each of document.querySelectorAll(".line.away")) each.classList.remove("away");
}"""
STYLE = """
@page { size: A4; margin: 14mm 16mm; }
body { font: 10.5pt/1.45 system-ui, "DejaVu Sans", sans-serif; color: #1b1b1b; margin: 0; }
h1 { font-size: 18pt; } h4 { font-size: 10.5pt; margin: 8pt 0 2pt; }
article { break-inside: avoid; display: grid; grid-template-columns: 78mm 1fr; gap: 6mm;
  padding: 5mm 0; border-bottom: 0.5pt solid #bbb; }
img { width: 78mm; border: 0.5pt solid #999; } p { margin: 0 0 4pt; }
pre { white-space: pre-wrap; font-size: 8.5pt; } .time { color: #555; }
"""


def write(
    decks: Sequence[Deck], folder: Path, say: Callable[[str], None], built: str = OUT.as_uri()
) -> list[Path]:
    """Print decks into `folder`; return the files. CourseError without a browser.

    `built` is the address of the directory with their pages.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with browser() as chromium:
        for deck in decks:
            say(f"{deck.name}: {len(deck.slides)} slides")
            url = f"{built}/{deck.name}.html"
            slides = folder / f"{deck.name}.pdf"
            page = chromium.new_page(viewport=SCREEN)
            page.goto(f"{url}?print-pdf")
            page.wait_for_function(READY)
            page.wait_for_selector(".pdf-page")
            page.pdf(path=slides, prefer_css_page_size=True, print_background=True)
            page.goto("about:blank")
            page.goto(url)
            page.wait_for_function(READY)
            pictures = [picture for _, picture in shown(page, deck)]
            page.set_content(handout(deck, pictures), wait_until="load")
            page.emulate_media(media="print")
            handed = folder / f"{deck.name}-handout.pdf"
            page.pdf(path=handed, prefer_css_page_size=True, print_background=True)
            page.close()
            written += [slides, handed]
    return written


def shown(page, deck: Deck) -> Iterator[tuple[int, bytes]]:
    """Go through the slides of a deck; yield the number of each, from 0, and a picture of it."""
    for number in range(len(deck.slides)):
        page.evaluate(f"Reveal.slide({number})")
        page.evaluate(SHOW_ALL)
        yield number, page.screenshot()


def handout(deck: Deck, pictures: Sequence[bytes]) -> str:
    """Return a page with each slide beside its notes."""
    articles = []
    for slide, picture in zip(deck.slides, pictures, strict=True):
        data = base64.b64encode(picture).decode("ascii")
        time = "backup" if slide.is_backup else f"{slide.minutes:g} min"
        articles.append(
            f'<article><div><img alt="" src="data:image/png;base64,{data}">'
            f'<p class="time">{time}</p></div><div>{notes_html(slide)}</div></article>'
        )
    title = escape(deck.title)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE}</style><h1>{title}: {deck.minutes:g} minutes</h1>{''.join(articles)}"
    )


@contextmanager
def browser() -> Iterator:
    """Yield Chromium; CourseError when there is none."""
    # Imported here: nothing else of the command line needs it.
    from playwright.sync_api import sync_playwright

    executable = find_chromium()
    if executable is None:
        raise CourseError(
            "No Chromium found to print with: install one (Debian: sudo apt install chromium) "
            "or set CHROMIUM to its path."
        )
    with sync_playwright() as playwright:
        # Our own pages; inside a container its sandbox does not start as root.
        chromium = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        try:
            yield chromium
        finally:
            chromium.close()
