"""`make cascade`: a change of one step reaches the later ones, and nothing is lost on the way."""

import io
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from rich.console import Console

from course import drift, words
from course.cascade import begin, merge, run, state, write
from course.cascade.tester import unit_tests
from course.cascade.trees import File, Repository
from course.catalog import load
from course.errors import CourseError
from course.exercises import catalog as exercises
from course.exercises import starters

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not there")

LINES = "one\ntwo\nthree\nfour\nfive\nsix\nseven\n"
VIEW = "def view():\n    a = 1\n    b = 2\n    c = 3\n    return a + b + c\n"


class Course:
    """A repository of three steps, and what `make cascade` says there."""

    def __init__(self, checkout):
        self.checkout, self.root = checkout, checkout.root

    def step(self, number, files, toml=""):
        """Add a step; its files are those of the tiny step and these."""
        return self.checkout.step(number, toml=toml + "\n", files=files)

    def git(self, *arguments):
        settings = ("-c", "user.name=maintainer", "-c", "user.email=maintainer@example.org")
        done = subprocess.run(
            ["git", *settings, *arguments],
            cwd=self.root,
            env=os.environ | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def commit(self):
        if not (self.root / ".git").exists():
            self.git("init", "--quiet", "--initial-branch", "main")
            self.checkout.write(self.root / ".gitignore", "/.data/\n__pycache__/\n")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "As it was")
        return self

    def path(self, number, name):
        return self.root / "steps" / f"{number:02}-step" / name

    def read(self, number, name):
        return self.path(number, name).read_text(encoding="utf-8")

    def write(self, number, name, text):
        self.checkout.write(self.path(number, name), text)

    def edit(self, number, name, old, new):
        text = self.read(number, name)
        assert old in text
        self.write(number, name, text.replace(old, new))

    def cascade(self, number=1, **options):
        """Run it; return the exit code and what was printed."""
        out = Console(file=io.StringIO(), width=200, color_system=None)
        code = run.cascade(self.root, number, out, **options)
        return code, out.file.getvalue()

    def changed(self):
        """Return what differs from the last commit."""
        lines = self.git("status", "--porcelain", "--untracked-files=all").splitlines()
        return sorted(line[3:].strip('"') for line in lines)


@pytest.fixture
def course(checkout):
    return Course(checkout)


@pytest.fixture
def three(course):
    """Three steps: the second has a line of its own in app.py, the third is as the second."""
    course.step(1, {"app.py": LINES, "same.py": LINES})
    mine = LINES.replace("seven", "seven of step 2")
    course.step(2, {"app.py": mine, "same.py": LINES}, '[changes]\n"app.py" = "its own line"')
    course.step(3, {"app.py": mine, "same.py": LINES})
    return course.commit()


@pytest.fixture
def conflicting(course):
    """Three steps; the second has changed the line that is going to be changed in the first."""
    course.step(1, {"app.py": VIEW})
    theirs = VIEW.replace("b = 2", "b = 20")
    course.step(2, {"app.py": theirs}, '[changes]\n"app.py" = "ten times as much"')
    course.step(3, {"app.py": "first = 1\n\n\n" + theirs}, '[changes]\n"app.py" = "more"')
    course.commit().edit(1, "app.py", "b = 2", "b = 3")
    return course


def solve(course, number=2, name="app.py", lines="    b = 30\n"):
    """Put `lines` in place of the conflict in a file."""
    before, rest = course.read(number, name).split("<<<<<<< ")
    after = rest.split(">>>>>>> ")[1].split("\n", 1)[1]
    course.write(number, name, before + lines + after)


def test_a_file_that_is_the_same_is_copied_and_another_is_merged(three):
    three.edit(1, "app.py", "one", "ONE")
    three.edit(1, "same.py", "two", "TWO")
    code, text = three.cascade()
    assert code == run.DONE, text
    for number in (2, 3):
        assert three.read(number, "app.py") == "ONE" + LINES[3:].replace("seven", "seven of step 2")
        assert three.read(number, "same.py") == LINES.replace("two", "TWO")
    assert "step 2       merged    app.py\n             copied    same.py\n" in text
    assert "step 3       copied    app.py\n" in text
    assert "The change is carried to steps 2 and 3." in text
    assert drift.check(load(three.root)) == []


