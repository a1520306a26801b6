"""What the pages show is what happens."""

import pytest
from conftest import shown

from course.sessions import run


def test_no_session_is_overlooked(page):
    mistakes = [f"{shown(page.path)}:{line}: {what}" for line, what in page.mistakes]
    if mistakes:
        pytest.fail("\n".join(mistakes), pytrace=False)


def test_the_page_shows_what_happens(page, session, stage):
    played = stage.played(page, session)
    problems = run.problems(session, played.outcomes[session], shown(page.path))
    if problems:
        log = f"What step {session.step} logged last:\n{played.log}"
        pytest.fail("\n\n".join([*problems, log]), pytrace=False)
