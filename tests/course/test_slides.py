"""The decks: how they are read, and each fault that the checks have to find, planted."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from course.errors import CourseError
from course.slides import checks
from course.slides.deck import Deck, Slide, parse

HEAD = "title: A deck\nminutes: 10\n"
SLIDE = """
minutes: {minutes}
kind: {kind}

# {title}

{body}

Notes:
{notes}
"""
SAID = "Say: what it is.\nType: nothing.\nGoes wrong: nothing.\nAsked: why?"


def slide(title="A title", minutes=10, kind="pattern", body="A few words.", notes=SAID):
    return SLIDE.format(title=title, minutes=minutes, kind=kind, body=body, notes=notes)


def deck(*slides, head=HEAD):
    return parse("a-deck", "---".join([head, *slides]))


def faults(**options):
    (only,) = deck(slide(**options)).slides
    return checks.contents(only)


def test_a_deck_is_read():
    found = deck(slide("One", 4), slide("Two", 6, "demo"))
    assert (found.title, found.minutes, found.total) == ("A deck", 10, 10)
    assert [(each.title, each.kind) for each in found.slides] == [
        ("One", "pattern"),
        ("Two", "demo"),
    ]
    assert found.slides[0].body.strip() == "A few words."
    assert found.slides[0].notes["Asked"] == "why?"


def test_a_head_may_stand_between_dashes():
    assert parse("a-deck", f"---\n{HEAD}---{slide()}").title == "A deck"


def test_dashes_in_code_end_no_slide():
    found = deck(slide(body="```text\none\n---\ntwo\n```"))
    assert "two" in found.slides[0].body


def test_notes_go_on_over_lines():
    found = deck(slide(notes="Say: one\n\ntwo\nAsked: three"))
    assert found.slides[0].notes == {"Say": "one\n\ntwo", "Asked": "three"}


def test_a_backup_takes_no_time():
    text = slide(kind="backup").replace("minutes: 10\n", "")
    (backup,) = deck(text).slides
    assert backup.is_backup and backup.minutes == 0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (slide().replace("minutes: 10", "minute: 10"), "unknown key 'minute'"),
        (slide().replace("minutes: 10", "minutes: ten"), "'minutes' is 'ten'; expected a number"),
        (slide().replace("minutes: 10\n", ""), "'minutes' is missing"),
        (slide(kind="story"), "'story' is no kind of slide"),
        (slide(kind="backup"), "takes no time of the plan"),
        (slide().replace("# A title", "A title"), "an empty line and `# Title`"),
        (slide().replace("Notes:", "Note:"), "has speaker notes, after a line `Notes:`"),
        (slide(notes="Well."), "notes begin with one of Say:, Type:"),
        (slide(notes="Say: a\nSay: b"), "two notes 'Say'"),
    ],
)
def test_what_is_wrong_in_a_deck_is_said_with_its_line(text, says):
    with pytest.raises(CourseError, match=r"slides/a-deck\.md:4: ") as found:
        deck(text)
    assert says in str(found.value)


def test_a_deck_without_minutes_is_an_error():
    with pytest.raises(CourseError, match="'minutes' is missing"):
        deck(slide(), head="title: A deck\n")


def test_a_slide_as_it_should_be_has_no_faults():
    assert faults() == []
    console = '```console title="step 1"\n$ date\n…\n```'
    assert faults(kind="demo", body=console) == []


def test_too_many_words_are_found_and_code_is_none():
    words = " ".join(["word"] * 41)
    assert faults(body=words) == ["41 words; at most 40"]
    assert faults(body=f"```text\n{words}\n```") == []
    assert faults(body=f"```listing\nstep: 1\nfile: {words}\n```") == []


def test_too_much_code_is_found():
    assert faults(body="```python\n" + "x = 1\n" * 17 + "```") == ["17 lines of python; at most 16"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"notes": "Asked: why?"}, "what to say"),
        ({"notes": "Say: it."}, "without what people ask"),
        ({"kind": "demo", "notes": "Say: it.\nType: that."}, "a demo without `Goes wrong:`"),
        ({"kind": "demo"}, "a demo shows its output"),
        ({"body": "It answers 300 requests a second."}, "a figure typed by hand: '300 requests"),
        ({"notes": SAID + " It takes 12 ms."}, "a figure typed by hand: '12 ms'"),
    ],
)
def test_a_slide_with_a_fault_is_found(options, says):
    assert any(says in fault for fault in faults(**options))


def test_a_deck_that_takes_too_long_is_told_what_could_go():
    found = deck(slide("Short", 3), slide("Long", 9), slide("Exercise", 8, "exercise"))
    found.slides[0] = replace(found.slides[0], optional=True)
    (fault,) = checks.time(found)
    assert "20 minutes, 10 too many" in fault
    listed = [line.strip() for line in fault.splitlines()[1:]]
    assert listed == ["3 min  optional  Short", "9 min  Long"]


def test_time_that_is_left_over_is_found():
    (fault,) = checks.time(deck(slide(minutes=8)))
    assert "2 of 10 are free" in fault


def test_the_parts_of_the_class_have_their_time():
    short = Deck("under-load", "Flask under load", 50)
    assert "says 50 minutes, not 60" in checks.time(short)[0]


def step(number=1, minutes=6, part="Large applications"):
    return SimpleNamespace(number=number, title="One module", minutes=minutes, part=part)


def presented(*slides, part="Large applications"):
    return [Deck("large-applications", "Large applications", 60, part, list(slides))]


def of_step(kind, minutes, number=1):
    return Slide(1, "A title", kind, minutes, "", {}, step=number)


def test_a_step_is_presented_with_its_exercise_and_in_its_time():
    slides = presented(of_step("pattern", 4), of_step("exercise", 2))
    assert checks.coverage(slides, [step()]) == []


@pytest.mark.parametrize(
    ("slides", "says"),
    [
        ([], "no slide presents step 1"),
        ([of_step("backup", 0)], "no slide presents step 1"),
        ([of_step("pattern", 6)], "no slide has the exercise of step 1"),
        ([of_step("exercise", 5)], "take 5 minutes, step.toml says 6"),
        ([of_step("exercise", 6), of_step("pattern", 1, 99)], "there is no step 99"),
    ],
)
def test_a_step_that_is_left_out_is_found(slides, says):
    assert any(says in fault for fault in checks.coverage(presented(*slides), [step()]))


def test_a_step_in_another_part_is_found():
    slides = presented(of_step("exercise", 6), part="Flask under load")
    assert any("belongs to" in fault for fault in checks.coverage(slides, [step()]))