def test_what_has_changed_in_a_later_step_does_not_reach_the_earlier(three):
    three.edit(2, "same.py", "two", "TWO")
    three.write(2, "step.toml", three.read(2, "step.toml") + '"same.py" = "loud"\n')
    code, text = three.cascade(2)
    assert code == run.DONE, text
    assert three.read(1, "same.py") == LINES
    assert "TWO" in three.read(3, "same.py")


def test_files_are_added_and_removed(three):
    three.path(1, "same.py").unlink()
    three.write(1, "docs/new.txt", "new\n")
    three.path(1, "docs/new.txt").chmod(0o755)
    assert three.cascade()[0] == run.DONE
    for number in (2, 3):
        assert not three.path(number, "same.py").exists()
        assert three.read(number, "docs/new.txt") == "new\n"
        assert three.path(number, "docs/new.txt").stat().st_mode & 0o100


def test_a_directory_whose_last_file_goes_does_not_stay(course):
    for number in (1, 2):
        course.step(number, {"package/part/old.py": "old = 1\n"})
    course.commit().path(1, "package/part/old.py").unlink()
    assert course.cascade()[0] == run.DONE
    assert not course.path(2, "package").exists()


def test_a_file_becomes_executable_and_keeps_what_is_its_own(three):
    three.path(1, "app.py").chmod(0o755)
    code, text = three.cascade()
    assert code == run.DONE
    assert "(executable)" in text
    for number in (2, 3):
        assert three.path(number, "app.py").stat().st_mode & 0o111 == 0o111
        assert "seven of step 2" in three.read(number, "app.py")


def test_moved_files_are_followed_through_every_move(course):
    course.step(1, {"a.py": LINES})
    course.step(2, {"package/a.py": LINES}, '[moved]\n"a.py" = "package/a.py"')
    toml = '[changes]\n"package/deep/b.py" = "more"\n[moved]\n"package/a.py" = "package/deep/b.py"'
    course.step(3, {"package/deep/b.py": LINES + "eight\n"}, toml)
    course.commit().edit(1, "a.py", "one", "ONE")
    code, text = course.cascade()
    assert code == run.DONE, text
    assert course.read(2, "package/a.py") == LINES.replace("one", "ONE")
    assert course.read(3, "package/deep/b.py") == LINES.replace("one", "ONE") + "eight\n"
    assert "package/deep/b.py  (package/a.py before it was moved)" in text


def test_a_file_that_the_change_renames_is_renamed_with_what_is_its_own(three):
    three.path(1, "app.py").rename(three.path(1, "main.py"))
    three.edit(1, "main.py", "one", "ONE")
    three.write(2, "step.toml", three.read(2, "step.toml").replace("app.py", "main.py"))
    code, text = three.cascade()
    assert code == run.DONE, text
    for number in (2, 3):
        assert not three.path(number, "app.py").exists()
        assert three.read(number, "main.py").startswith("ONE\ntwo\n")
        assert three.read(number, "main.py").endswith("seven of step 2\n")
    assert "renamed   main.py  (was app.py)  +1 −1" in text


def test_binary_files_are_copied_and_two_different_ones_are_a_conflict(three):
    images = [three.path(number, "logo.png") for number in (1, 2, 3)]
    for image, content in zip(images, (b"\0a", b"\0a", b"\0c"), strict=True):
        image.write_bytes(content)
    three.write(3, "step.toml", three.read(3, "step.toml") + '[changes]\n"logo.png" = "ours"\n')
    three.commit()
    images[0].write_bytes(b"\0new")
    code, text = three.cascade()
    assert code == run.WAITS
    assert images[1].read_bytes() == b"\0new"
    assert images[2].read_bytes() == b"\0c"
    assert "both have changed it, and it is no text" in text
    assert three.cascade()[0] == run.DONE


def test_a_conflict_stops_with_both_sides_shown_and_what_to_do(conflicting):
    code, text = conflicting.cascade()
    assert code == run.WAITS
    shown = """step 2       STOP      conflict, line 3, in view
    steps/02-step/app.py
    step 1 has changed:
      -     b = 2
      +     b = 3
    step 2 has changed the same lines:
      -     b = 2
      +     b = 20
    step 2 says of this file: "ten times as much"
    Keep what is right of the lines from <<<<<<< to >>>>>>>.

It waits at step 2 for you to decide about 1 file.
Then go on with: make cascade FROM=1
Or take back all but your change in step 1: ABORT=1 make cascade FROM=1
"""
    assert shown in text
    assert "<<<<<<< step 2\n    b = 20\n||||||| step 1 as it was\n" in conflicting.read(2, "app.py")
    assert "b = 20" in conflicting.read(3, "app.py")


