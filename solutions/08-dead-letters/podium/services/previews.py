"""Previews of links: a row for each from the start, filled when somebody has read the page."""

from sqlalchemy import delete, update

from podium.extensions import db
from podium.models import Preview, Question
from podium.questions.safe_fetch import TryLater
from podium.questions.text import links, read_preview
from podium.services import dead_letters
from podium.services.feed import touch


def expected(html):
    return [Preview(url=link) for link in links(html)]


def fill(id, last_try):
    """Read the page behind a link and show what it is about; where it cannot be had, show nothing.

    The row is gone when the question was edited meanwhile, and the answer of no interest. Raises
    TryLater where the site may do better another time, unless this is the last try.
    """
    preview = db.session.get(Preview, id)
    if preview is None:
        return
    url, question_id = preview.url, preview.question_id
    db.session.rollback()  # a stranger's site takes its time: hold no transaction meanwhile
    page = given_up = None
    try:
        page = read_preview(url, last_try=False)
    except TryLater as error:
        if not last_try:
            raise
        given_up = str(error) or "the site did not answer"
    change = update(Preview).values(page) if page else delete(Preview)
    if db.session.execute(change.where(Preview.id == id, Preview.title.is_(None))).rowcount:
        touch(db.session.get(Question, question_id))
        if given_up:
            dead_letters.bury(question_id, url, given_up)
        db.session.commit()
