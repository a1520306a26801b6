"""The blocks of a page: what they show, and that they refuse what is not there."""

import json
import re
from dataclasses import replace
from html import unescape

import markdown
import pytest
from invented_results import write

from course import catalog
from course.commands import COMMANDS
from course.errors import CourseError
from course.exercises import catalog as exercises
from course.load import figures, scenario
from course.site import fences, filediff, place
from course.site.blocks import changes, chapter, code, commands, console, exercise, measured
from course.site.blocks import picture as pictures
from course.site.html import escape
from course.site.pages import Page
from course.site.values import Body, parse
from course.slides import deck as decks

HERE = place.Place(Page("steps/04-decorators.md", "word " * 800), "block-1")
STEPS = catalog.load()


@pytest.fixture(autouse=True)
def results(tmp_path, monkeypatch):
    """Invented results in place of those of the repository."""
    monkeypatch.setenv(figures.VARIABLE, str(write(tmp_path / "results")))
    return tmp_path / "results"


def text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).replace(" .", ".")


def test_a_listing_names_its_file_and_step_and_has_no_line_numbers():
    body = Body({"step": 4, "file": "podium/api/decorators.py", "symbol": "conditional"})
    html = code.listing(body, HERE)
    assert "step 4" in text(html) and "podium/api/decorators.py" in html
    assert "not_modified" in html and "linenos" not in html


def test_a_change_is_shown_unified_and_side_by_side_and_not_by_colour_alone():
    html = code.change(Body({"step": 4, "file": "podium/talks/api.py"}), HERE)
    assert html.count('type="radio"') == 2
    assert re.search(r'<del class="line"><span class="sign">-</span>.*abort', html)
    assert re.search(r'<ins class="line"><span class="sign">\+</span>.*owner_required', html)
    columns = html[html.index('class="language-python highlight columns"') :]
    assert 'tabindex="0"' in html and "step 3" in text(columns)


def test_a_lock_is_summarised_and_a_new_file_has_one_view():
    lock = code.change(Body({"step": 8, "file": "requirements.txt"}), HERE)
    assert "+ celery" in lock and "--hash" not in lock
    new = code.change(Body({"step": 4, "file": "podium/api/decorators.py"}), HERE)
    assert "radio" not in new and "<del" not in new


def test_all_changes_of_a_step_have_their_reasons():
    html = changes.changes(Body({"step": 4}), HERE)
    for name, reason in catalog.find(4).changes.items():
        assert name in html and reason in html


def test_many_files_with_one_reason_are_one_line():
    html = changes.changes(Body({"step": 8}), HERE)
    assert html.count("tests/*") == 1 and "tests/conftest.py" not in html
    assert re.search(r"tests/\*</code> \(\d+ files\)", html)


def test_many_files_that_only_moved_are_folded_away():
    html = changes.changes(Body({"step": 3}), HERE)
    folded = re.search(r"<details><summary>(\d+) files</summary>(.*?)</details>", html)
    moved = [change for change in filediff.all_changes(catalog.find(3)) if change.kind == "moved"]
    assert int(folded[1]) == len(moved) and all(change.path in folded[2] for change in moved)


@pytest.mark.parametrize("files", [{"nothing.py": "why"}, {"podium/models.py": ""}, ["x"], "x"])
def test_only_what_changes_can_be_waived_and_only_with_a_reason(files):
    with pytest.raises(CourseError):
        changes.waived(Body({"step": 4, "files": files}), HERE)
    good = Body({"step": 4, "files": {"podium/models.py": "It is a column."}})
    assert "It is a column." in changes.waived(good, HERE)


def test_the_head_of_a_chapter_says_where_it_is_and_how_long_it_takes():
    html = chapter.chapter(Body({"step": 4}), HERE)
    said = text(html)
    assert f"Step 4 of {len(STEPS)} · Large applications" in said
    assert catalog.find(4).problem in said
    assert "To read 4 min" in said and f"The exercise {exercises.find(4).minutes} min" in said
    assert html.count("data-step") == len(STEPS) + 1 and 'aria-pressed="false"' in html


@pytest.mark.parametrize(
    ("uri", "link"),
    [("index.md", 'href="steps/13-'), ("steps/04-decorators.md", 'href="13-')],
)
def test_the_list_of_steps_links_to_the_chapters_from_wherever_it_is(uri, link):
    html = chapter.list_of_steps(Body({}), place.Place(Page(uri, ""), "b"))
    assert link in html
    assert all(step.title in html and step.name in html for step in STEPS)


def test_the_plan_adds_up():
    html = chapter.plan(Body({}), HERE)
    rows = re.findall(r"<strong>([^<]+)</strong></th><td[^>]*><strong>(\d+)", html)
    for part in ("Large applications", "Flask under load"):
        minutes = sum(step.minutes for step in STEPS if step.part == part)
        assert (part, str(minutes)) in rows
    others = sum(deck.minutes for deck in decks.load() if deck.part is None)
    assert rows[-1] == ("all", str(others + sum(step.minutes for step in STEPS)))