def test_it_goes_on_only_when_the_conflict_is_solved(conflicting):
    conflicting.cascade()
    before = conflicting.read(2, "app.py")
    code, text = conflicting.cascade()
    assert code == run.WAITS
    assert "steps/02-step/app.py: the conflict in line 3 is not solved yet." in text
    assert conflicting.read(2, "app.py") == before


def test_what_was_decided_is_carried_on(conflicting):
    conflicting.cascade()
    solve(conflicting)
    code, text = conflicting.cascade()
    assert code == run.DONE, text
    assert "b = 30" in conflicting.read(2, "app.py")
    assert "b = 30" in conflicting.read(3, "app.py")
    assert "first = 1" in conflicting.read(3, "app.py")


def test_several_conflicts_are_counted(course):
    course.step(1, {"app.py": LINES})
    other = LINES.replace("two", "zwei").replace("six", "sechs")
    course.step(2, {"app.py": other}, '[changes]\n"app.py" = "German"')
    course.commit().write(1, "app.py", LINES.replace("two", "deux").replace("six", "sept"))
    text = course.cascade()[1]
    assert "conflict 1 of 2, line 2\n" in text
    assert "conflict 2 of 2, line 12\n" in text


def test_a_step_that_has_changed_what_was_removed_is_asked_about(three):
    three.path(1, "app.py").unlink()
    code, text = three.cascade()
    assert code == run.WAITS
    assert "step 1 has removed it, step 2 has a version of its own" in text
    assert "+ seven of step 2" in text
    assert three.path(2, "app.py").exists()
    three.path(2, "app.py").unlink()
    three.write(2, "step.toml", three.read(2, "step.toml").partition("[changes]")[0])
    assert three.cascade()[0] == run.DONE
    assert not three.path(3, "app.py").exists()


def test_a_file_that_a_step_has_no_more_stops_and_tells_where_its_lines_are(course):
    course.step(1, {"routes.py": VIEW, "other.py": "x = 1\n"})
    split = {"questions/views.py": "import all\n\n\n" + VIEW, "other.py": "x = 1\n"}
    toml = '[changes]\n"routes.py" = "split by area"\n"questions/*" = "the area"'
    course.step(2, split, toml)
    course.step(3, split)
    course.commit().edit(1, "routes.py", "return a + b + c", "return a + b - c")
    code, text = course.cascade()
    assert code == run.WAITS
    assert "step 2 has no such file" in text
    assert 'step 2 says of this file: "split by area"' in text
    assert "Lines from around there are now in steps/02-step/questions/views.py" in text
    assert "-     return a + b + c\n      +     return a + b - c\n" in text
    course.edit(2, "questions/views.py", "b + c", "b - c")
    assert course.cascade()[0] == run.DONE
    assert "b - c" in course.read(3, "questions/views.py")


def test_a_file_added_where_a_step_has_no_such_directory_is_asked_about(course):
    course.step(1, {"static/a.css": "a\n"})
    for number in (2, 3):
        moved = '[moved]\n"static/a.css" = "site/static/a.css"' if number == 2 else ""
        course.step(number, {"site/static/a.css": "a\n"}, moved)
    course.commit().write(1, "static/b.css", "b\n")
    code, text = course.cascade()
    assert code == run.WAITS
    assert "step 1 has added it; step 2 has nothing else in that directory" in text
    course.path(2, "static/b.css").rename(course.path(2, "site/static/b.css"))
    course.write(
        2, "step.toml", course.read(2, "step.toml") + '"static/b.css" = "site/static/b.css"\n'
    )
    assert course.cascade()[0] == run.DONE
    assert course.read(3, "site/static/b.css") == "b\n"
    assert not course.path(3, "static").exists()


def test_a_renamed_file_whose_new_name_is_taken_is_asked_about(three):
    three.write(2, "main.py", "main = 2\n")
    three.write(2, "step.toml", three.read(2, "step.toml") + '"main.py" = "another"\n')
    three.write(3, "main.py", "main = 2\n")
    three.commit()
    three.path(1, "app.py").rename(three.path(1, "main.py"))
    code, text = three.cascade()
    assert code == run.WAITS
    assert "step 1 has renamed app.py; step 2 has files of both names" in text
    assert three.read(2, "main.py") == "main = 2\n"


