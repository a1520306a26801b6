"""Resetting and cleaning delete what they say, and nothing that is in use."""

import os

import pytest

from course import housekeeping, leftovers
from course.errors import CourseError


@pytest.fixture
def used(checkout):
    """A checkout with data, logs and caches."""
    step = checkout.step()
    checkout.write(step.data_dir / "podium.db", "data")
    checkout.write(step.data_dir / "logs" / "web.log", "log")
    checkout.write(checkout.root / ".data" / "test" / "course.log", "log")
    checkout.write(checkout.root / ".venv" / "lib" / "__pycache__" / "x.pyc", "")
    checkout.write(step.path / "__pycache__" / "x.pyc", "")
    return checkout, step


def test_reset_deletes_the_data_of_one_step(used):
    _, step = used
    assert housekeeping.reset(step)
    assert not step.data_dir.exists()
    assert step.path.exists()
    assert not housekeeping.reset(step)


@pytest.mark.skipif(os.geteuid() != 0, reason="for root only: nobody else can give files away")
def test_root_deletes_what_it_gave_to_another_user(used):
    checkout, step = used
    checkout.write(step.data_dir / "postgres" / "PG_VERSION", "18")
    os.chown(step.data_dir / "postgres", 65_534, 65_534)
    (step.data_dir / "postgres").chmod(0o700)
    assert housekeeping.reset(step)
    assert not step.data_dir.exists()


def test_what_may_not_be_deleted_is_one_line(monkeypatch, capsys):
    def refuse(root):
        raise PermissionError(13, "Permission denied", "/x/.data")

    monkeypatch.setattr(housekeeping, "clean", refuse)
    monkeypatch.setattr(housekeeping.sys, "argv", ["housekeeping", "clean"])
    with pytest.raises(SystemExit) as caught:
        housekeeping.main()
    assert caught.value.code == 2
    expected = "/x/.data: Permission denied; make doctor says what to do.\n"
    assert capsys.readouterr().err == expected


def test_reset_refuses_while_the_step_runs(used):
    _, step = used
    with leftovers.exclusive(step.data_dir):
        with pytest.raises(CourseError, match=r"01-step is running already \(process \d+\)"):
            housekeeping.reset(step)
        assert (step.data_dir / "podium.db").exists()


def test_reset_means_the_data_of_make_hosts_too_and_deletes_all_or_nothing(used):
    checkout, step = used
    checkout.write(step.apart.data_dir / "podium.db", "data")
    with leftovers.exclusive(step.apart.data_dir):
        with pytest.raises(CourseError, match="01-step-hosts is running already"):
            housekeeping.reset(step)
        assert (step.data_dir / "podium.db").exists()
    assert housekeeping.reset(step)
    assert not step.data_dir.exists()
    assert not step.apart.data_dir.exists()


def test_clean_deletes_caches_and_logs_but_no_data(used):
    checkout, step = used
    found = {
        path.relative_to(checkout.root).as_posix() for path in housekeeping.clean(checkout.root)
    }
    assert found == {"steps/01-step/__pycache__", ".data/test", ".data/01-step/logs"}
    assert (step.data_dir / "podium.db").exists()
    assert (checkout.root / ".venv" / "lib" / "__pycache__").exists()
    assert housekeeping.clean(checkout.root) == []


def test_clean_leaves_the_logs_of_a_step_that_runs(used):
    checkout, step = used
    with leftovers.exclusive(step.data_dir):
        housekeeping.clean(checkout.root)
    assert (step.data_dir / "logs").exists()


def test_distclean_deletes_data_and_venv(used):
    checkout, _ = used
    housekeeping.distclean(checkout.root)
    assert sorted(path.name for path in checkout.root.iterdir()) == ["steps"]


def test_distclean_refuses_while_a_step_runs(used):
    checkout, step = used
    with leftovers.exclusive(step.data_dir), pytest.raises(CourseError, match="is running already"):
        housekeeping.distclean(checkout.root)
    assert (step.data_dir / "podium.db").exists()
    assert (checkout.root / ".venv").exists()