def test_a_claim_is_shown_with_what_was_measured_and_what_is_required():
    said = text(measured.claims(Body({"ids": ["unchanged-is-cheap"]}), HERE))
    assert "A poll that finds nothing new costs a fraction of the list." in said
    assert "40 a second → 90 a second" in said and "(2.8 to 3.2)" in said
    assert "1.5 holds" in said and "Measured on A chip, 2 cores" in said


def test_where_nothing_could_be_compared_there_is_no_figure(results):
    kept = json.loads((results / "claims.json").read_text())
    kept["unchanged-is-cheap"] |= {"outcome": "not measurable", "ratio": None, "before": "never"}
    (results / "claims.json").write_text(json.dumps(kept))
    assert "never" not in text(measured.claims(Body({"ids": ["unchanged-is-cheap"]}), HERE))


def test_a_claim_that_fails_is_said_to_fail(results):
    kept = json.loads((results / "claims.json").read_text())
    kept["unchanged-is-cheap"] |= {"outcome": "fails", "reason": "<slow>", "ratio": None}
    (results / "claims.json").write_text(json.dumps(kept))
    html = measured.claims(Body({"ids": ["unchanged-is-cheap"]}), HERE)
    assert '<span class="fails">fails: &lt;slow&gt;</span>' in html


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"claim": "unchanged-is-cheap"}, "step 4: Decorators for what views repeat: p95 95 ms"),
        ({"result": "ladder"}, "step 13, 260"),
        ({"result": "laws"}, "Step 6: So."),
    ],
)
def test_a_chart_is_part_of_the_page_and_is_told_in_words(body, words):
    html = measured.chart(Body(body), HERE)
    # One for wide windows and one for narrow ones.
    descriptions = re.findall(r'<desc id="block-1-\d-text">([^<]+)</desc>', html)
    assert [words in each for each in descriptions] == [True, True]
    assert "<?xml" not in html and "DOCTYPE" not in html and "var(--after)" in html
    assert 'aria-labelledby="block-1-2-title block-1-2-text"' in html
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids)) and all(id.startswith("block-1-") for id in ids)
    for used in re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', html):
        assert "".join(used) in ids


def test_what_was_found_is_told_in_todays_words_unless_the_scenario_was_another():
    found = scenario.find(13)
    claim = {
        "claim": {"steps": [12, 13]},
        "found": f"Nothing can be said of {found.what}.",
        "ratio": 2.5,
        "before": "5 s",
        "after": "2 s",
        "spreads": {"before": [[95, 5.0]], "after": [[95, 2.0]]},
    }
    assert measured._sentence(claim, found).startswith(f"In {found.what}, 95 of 100 have")
    never = claim | {"ratio": None, "spreads": {"before": [[95, "inf"]], "after": [[95, None]]}}
    assert measured._sentence(never, found).startswith(f"In {found.what}, no step brought")
    old = claim | {"found": "Nothing can be said of a hall of 3."}
    assert measured._sentence(old, found) == "Nothing can be said of a hall of 3."


def test_narrow_windows_have_a_chart_of_their_own_and_slides_have_not():
    body = Body({"result": "ladder"})
    wide, narrow = re.findall(r'width="([\d.]+)pt"', measured.chart(body, HERE))
    assert float(narrow) < float(wide) / 1.5
    assert measured.chart(body, replace(HERE, narrow=False)).count("<svg") == 1


@pytest.mark.parametrize("body", [{}, {"result": "x"}, {"claim": "a", "result": "laws"}])
def test_a_chart_of_nothing_is_refused(body):
    with pytest.raises(CourseError, match="expected `claim: ID`"):
        measured.chart(Body(body), HERE)


def test_floors_are_shown_with_what_misses_its_target():
    said = text(measured.floors(Body({"of": "step 6"}), HERE))
    assert "40% of hello" in said and "50% or more: missed" in said
    assert "50 µs" in text(measured.floors(Body({"of": "push"}), HERE))
    with pytest.raises(CourseError, match="no floors of 'step 7'; choose step 6"):
        measured.floors(Body({"of": "step 7"}), HERE)


def test_a_drill_is_shown_as_it_was_recorded():
    html = measured.drill(Body({"step": 8}), HERE)
    said = text(html)
    assert "a worker is killed 1,200 0 3 0 failed" in said
    assert "not valid: the generator was the bottleneck" in said
    assert "duplicated" not in said and "retried" not in said
    some = text(measured.drill(Body({"step": 8, "rows": ["it comes back"]}), HERE))
    assert "1.5 s below 2 s" in some and "worker" not in some
    with pytest.raises(CourseError, match="has no row 'it sleeps'"):
        measured.drill(Body({"step": 8, "rows": ["it sleeps"]}), HERE)


