"""The catalog reads step.toml and says precisely what is wrong with it."""

import pytest

from course import catalog
from course.errors import CourseError
from course.paths import ROOT


def mistakes(checkout) -> str:
    with pytest.raises(catalog.CatalogError) as caught:
        catalog.load(checkout.root)
    return str(caught.value)


def test_the_steps_of_this_repository_are_in_order():
    steps = catalog.load(ROOT)
    assert [step.number for step in steps] == list(range(1, len(steps) + 1))
    assert steps[0].name == "01-single-file"


def test_a_step_says_what_it_is(checkout):
    checkout.step(
        toml="""
        ready = "/up"
        try = ["Open {url}"]
        [changes]
        "web.py" = "because"
        """
    )
    (step,) = catalog.load(checkout.root)
    assert (step.number, step.name, step.title, step.minutes) == (1, "01-step", "Step 1", 5)
    assert (step.ready, step.suggestions) == ("/up", ("Open {url}",))
    assert step.changes == {"web.py": "because"}
    assert step.data_dir == checkout.root / ".data" / "01-step"


@pytest.mark.parametrize(
    ("line", "replacement", "expected"),
    [
        ("minutes = 5", "", "key 'minutes' is missing; expected a whole number of minutes"),
        ("minutes = 5", 'minutes = "5"', "key 'minutes' is '5'; expected a whole number"),
        ("minutes = 5", "minutes = true", "key 'minutes' is True; expected a whole number"),
        ("minutes = 5", "minutes = 5\nminuets = 5", "key 'minuets' is unknown; the keys are"),
        ('title = "Step 1"', 'title = " "', "key 'title' is ' '; expected a string"),
        ("minutes = 5", 'minutes = 5\nready = "up"', "expected a path that starts with /"),
        ("minutes = 5", 'minutes = 5\ntry = "Open"', "expected a list of lines"),
        ("minutes = 5", 'minutes = 5\nservices = ["valky"]', "names 'valky', which is no service"),
        ("minutes = 5", 'minutes = 5\nservices = ["valkey", "valkey"]', "names one of them twice"),
        ("minutes = 5", 'minutes = 5\nentry = "a b"', "expected the name of a process"),
        ("minutes = 5", 'minutes = 5\nports = ["PORT"]', "expected a list of variables"),
        ("minutes = 5", "minutes = ", "not valid TOML"),
        ("minutes = 5", 'minutes = 5\n[changes]\n"a.py" = ""', "no reason empty"),
    ],
)
def test_a_mistake_names_the_file_the_key_and_what_is_expected(
    checkout, line, replacement, expected
):
    file = checkout.step().path / "step.toml"
    file.write_text(file.read_text().replace(line, replacement))
    message = mistakes(checkout)
    assert message.startswith("steps/01-step/step.toml: ")
    assert expected in message


def test_all_mistakes_are_reported_at_once(checkout):
    file = checkout.step().path / "step.toml"
    file.write_text("minutes = -1")
    assert len(mistakes(checkout).splitlines()) == 5


def test_a_step_without_a_description_is_a_mistake(checkout):
    (checkout.step().path / "step.toml").unlink()
    assert mistakes(checkout) == "steps/01-step/step.toml: the file is missing; every step has one"


def test_two_steps_with_one_number_are_a_mistake(checkout):
    step = checkout.step()
    checkout.write(
        step.path.with_name("01-other") / "step.toml", (step.path / "step.toml").read_text()
    )
    assert "steps/01-step: number 1 is taken by steps/01-other" in mistakes(checkout)


def test_a_gap_in_the_numbers_is_a_mistake(checkout):
    checkout.step(1)
    checkout.step(3)
    assert mistakes(checkout) == "steps: there is no step 2, but a step 3"


def test_a_directory_that_is_no_step_is_a_mistake(checkout):
    checkout.step()
    (checkout.root / "steps" / "2-blueprints").mkdir()
    assert "steps/2-blueprints: expected a name such as 03-blueprints" in mistakes(checkout)


def test_asking_for_a_step_that_is_not_there_says_which_there_are(checkout):
    checkout.step(1)
    checkout.step(2)
    with pytest.raises(CourseError, match=r"There is no step 9; the steps are 1 to 2\."):
        catalog.find(9, checkout.root)


def test_a_mistake_in_one_step_does_not_keep_another_from_running(checkout):
    checkout.step(1)
    (checkout.step(2).path / "step.toml").write_text("")
    assert catalog.find(1, checkout.root).title == "Step 1"