def test_a_file_that_was_there_already_is_left(three):
    for number in (2, 3):
        three.edit(number, "app.py", "one", "ONE")
    three.commit()
    three.edit(1, "app.py", "one", "ONE")
    code, text = three.cascade()
    assert code == run.DONE
    assert "step 2       has it    app.py" in text


def test_a_later_step_with_changes_of_its_own_is_refused_and_nothing_written(three):
    three.edit(1, "app.py", "one", "ONE")
    three.edit(3, "same.py", "two", "TWO")
    three.write(3, "notes.txt", "mine\n")
    before = three.changed()
    with pytest.raises(CourseError) as caught:
        three.cascade()
    assert str(caught.value) == (
        "steps/03-step/notes.txt and 1 more are not as committed: "
        "commit or stash what is in later steps first."
    )
    assert three.changed() == before
    assert not (three.root / state.FILE).exists()


def test_its_own_changes_do_not_count_as_those_of_others(conflicting):
    conflicting.cascade()
    solve(conflicting)
    conflicting.write(2, "more.py", "needed = 1\n")
    conflicting.write(2, "step.toml", conflicting.read(2, "step.toml") + '"more.py" = "needed"\n')
    assert conflicting.cascade()[0] == run.DONE
    assert conflicting.read(3, "more.py") == "needed = 1\n"


def test_a_step_that_it_has_not_reached_is_refused_also_when_it_goes_on(conflicting):
    conflicting.cascade()
    solve(conflicting)
    conflicting.edit(3, "app.py", "first", "FIRST")
    with pytest.raises(CourseError, match=r"steps/03-step/app\.py is not as committed"):
        conflicting.cascade()


def test_again_it_has_nothing_to_do(three):
    three.edit(1, "app.py", "one", "ONE")
    three.cascade()
    stamps = {path: path.stat().st_mtime_ns for path in (three.root / "steps").rglob("*.*")}
    code, text = three.cascade()
    assert code == run.DONE
    assert "copied" not in text and "merged" not in text
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps


def test_a_second_thought_is_carried_too_and_keeps_what_was_decided(conflicting):
    conflicting.cascade()
    solve(conflicting)
    conflicting.cascade()
    conflicting.edit(1, "app.py", "return a", "return 2 * a")
    assert conflicting.cascade()[0] == run.DONE
    for number in (2, 3):
        assert "b = 30\n    c = 3\n    return 2 * a" in conflicting.read(number, "app.py")


def test_a_change_that_is_taken_back_is_taken_back_everywhere(three):
    three.edit(1, "app.py", "one", "ONE")
    three.cascade()
    three.edit(1, "app.py", "ONE", "one")
    assert three.cascade()[0] == run.DONE
    assert three.changed() == []


def test_after_a_commit_the_next_change_is_a_cascade_of_its_own(three):
    three.edit(1, "app.py", "one", "ONE")
    three.cascade()
    three.commit()
    code, text = three.cascade()
    assert (code, "there is nothing to carry" in text) == (run.DONE, True)
    three.edit(2, "app.py", "two", "TWO")
    assert three.cascade(2)[0] == run.DONE
    assert three.changed() == ["steps/02-step/app.py", "steps/03-step/app.py"]


def test_nothing_to_carry_tells_which_steps_have_changed(three):
    three.edit(2, "app.py", "one", "ONE")
    code, text = three.cascade(3)
    assert code == run.DONE
    assert "What has changed: step 2." in text


def test_a_change_that_is_committed_already_is_compared_with_an_older_commit(three):
    three.edit(1, "app.py", "one", "ONE")
    three.commit()
    assert "BASE=HEAD~1 make cascade FROM=1" in three.cascade()[1]
    assert three.cascade(base="HEAD~1")[0] == run.DONE
    assert three.read(3, "app.py").startswith("ONE")
    with pytest.raises(CourseError, match="'no-such' is no commit"):
        three.cascade(base="no-such")


