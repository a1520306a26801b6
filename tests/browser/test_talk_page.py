"""What people do on the page of a talk, with JavaScript."""

import re
from itertools import pairwise

import pytest
from playwright.sync_api import expect
from visitor import HASTE, SOON, before_it_is_read, ids_of, submit

from tests.podium_api import PASSWORD, unique

JOB_ENDS_WITHIN = 30_000  # milliseconds, with others before it
POLLS = "performance.getEntriesByType('resource').filter(each => each.name.includes('/questions?'))"


@pytest.mark.core
def test_what_one_posts_and_votes_for_the_other_sees_without_reloading(visitor, ada, ben):
    first, second = visitor().log_in(ada), visitor().log_in(ben)
    for each in (first, second):
        each.page.evaluate("window.loadedOnce = true")
    source = f"Do you see {unique()}?"
    first.ask(source)
    expect(first.question_with(source)).to_be_visible()
    theirs = second.question_with(source)
    expect(theirs.or_(second.find("#show-new:visible")).first).to_be_visible(timeout=SOON)
    second.show_new()
    expect(theirs.locator(".author")).to_have_text(ada.nickname)
    expect(theirs.locator(".score")).to_have_text("0")
    theirs.locator("button.vote").click()
    expect(theirs.locator("button.vote")).to_have_attribute("aria-pressed", "true")
    expect(first.question_with(source).locator(".score")).to_have_text("1", timeout=SOON)
    second.page.mouse.move(2, 2)
    second.question_with(source).locator("button.vote").click()
    expect(theirs.locator("button.vote")).to_have_attribute("aria-pressed", "false")
    expect(first.question_with(source).locator(".score")).to_have_text("0", timeout=SOON)
    if first.step < 5:
        assert all(each.page.evaluate("window.loadedOnce") for each in (first, second))


def test_a_reader_sees_what_others_do_without_touching_anything(visitor, podium, ben):
    reader = visitor().open()
    reader.page.evaluate("window.loadedOnce = true")
    question = podium.ask(f"News {unique()}?")
    item = reader.question(question["id"])
    expect(item).to_be_visible(timeout=SOON)
    ben.vote(question)
    expect(item.locator(".score")).to_have_text("1", timeout=SOON)
    path = f"/api/questions/{question['id']}"
    author = next(who for who in podium._authors if who.nickname == question["author"])
    author.put(path, json={"source": "News, *edited*?"})
    expect(item.locator(".html em")).to_have_text("edited", timeout=SOON)
    author.delete(path)
    expect(item).to_have_count(0, timeout=SOON)
    assert reader.page.evaluate("window.loadedOnce")


