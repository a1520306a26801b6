"""Pictures to look at, in .data/screenshots/step-N/."""

import re

import pytest
from playwright.sync_api import expect
from visitor import FORMS_ON_PAGES_OF_THEIR_OWN, SOON

pytestmark = pytest.mark.looks

SIZES = {360: 800, 1280: 900}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", SIZES)
def test_pictures_are_taken(visitor, podium, organiser, pictures, width, scheme):
    """Every page as a guest sees it, and the page of a talk as its organiser does."""
    taken = []

    def take(who, name):
        path = pictures / f"{name}-{width}-{scheme}.png"
        who.page.screenshot(path=path, animations="disabled")
        taken.append(path.read_bytes())
        assert len(taken[-1]) > 8000, f"{path} shows next to nothing"

    options = {"viewport": {"width": width, "height": SIZES[width]}, "color_scheme": scheme}
    guest = visitor(**options)
    guest.open("/")
    take(guest, "talks")
    guest.open(f"/talks/{podium.talks[1]['slug']}")
    expect(guest.find("#present")).to_have_text(re.compile(r"\d"), timeout=SOON)
    take(guest, "talk-guest")
    if guest.step >= FORMS_ON_PAGES_OF_THEIR_OWN:
        for name in ("login", "register"):
            guest.open(f"/{name}")
            take(guest, name)
    guest.expect_complaints("status of 404")
    guest.open("/nothing")
    take(guest, "not-found")
    host = visitor(**options).log_in(organiser)
    host.expect_complaints("status of 400")
    take(host, "talk-organiser")
    host.ask("  ")
    expect(host.find("form#ask [role=alert]:visible")).to_be_visible()
    take(host, "talk-error")
    host.find("li.question").nth(3).scroll_into_view_if_needed()
    take(host, "questions")
    assert all(picture.startswith(b"\x89PNG") for picture in taken)
    assert len(set(taken)) == len(taken), "two pages look the same"