def test_dry_writes_nothing_and_shows_what_comes_after_a_conflict(conflicting):
    conflicting.edit(1, "app.py", "return a", "return 2 * a")
    before = conflicting.changed()
    code, text = conflicting.cascade(dry=True)
    assert code == run.WAITS
    assert "STOP" in text and "What follows is without it." in text
    assert conflicting.changed() == before
    assert not (conflicting.root / state.FILE).exists()


def test_dry_shows_the_whole_way_of_a_change(three):
    three.edit(1, "app.py", "one", "ONE")
    code, text = three.cascade(dry=True)
    assert code == run.DONE
    assert "step 2       merged    app.py\nstep 3       copied    app.py\n" in text
    assert three.changed() == ["steps/01-step/app.py"]


class Suites:
    """Stands for the tests of the steps; those in `red` fail."""

    def __init__(self, *red):
        self.red, self.run = set(red), []

    def __call__(self, step):
        self.run.append(step.number)
        return step.number not in self.red, "as many as there are"


def test_the_tests_of_every_step_are_run_as_it_goes(three):
    three.edit(1, "app.py", "one", "ONE")
    tests = Suites()
    code, text = three.cascade(tester=tests)
    assert (code, tests.run) == (run.DONE, [1, 2, 3])
    assert "step 2       merged    app.py\n             passed    its tests: as many" in text


def test_a_change_whose_own_tests_fail_is_carried_nowhere(three):
    three.edit(1, "app.py", "one", "ONE")
    code, text = three.cascade(tester=Suites(1))
    assert code == run.WAITS
    assert "Nothing is carried from here: mend steps/01-step/ first." in text
    assert three.changed() == ["steps/01-step/app.py"]
    assert not (three.root / state.FILE).exists()


def test_it_waits_where_tests_fail_and_does_not_repeat_those_that_passed(three):
    three.edit(1, "app.py", "one", "ONE")
    code, text = three.cascade(tester=Suites(2))
    assert code == run.WAITS
    assert "It waits at step 2: mend steps/02-step/, or the change itself." in text
    assert three.read(3, "app.py").startswith("one")
    three.edit(2, "app.py", "two", "TWO")
    tests = Suites()
    assert three.cascade(tester=tests)[0] == run.DONE
    assert tests.run == [2, 3]
    assert three.read(3, "app.py").startswith("ONE\nTWO\n")


def test_where_it_waits_a_step_may_be_left_without_the_change(three):
    three.edit(1, "app.py", "one", "ONE")
    three.cascade(tester=Suites(2))
    three.git("checkout", "--quiet", "--", "steps/02-step")
    assert three.cascade(tester=Suites())[0] == run.DONE
    assert three.changed() == ["steps/01-step/app.py"]


def test_steps_that_have_not_changed_are_not_tested(course):
    course.step(1, {"app.py": LINES})
    course.step(2, {}, '[changes]\n"app.py" = "not needed"')
    course.step(3, {})
    course.commit().path(1, "app.py").unlink()
    course.write(2, "step.toml", course.read(2, "step.toml").partition("[changes]")[0])
    tests = Suites()
    code, text = course.cascade(tester=tests)
    assert (code, tests.run) == (run.DONE, [1])
    assert "step 2       lacks it  app.py\n" in text


def test_the_tests_are_those_of_the_step(course, monkeypatch):
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    step = course.step(1, {"tests/test_it.py": "def test_it(): assert True\n"})
    out = Console(file=io.StringIO(), width=200, color_system=None)
    test = unit_tests(course.root, out)
    assert test(step)[0]
    course.write(1, "tests/test_it.py", "def test_it(): assert False\n")
    passed, summary = test(step)
    assert not passed
    assert "0 passed, 1 failed" in summary
    assert "assert False" in out.file.getvalue()


def test_ctrl_c_waits_until_a_step_is_written(three, monkeypatch):
    three.edit(1, "app.py", "one", "ONE")
    three.edit(1, "same.py", "two", "TWO")
    place, placed = write.place, []

    def interrupted(root, path, file):
        place(root, path, file)
        placed.append(path)
        if len(placed) == 1:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(write, "place", interrupted)
    with pytest.raises(KeyboardInterrupt):
        three.cascade()
    assert placed == ["steps/02-step/app.py", "steps/02-step/same.py"]
    assert three.read(3, "app.py").startswith("one")
    assert three.cascade()[0] == run.DONE
    assert three.read(3, "app.py").startswith("ONE")


