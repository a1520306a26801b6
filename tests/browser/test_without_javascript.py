"""What the pages do without JavaScript: from step 5 on all, before that reading."""

import re

import pytest
from playwright.sync_api import expect
from visitor import before_it_is_read

from tests.podium_api import PASSWORD, unique


@pytest.fixture
def plain(visitor):
    """A browser with JavaScript switched off."""
    return visitor(java_script_enabled=False)


def test_the_questions_can_be_read(plain, podium):
    question = podium.ask(f"Plain {unique()} and **bold**?")
    plain.open()
    item = plain.question(question["id"])
    expect(item.locator(".html strong")).to_have_text("bold")
    expect(item.locator(".author")).to_have_text(question["author"])
    expect(item.locator(".score")).to_have_text("0")


@pytest.mark.until(4)
def test_the_page_says_that_asking_needs_javascript(plain):
    plain.open()
    expect(plain.find("noscript p")).to_contain_text("JavaScript")


@pytest.mark.since(5)
def test_somebody_registers_asks_votes_edits_deletes_and_leaves(plain, podium):
    nickname, source = unique(), f"Without scripts {unique()}?"
    other = podium.ask(f"Vote for me {unique()}?")
    plain.fill_login(nickname, PASSWORD, form="register")
    expect(plain.find("#whoami")).to_have_text(nickname)
    plain.open()
    plain.ask(source)
    item = plain.question_with(source)
    expect(item).to_be_visible()
    id = item.get_attribute("data-id")

    plain.question(other["id"]).locator("button.vote").click()
    vote = plain.question(other["id"]).locator("button.vote")
    expect(vote).to_have_attribute("aria-pressed", "true")
    expect(plain.question(other["id"]).locator(".score")).to_have_text("1")
    vote.click()
    expect(vote).to_have_attribute("aria-pressed", "false")
    assert podium.question(other["id"])["score"] == 0

    plain.edit(plain.question(id), f"Edited *{source}*")
    expect(plain.question(id).locator(".html em")).to_have_text(source)
    plain.question(id).locator(".delete").click()
    expect(plain.question(id)).to_have_count(0)
    assert podium.http.get(f"/api/questions/{id}").status_code == 404

    plain.find("button#logout, form#logout button").first.click()
    expect(plain.find("#whoami:visible")).to_have_count(0)
    plain.fill_login(nickname, PASSWORD)
    expect(plain.find("#whoami")).to_have_text(nickname)


@pytest.mark.since(5)
def test_mistakes_are_told_next_to_the_form(plain, ada):
    plain.expect_complaints("status of 40")
    plain.fill_login(ada.nickname, "wrong horse battery")
    alert = plain.find("form#login [role=alert]").filter(has_text=re.compile(r"\w"))
    expect(alert).to_be_visible()
    plain.fill_login(ada.nickname, ada.password)
    plain.open()
    plain.ask("   ")
    alert = plain.find("form#ask [role=alert]").filter(has_text=re.compile(r"\w"))
    expect(alert).to_be_visible()


@pytest.mark.since(5)
def test_the_organiser_works_without_javascript_too(plain, podium, organiser):
    question = podium.ask(f"Answer me {unique()}?")
    plain.fill_login(organiser.nickname, organiser.password)
    plain.open()
    plain.question(question["id"]).locator("button.answered").click()
    expect(plain.question(question["id"]).locator(".badge-answered")).to_be_visible()
    if plain.step < 7:
        link = plain.find("a.transcript").get_attribute("href")
        assert plain.context.request.get(link).body().startswith(b"%PDF-")


@pytest.mark.since(7)
def test_the_organiser_orders_and_downloads_the_transcript_without_javascript(
    visitor, podium, organiser
):
    plain = visitor(java_script_enabled=False, accept_downloads=True)
    plain.fill_login(organiser.nickname, organiser.password)
    plain.open()
    plain.find("button.transcript").click()
    expect(plain.page).to_have_url(re.compile(r"/jobs/[\w-]+$"))
    # The page loads itself again each second until there is something to take away.
    link = plain.find("a.result")
    expect(link).to_be_visible(timeout=30_000)
    with plain.page.expect_download() as download:
        link.click()
    assert download.value.path().read_bytes().startswith(b"%PDF-")


@pytest.mark.since(7)
def test_a_link_that_is_being_read_can_be_seen_without_javascript(plain, podium):
    author, posts = podium.register(), []

    def ask():
        posts.append(author.ask(f"Soon: {podium.slow_site_url}/page/6?delay=2.5 ?"))
        return [plain.open().question(posts[-1]["id"])]

    [item] = before_it_is_read(ask)
    podium.settled(posts[-1])
    plain.open()
    expect(item.locator("a.preview strong")).to_have_text(
        "Hot rows: counting votes without a traffic jam"
    )
    expect(item.locator(".preview.waiting")).to_have_count(0)