@pytest.mark.until(10)
def test_the_page_asks_for_news_every_two_seconds(visitor):
    page = visitor().open().page
    page.wait_for_function(f"() => {POLLS}.length >= 6")
    # By the clock of the browser: on a busy machine we hear of it late.
    asked = page.evaluate(f"{POLLS}.map(each => each.startTime / 1000)")
    pauses = sorted(HASTE * (later - sooner) for sooner, later in pairwise(asked))
    assert pauses[len(pauses) // 2] > 1.9, f"it asks too often: {pauses}"
    # The answer takes what it takes, and one quick answer will do.
    assert min(pause for pause in pauses if pause > 1.9) < 4, f"it asks too seldom: {pauses}"


WAITS = re.compile(r"/questions\?.*wait=25")


@pytest.mark.since(11)
@pytest.mark.until(11)
def test_the_page_lets_the_server_wait_for_news(visitor, podium):
    reader, asked = visitor(), []
    reader.page.on("request", lambda each: WAITS.search(each.url) and asked.append(each))
    with reader.page.expect_request(WAITS):
        reader.open()
    for n in (1, 2):
        word = unique()
        with reader.page.expect_request(WAITS, timeout=SOON):
            podium.ask(f"News {word}?")
            expect(reader.find("#questions")).to_contain_text(word, timeout=SOON)
        assert len(asked) == n + 1, "one request for each piece of news, and one that waits"


@pytest.mark.since(11)
@pytest.mark.until(11)
def test_where_nothing_may_wait_the_page_asks_as_before(visitor, podium):
    reader, refused, asked = visitor(), [], []
    reader.expect_complaints("ERR_FAILED|Failed to fetch")
    reader.page.route(WAITS, lambda route: (refused.append(route), route.abort()))
    reader.page.on(
        "request",
        lambda each: (
            "/questions?" in each.url and not WAITS.search(each.url) and asked.append(each)
        ),
    )
    with reader.page.expect_request(lambda _: len(asked) >= 8, timeout=2 * SOON):
        reader.open()
    assert len(refused) == 3, "it tries to wait again and again"
    word = unique()
    podium.ask(f"Polled {word}?")
    expect(reader.find("#questions")).to_contain_text(word, timeout=SOON)


def test_the_head_count_shows_who_is_here(visitor):
    first, second = visitor().open(), visitor().open()
    for each in (first, second):
        expect(each.find("#present")).to_have_text(re.compile(r"^([2-9]|\d\d+)$"), timeout=SOON)


def test_somebody_new_registers_and_is_welcome_by_name(visitor):
    newcomer = visitor()
    nickname = unique("Łucja")
    newcomer.fill_login(nickname, PASSWORD, form="register")
    expect(newcomer.find("#whoami")).to_have_text(nickname)
    newcomer.open()
    expect(newcomer.find("#whoami")).to_have_text(nickname)
    logout = newcomer.find("button#logout, form#logout button").first
    logout.click()
    expect(newcomer.find("#whoami:visible")).to_have_count(0)


def test_a_wrong_password_is_told_next_to_its_form(visitor, ada):
    guest = visitor()
    guest.expect_complaints("status of 40[013]")
    guest.fill_login(ada.nickname, "wrong horse battery")
    alert = guest.find("form#login [role=alert]:visible").filter(has_text=re.compile(r"\w"))
    expect(alert).to_have_text(re.compile("wrong|match|incorrect", re.I))
    assert near(alert, guest.find("form#login [name=password]"), 150)
    expect(guest.find("form#login [name=nickname]")).to_have_value(ada.nickname)
    expect(guest.find("#whoami:visible")).to_have_count(0)


def test_a_nickname_that_is_taken_is_told_next_to_its_form(visitor, ada):
    guest = visitor()
    guest.expect_complaints("status of 4")
    guest.fill_login(ada.nickname, PASSWORD, form="register")
    alert = guest.find("form#register [role=alert]:visible").filter(has_text="taken")
    expect(alert).to_be_visible()
    assert near(alert, guest.find("form#register [name=nickname]"), 250)


@pytest.mark.parametrize("source", ["", "   "])
def test_an_empty_question_is_told_at_the_field(visitor, ada, source):
    asker = visitor().log_in(ada)
    asker.expect_complaints("status of 400")
    before = asker.find("li.question").count()
    asker.ask(source)
    field = asker.find("form#ask textarea")
    alert = asker.find("form#ask [role=alert]:visible").filter(has_text=re.compile(r"\w"))
    if source or not field.evaluate("field => field.matches(':invalid') && !field.form.noValidate"):
        expect(alert).to_be_visible()
        assert near(alert, field, 80)
    else:
        assert field.evaluate("field => field.validationMessage && document.activeElement == field")
    assert asker.find("li.question").count() == before


def test_a_double_click_asks_once(visitor, podium, ada):
    asker = visitor().log_in(ada)
    source = f"Once {unique()}?"
    asker.find("form#ask textarea").fill(source)
    asker.find("form#ask button, form#ask [type=submit]").dblclick()
    expect(asker.question_with(source)).to_be_visible()
    asker.open()
    expect(asker.question_with(source)).to_have_count(1)


def test_who_is_not_logged_in_is_told_so_at_the_vote(visitor, podium, question):
    guest = visitor().open()
    guest.question(question["id"]).locator(".vote").click()
    expect(guest.find("text=Log in first.")).to_be_visible()
    expect(guest.find("form#login")).to_be_visible()
    assert podium.question(question["id"])["score"] == 0


@pytest.fixture
def question(podium):
    return podium.ask(f"Question {unique()}?")


def test_an_author_edits_and_deletes_an_own_question(visitor, podium, ada, ben):
    author, other = visitor().log_in(ada), visitor().log_in(ben)
    question = ada.ask(f"Before {unique()} & `co`?")
    id, word = question["id"], unique()
    for each in (author, other):
        expect(each.question(id)).to_be_visible(timeout=SOON)
    expect(other.question(id).locator(".edit")).to_be_hidden()
    expect(other.question(id).locator(".delete")).to_be_hidden()
    author.question(id).locator(".edit").click()
    field = author.find("form:not(#ask) textarea[name=source]:visible")
    expect(field).to_have_value(question["source"])
    field.fill(f"After *{word}*?")
    submit(author.find("form:not(#ask)").filter(has=author.find("textarea:visible")))
    expect(author.question(id).locator(".html em")).to_have_text(word)
    expect(other.question(id).locator(".html em")).to_have_text(word, timeout=SOON)
    author.delete(author.question(id))
    expect(other.question(id)).to_have_count(0, timeout=SOON)
    assert podium.http.get(f"/api/questions/{id}").status_code == 404


def test_an_edit_that_is_refused_is_told_and_what_was_typed_stays(visitor, ada):
    author = visitor().log_in(ada)
    question = ada.ask(f"Good {unique()}?")
    expect(author.question(question["id"])).to_be_visible(timeout=SOON)
    author.expect_complaints("status of 400")
    author.edit(author.question(question["id"]), "   ")
    form = author.find("form:not(#ask)").filter(has=author.find("textarea:visible"))
    alert = form.locator("[role=alert]:visible").filter(has_text=re.compile(r"\w"))
    expect(alert).to_be_visible()


def test_the_organiser_marks_a_question_answered_for_all_to_see(visitor, question, organiser):
    host, reader = visitor().log_in(organiser), visitor().open()
    badge = reader.question(question["id"]).locator(".badge-answered:visible")
    expect(badge).to_have_count(0)
    expect(reader.question(question["id"]).locator(".answered")).to_be_hidden()
    host.question(question["id"]).locator("button.answered").click()
    expect(badge).to_have_count(1, timeout=SOON)
    expect(host.question(question["id"]).locator(".badge-answered")).to_be_visible()


@pytest.mark.until(6)
def test_the_organiser_takes_the_transcript_away(visitor, organiser):
    host = visitor(accept_downloads=True).log_in(organiser)
    link = host.find("a.transcript, button.transcript").first
    if host.step < 5:
        with host.page.expect_download() as download:
            link.click()
        content = download.value.path().read_bytes()
    else:
        content = host.context.request.get(link.get_attribute("href")).body()
    assert content.startswith(b"%PDF-")


@pytest.mark.since(7)
def test_the_organiser_orders_the_transcript_and_downloads_it(visitor, podium, organiser):
    host = visitor(accept_downloads=True).log_in(organiser)
    host.find("button.transcript").click()
    expect(host.page).to_have_url(re.compile(r"/jobs/[\w-]+$"))
    link = host.find("a.result")
    expect(link).to_be_visible(timeout=JOB_ENDS_WITHIN)
    with host.page.expect_download() as download:
        link.click()
    assert download.value.suggested_filename.endswith(".pdf")
    assert download.value.path().read_bytes().startswith(b"%PDF-")


@pytest.mark.since(7)
def test_who_waits_for_the_transcript_sees_how_far_it_is(visitor, podium, organiser):
    for n in range(20):
        podium.ask(f"{n}: " + "Why is that so long? " * 80, podium.talk)
    host = visitor().log_in(organiser)
    for _ in range(6):  # those before it in the queue
        order = organiser.post(f"/api/v2/talks/{podium.talk}/transcripts")
        assert order.status_code == 202, order.text
    host.find("button.transcript").click()
    bar = host.find("progress")
    expect(bar).to_be_visible()
    assert bar.get_attribute("aria-label")
    expect(host.find("[role=status]")).to_be_visible()
    expect(host.find("a.result")).to_be_visible(timeout=JOB_ENDS_WITHIN)
    expect(bar).to_have_count(0)


def test_only_the_organiser_sees_the_transcript(visitor, ada):
    assert visitor().log_in(ada).find(".transcript:visible").count() == 0


def test_previews_are_shown_as_cards_of_text(visitor, podium):
    page, script = (f"{podium.slow_site_url}{path}" for path in ("/page/2", "/script-title"))
    question = podium.ask(f"See {page} and {script} here?")
    reader = visitor().open()
    cards = reader.question(question["id"]).locator("a.preview")
    expect(cards).to_have_count(2, timeout=SOON)
    expect(cards.nth(0)).to_contain_text("The outbox table")
    expect(cards.nth(1)).to_contain_text("<script>alert(1)</script>")
    assert reader.dialogs == []


@pytest.mark.since(7)
def test_who_asks_and_who_reads_sees_that_a_link_is_being_read_and_then_its_card(
    visitor, podium, ada
):
    asker, reader = visitor().log_in(ada), visitor().open()
    for each in (asker, reader):
        each.page.evaluate("window.loadedOnce = true")
    link = f"{podium.slow_site_url}/page/3?delay=2.5"

    def ask():
        word = unique()
        asker.ask(f"What says {link} of {word}?")
        items = [each.question_with(word) for each in (asker, reader)]
        for each, item in zip((asker, reader), items, strict=True):
            expect(item.or_(each.find("#show-new:visible")).first).to_be_visible(timeout=SOON)
            each.show_new()
        return items

    for item in before_it_is_read(ask):
        expect(item.locator("a.preview strong")).to_have_text(
            "A poller's diary: what a 304 saves", timeout=SOON
        )
        expect(item.locator("a.preview")).to_have_attribute("href", link)
        expect(item.locator(".preview.waiting")).to_have_count(0)
    assert reader.page.evaluate("window.loadedOnce")


@pytest.mark.since(7)
def test_a_link_that_cannot_be_read_leaves_nothing_behind(visitor, podium):
    question = podium.ask(f"Broken {unique()}: {podium.slow_site_url}/redirect/loop ?")
    reader = visitor().open()
    item = reader.question(question["id"])
    expect(item).to_be_visible(timeout=SOON)
    expect(item.locator(".preview")).to_have_count(0, timeout=SOON)


@pytest.mark.since(7)
def test_the_list_does_not_jump_when_a_preview_arrives(visitor, podium):
    link = f"{podium.slow_site_url}/page/5?delay=2.5"
    author, *voters = [podium.register() for _ in range(4)]
    reader = visitor(viewport={"width": 1280, "height": 500})

    def ask():
        top = author.ask(f"Above {unique()}: {link} ?")
        for voter in voters:
            voter.vote(top)
        return [reader.open().question(top["id"])]

    [item] = before_it_is_read(ask)
    # Somebody reads the question below it, and points at it.
    below = item.locator("xpath=following-sibling::li[1]")
    below.scroll_into_view_if_needed()
    below.hover()
    order, place = ids_of(reader), below.bounding_box()
    expect(item.locator("a.preview")).to_be_visible(timeout=SOON)
    assert ids_of(reader) == order
    assert below.evaluate("item => item.matches(':hover')"), "the list jumped under the pointer"
    assert below.bounding_box() == pytest.approx(place, abs=0.5)


def test_the_page_says_so_when_the_hall_is_out_of_reach_and_recovers(visitor):
    reader = visitor().open()
    expect(reader.find("#present")).to_have_text(re.compile(r"\d"), timeout=SOON)
    reader.expect_complaints("ERR_INTERNET_DISCONNECTED|Failed to fetch")
    reader.context.set_offline(True)
    expect(reader.find("#notice")).to_contain_text(re.compile("connection|offline", re.I))
    reader.context.set_offline(False)
    expect(reader.find("#notice")).not_to_contain_text(
        re.compile("connection|offline", re.I), timeout=20_000
    )


def near(one, other, distance):
    """Whether two elements are at most `distance` pixels apart, from edge to edge."""
    a, b = one.bounding_box(), other.bounding_box()
    return max(a["y"] - (b["y"] + b["height"]), b["y"] - (a["y"] + a["height"])) <= distance