def test_who_is_killed_while_writing_finds_the_rest_written_by_the_next_run(three, monkeypatch):
    three.edit(1, "app.py", "one", "ONE")
    three.edit(1, "same.py", "two", "TWO")
    place = write.place

    class Killed(BaseException):
        pass

    def killed(root, path, file):
        place(root, path, file)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(write, "place", killed)
        with pytest.raises(Killed):
            three.cascade()
    assert "TWO" not in three.read(2, "same.py")
    three.write(2, "app.py", "mine meanwhile\n")
    write.finish(three.root, state.load(three.root))
    assert "TWO" in three.read(2, "same.py")
    assert three.read(2, "app.py") == "mine meanwhile\n"


def test_abort_puts_back_all_but_the_change_and_keeps_a_copy(conflicting):
    conflicting.cascade()
    half_done = conflicting.read(2, "app.py") + "# half done\n"
    conflicting.write(2, "app.py", half_done)
    out = Console(file=io.StringIO(), width=200)
    assert run.abort(conflicting.root, 1, out) == run.DONE
    assert conflicting.changed() == ["steps/01-step/app.py"]
    (kept,) = (conflicting.root / ".data").glob("cascade-*/steps/02-step/app.py")
    assert kept.read_text() == half_done
    with pytest.raises(CourseError, match="There is no cascade of step 1"):
        run.abort(conflicting.root, 1, out)


def test_abort_removes_what_was_added_and_brings_back_what_was_removed(three):
    three.write(1, "new.py", "new = 1\n")
    three.path(1, "same.py").unlink()
    three.cascade()
    run.abort(three.root, 1, Console(file=io.StringIO()))
    assert three.changed() == ["steps/01-step/new.py", "steps/01-step/same.py"]


def test_while_one_waits_another_is_refused(conflicting):
    conflicting.cascade()
    with pytest.raises(CourseError) as caught:
        conflicting.cascade(2)
    assert str(caught.value) == (
        "The cascade of step 1 waits at step 2: make cascade FROM=1 goes on, "
        "ABORT=1 make cascade FROM=1 takes it back."
    )


def test_two_at_the_same_time_are_refused(three):
    from course import leftovers

    three.edit(1, "app.py", "one", "ONE")
    with (
        leftovers.exclusive(three.root / write.DATA),
        pytest.raises(CourseError, match="cascade is running already"),
    ):
        three.cascade()


def test_it_begins_anew_when_all_of_it_was_taken_back_by_hand(three):
    three.edit(1, "app.py", "one", "ONE")
    three.cascade()
    three.git("checkout", "--quiet", "--", "steps")
    three.edit(1, "app.py", "two", "TWO")
    code, text = three.cascade()
    assert code == run.DONE, text
    assert three.read(3, "app.py").startswith("one\nTWO\n")


def test_it_does_not_guess_when_a_part_of_it_was_taken_back(three):
    three.edit(1, "app.py", "one", "ONE")
    three.cascade()
    three.git("checkout", "--quiet", "--", "steps/03-step")
    with pytest.raises(CourseError, match="Step 3 is as it was before the cascade, others are not"):
        three.cascade()


def test_commits_on_the_way_do_not_end_it(conflicting):
    conflicting.cascade()
    solve(conflicting)
    conflicting.commit()
    code, text = conflicting.cascade()
    assert code == run.DONE, text
    assert "b = 30" in conflicting.read(3, "app.py")


def test_a_state_that_cannot_be_read_is_said(three):
    three.edit(1, "app.py", "one", "ONE")
    three.checkout.write(three.root / state.FILE, "{")
    with pytest.raises(CourseError, match=r"cascade\.json cannot be read"):
        three.cascade()


def test_the_state_keeps_every_kind_of_file(tmp_path):
    known = state.State(3, "abc", tested={"3": "x"}, stop=state.Stop(4, True, ["a.py"]), head="d")
    known.carried = {"3>4": {"a": File(b"\0"), "b": None, "c": File("ü\r\n".encode(), True)}}
    known.written = {"steps/04-x/a": state.Written(None, File(b"x"), True)}
    known.pending = {"steps/04-x/b": state.Written(File(b"\xff"), None)}
    known.save(tmp_path)
    assert state.load(tmp_path) == known


