"""Previews of links: a row for each from the start, filled when somebody has read the page."""

from sqlalchemy import delete, update

from podium.extensions import db
from podium.models import Preview, Question
from podium.questions.text import links, read_preview
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
    # TODO: with the last try, read_preview no longer says that the site may do better another time.
    # That is what a dead letter is for, and a page that is not there is not.
    page = read_preview(url, last_try)
    change = update(Preview).values(page) if page else delete(Preview)
    if db.session.execute(change.where(Preview.id == id, Preview.title.is_(None))).rowcount:
        touch(db.session.get(Question, question_id))
        db.session.commit()