@pytest.mark.parametrize("found", exercises.load(), ids=lambda each: each.name)
def test_an_exercise_is_a_card_with_hints_and_solution_folded_away(found):
    html = exercise.exercise(Body({"step": found.number}), HERE)
    assert escape(found.title) in html and html.count("<details>") == len(found.hints) + 1
    assert "open" not in re.findall(r"<details[^>]*>", html)[0]
    assert "<h1" not in html and f"make check-{found.number}" in html


def test_commands_are_those_of_make():
    html = commands.commands(Body({}), HERE)
    assert all(command in html for command, _ in COMMANDS)
    some = commands.commands(Body({"only": ["step-N"]}), HERE)
    assert "make step-N" in some and "make diff-N" not in some
    with pytest.raises(CourseError, match="no `make fly`"):
        commands.commands(Body({"only": ["fly"]}), HERE)


def test_the_picture_of_a_step_has_a_caption_and_scrolls_where_it_is_narrow():
    html = pictures.of_step(Body({"step": 13}), HERE)
    assert "sockets-b" in html and 'tabindex="0"' in html and "<figcaption>" in html


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("", "`step` is missing"),
        ("step: 4\ncolour: red", "`colour` is unknown; the keys are step, file"),
        ("step: [", "not valid YAML"),
        ("a word", "expected lines of `key: value`"),
    ],
)
def test_the_body_of_a_block_has_the_keys_that_it_knows(source, reason):
    with pytest.raises(CourseError, match=re.escape(reason)):
        parse(source, ("step",), ("file",))


def test_a_step_is_a_number_and_there_is_one():
    for wrong in ("four", 99):
        with pytest.raises(CourseError):
            _ = Body({"step": wrong}).step


def render(source: str) -> str:
    named = [{"name": n, "class": n, "format": getattr(fences, n)} for n in ("listing", "console")]
    named[1]["validator"] = fences.with_title
    superfences = {"custom_fences": named}
    return markdown.markdown(
        source,
        extensions=["pymdownx.superfences", "course.site.inline", "course.site.tables", "tables"],
        extension_configs={"pymdownx.superfences": superfences},
    )


SESSION = """$ curl -s localhost:8000 \\
    -H 'A: b'
<html> &
…
$ cat <<END
$ no command
END
"""


def test_of_a_session_the_commands_are_copied_and_nothing_else():
    html = console.console(SESSION, "step 4")
    (copied,) = re.findall(r'data-copy="([^"]*)"', html)
    commands = "curl -s localhost:8000 \\\n    -H 'A: b'\ncat <<END\n$ no command\nEND"
    assert unescape(copied) == commands
    assert html.count('<span class="gp">$ </span>') == 2
    assert '<span class="go">&lt;html&gt; &amp;</span>' in html and "step 4" in html
    assert unescape(text(html)).split() == ["step", "4", *SESSION.split()]


def test_a_session_is_shown_even_when_it_could_not_be_run():
    assert "no prompt &amp;" in console.console("no prompt &", "")


def test_a_fence_of_a_session_has_its_title():
    html = render('```console title="step 4"\n$ true\n```')
    assert '<span class="of">step 4</span>' in html and 'data-copy="true"' in html


def test_a_fault_in_the_code_of_a_block_is_not_swallowed(monkeypatch):
    def broken(*_, **__):
        raise KeyError("oh")

    monkeypatch.setattr(code.source, "excerpt", broken)
    with pytest.raises(Exception, match=r"docs/index.md: `listing`: KeyError\('oh'\)"):
        render("```listing\nstep: 4\nfile: a.py\n```")


def test_what_is_wrong_with_a_block_is_shown_on_the_page_and_logged(caplog):
    html = render("```listing\nstep: 4\nfile: nothing.py\n```")
    assert "course-fault" in html and "nothing.py" in html
    assert "docs/index.md: `listing` (step: 4 file: nothing.py)" in caplog.text


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("In {{hall:13}} people", "<p>In 260 people</p>"),
        ("**{{hall:13}}**", "<p><strong>260</strong></p>"),
        ("# {{ hall:13 }}", "<h1>260</h1>"),
        ("`{{hall:13}}`", "<p><code>{{hall:13}}</code></p>"),
        ("[{{hall:13}}](a.md)", '<p><a href="a.md">260</a></p>'),
        ("![{{hall:13}} people](a.png)", '<p><img alt="260 people" src="a.png" /></p>'),
        ("{{title:4}}", f"<p>{catalog.find(4).title}</p>"),
    ],
)
def test_a_figure_is_put_in_wherever_it_is_named_but_in_code(source, html):
    assert render(source) == html


def test_a_figure_in_a_table_and_the_table_scrolls():
    html = render("| a | b |\n| - | - |\n| {{hall:1}} | x |\n")
    assert "<td>20</td>" in html
    assert html.startswith('<div aria-label="Table: a, b" class="wide" role="group" tabindex="0">')


def test_a_figure_that_there_is_not_is_shown_and_logged(caplog):
    assert "course-fault" in render("It is {{hall:99}}.")
    assert "{{hall:99}}: There is no figure 'hall:99'" in caplog.text