def test_what_is_wrong_at_the_end_is_said(three):
    three.write(1, "app.py", three.read(2, "app.py"))
    code, text = three.cascade()
    assert code == run.WAITS
    assert 'steps/02-step/step.toml: [changes] has "app.py", but that is the same' in text
    three.write(2, "step.toml", three.read(2, "step.toml").partition("[changes]")[0])
    assert three.cascade()[0] == run.DONE


def test_requirements_are_carried_and_locks_left_to_make_lock(course):
    lock = "click==8.5.1 \\\n    --hash=sha256:aa\n"
    for number in (1, 2):
        course.step(number, {"requirements.in": "click\n", "requirements.txt": lock})
    for name, text in (("requirements.in", "rich\n"), ("requirements.txt", lock)):
        course.checkout.write(course.root / name, text)
    course.commit().write(1, "requirements.in", "click\nrich\n")
    course.write(1, "requirements.txt", "# another\n")
    code, text = course.cascade()
    assert code == run.WAITS
    assert course.read(2, "requirements.in") == "click\nrich\n"
    assert course.read(2, "requirements.txt") == lock
    assert "make lock brings the locks up to date" in text
    assert "steps/02-step/requirements.txt: rich of requirements.in is missing" in text


def test_the_description_of_a_step_is_its_own(three):
    three.edit(1, "app.py", "one", "ONE")
    three.write(1, "step.toml", three.read(1, "step.toml") + "# mine\n")
    three.cascade()
    assert "# mine" not in three.read(2, "step.toml")


def test_a_checkout_without_git_is_said(checkout):
    checkout.step(1)
    with pytest.raises(CourseError, match="git rev-parse failed: fatal: not a git repository"):
        run.cascade(checkout.root, 1, Console(file=io.StringIO()))


def test_a_step_that_is_not_there_is_said(three):
    with pytest.raises(CourseError, match=r"There is no step 9; the steps are 1 to 3\."):
        three.cascade(9)


def test_a_symbolic_link_is_refused(three):
    three.path(1, "link.py").symlink_to("app.py")
    with pytest.raises(CourseError, match="is a symbolic link"):
        three.cascade()


def test_a_checkout_may_be_a_part_of_a_repository(course):
    inner = course.root / "teaching"
    course.checkout.root = inner
    for number in (1, 2):
        course.checkout.step(number, files={"app.py": LINES})
    course.commit()
    (inner / "steps/01-step/app.py").write_text("ONE" + LINES[3:])
    assert run.cascade(inner, 1, Console(file=io.StringIO())) == run.DONE
    assert (inner / "steps/02-step/app.py").read_text().startswith("ONE")


# Exercises

TOML = """
title = "Say hello"
minutes = 10
files = ["app.py"]
fails = "nothing is said"
hints = ["One.", "Two.", "Three."]
"""
TODO = LINES.replace("seven", "seven\n# TODO: say hello")
SOLVED = LINES.replace("seven", "seven\nhello")


@pytest.fixture
def exercise(three):
    """An exercise on step 2, whose solution has a file more."""
    own = three.read(2, "app.py")
    files = {
        "exercises/02-hello/exercise.toml": TOML,
        "exercises/02-hello/README.md": "# Say hello\n\nIt fails because nothing is said.\n",
        "exercises/02-hello/check/test_hello.py": "",
        "exercises/02-hello/app.py": own + "# TODO: say hello\n",
        "solutions/02-hello/README.md": "# Why\n",
        "solutions/02-hello/app.py": own + "hello\n",
        "solutions/02-hello/same.py": LINES + "hello\n",
    }
    for name, text in files.items():
        three.checkout.write(three.root / name, text)
    (found,) = exercises.load(three.root)
    starters.write(found)
    three.commit()
    return found


def contents(exercise, name="app.py"):
    places = (exercise.path, exercise.starters, exercise.solution)
    return [Path(place, name).read_text() for place in places if Path(place, name).exists()]


def test_the_copies_of_an_exercise_get_the_change_too(three, exercise):
    three.edit(1, "app.py", "one", "ONE")
    three.edit(1, "same.py", "two", "TWO")
    code, text = three.cascade()
    assert code == run.DONE, text
    own = "ONE" + LINES[3:].replace("seven", "seven of step 2")
    todo = own + "# TODO: say hello\n"
    assert contents(exercise) == [todo, todo, own + "hello\n"]
    assert contents(exercise, "same.py") == [LINES.replace("two", "TWO") + "hello\n"]
    assert starters.changed(exercise) == starters.outdated(exercise) == []
    assert "exercise 2   merged    app.py\nsolution 2   merged    app.py\n" in text
    assert "carried to steps 2 and 3, exercise 2." in text


def test_the_exercise_of_the_step_itself_gets_the_change(three, exercise):
    three.edit(2, "app.py", "one", "ONE")
    assert three.cascade(2)[0] == run.DONE
    assert all(text.startswith("ONE") for text in contents(exercise))
    assert starters.outdated(exercise) == []


def test_a_conflict_in_an_exercise_is_decided_and_handed_out(three, exercise):
    (exercise.path / "app.py").write_text("one\n# TODO: say hello\nthree\n")
    starters.write(exercise)
    three.commit()
    three.edit(1, "app.py", "two\n", "TWO\n")
    code, text = three.cascade()
    assert code == run.WAITS
    assert "exercise 2   STOP      conflict" in text
    assert "It waits at exercise 2" in text
    handed_out = (exercise.starters / "app.py").read_text()
    assert "<<<<<<<" not in handed_out
    assert "TWO" not in three.read(3, "app.py")
    assert three.cascade()[0] == run.WAITS
    (exercise.path / "app.py").write_text("one\nTWO\n# TODO: say hello\n")
    code, text = three.cascade()
    assert code == run.DONE, text
    assert starters.changed(exercise) == starters.outdated(exercise) == []
    assert "TWO" in three.read(3, "app.py")


def test_an_exercise_that_somebody_works_on_is_refused(three, exercise):
    three.edit(1, "app.py", "one", "ONE")
    (exercise.path / "app.py").write_text(SOLVED)
    with pytest.raises(CourseError, match=r"make reset-exercise-2 keeps yours and puts it back"):
        three.cascade()
    assert three.read(2, "app.py").startswith("one")


def test_a_solution_with_changes_of_its_own_is_refused(three, exercise):
    three.edit(1, "app.py", "one", "ONE")
    (exercise.solution / "app.py").write_text(SOLVED)
    with pytest.raises(CourseError, match=r"solutions/02-hello/app\.py is not as committed"):
        three.cascade()


def test_abort_puts_back_the_exercises_too(three, exercise):
    three.edit(1, "app.py", "one", "ONE")
    three.cascade()
    run.abort(three.root, 1, Console(file=io.StringIO()))
    assert three.changed() == ["steps/01-step/app.py"]


# Parts


def test_markers_that_are_not_ours_do_not_count():
    ours = b"<<<<<<< step 4\na\n||||||| step 3 as it was\nb\n=======\nc\n>>>>>>> step 3 with\n"
    assert merge.has_markers(File(ours))
    assert not merge.has_markers(File(b"<<<<<<< HEAD\n=======\n>>>>>>> main\n"))
    (conflict,) = merge.parse(ours.decode())
    assert (conflict.ours, conflict.base, conflict.theirs) == (["a"], ["b"], ["c"])


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([], ""),
        ([4], "4"),
        ([4, 5], "4 and 5"),
        ([6, 4, 5], "4 to 6"),
        ([4, 5, 6, 9], "4 to 6 and 9"),
        ([1, 3, 5, 6, 7, 9], "1, 3, 5 to 7 and 9"),
    ],
)
def test_numbers_are_said_in_words(found, said):
    assert words.numbers(found) == said


def test_line_ends_of_another_system_are_kept(three):
    for number in (1, 2, 3):
        three.path(number, "same.py").write_bytes(LINES.replace("\n", "\r\n").encode())
    three.commit()
    three.path(1, "same.py").write_bytes(LINES.replace("\n", "\r\n").replace("two", "2").encode())
    assert three.cascade()[0] == run.DONE
    assert three.path(3, "same.py").read_bytes() == three.path(1, "same.py").read_bytes()


def test_a_file_as_committed_is_read_with_its_mode(three):
    three.path(1, "app.py").chmod(0o755)
    three.path(1, "ü ß.txt").write_text("x\n")
    three.commit()
    tree = Repository(three.root).tree("HEAD", "steps/01-step")
    assert tree["app.py"] == File(LINES.encode(), executable=True)
    assert tree["ü ß.txt"] == File(b"x\n")
    assert begin.changed_steps(Repository(three.root), load(three.root)) == []
