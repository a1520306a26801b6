"""Questions in version 2: a feed of changes that misses none, whatever the second."""

from flask import Blueprint, make_response, request, url_for

from podium.api.decorators import json_body, not_modified, with_version
from podium.api.idempotency import idempotent
from podium.api.input import read_query
from podium.auth.identity import current_user
from podium.bulkhead import upstream
from podium.extensions import db, presence, token_auth
from podium.questions.cursor import read_cursor, write_cursor
from podium.questions.representations import change_v2, question_v2
from podium.questions.schemas import ChangesQuery, LookUpQuery, NewSource
from podium.questions.text import read_preview
from podium.services import feed, questions, talks
from podium.services.errors import NotFound

bp = Blueprint("questions", __name__)


@bp.get("/talks/<slug>/questions")
def list_changes(slug):
    """What changed after a cursor; a client that has all of it already may wait for more."""
    query = read_query(ChangesQuery)
    after = read_cursor(slug, query.after)
    if query.wait:
        presence.stay(query.wait)
        version = feed.wait(slug, after, query.wait)
        if version is None:
            return with_version(make_response("", 304), after)
        return answer(slug, feed.changes_in(version, slug, after, query.limit))
    if request.if_none_match and not_modified(version := talks.version(slug)):
        return with_version(make_response("", 304), version)
    return answer(slug, feed.changes(slug, after, query.limit))


def answer(slug, changes):
    items = [change_v2(rows, slug) for rows in changes.questions]
    body = {"items": items, "next": write_cursor(slug, changes.next), "more": changes.more}
    return with_version(make_response(body), changes.version)


@bp.get("/lookup")
@token_auth.login_required
def look_up():
    """What a page is about, for somebody who is still typing the link to it."""
    url = read_query(LookUpQuery).url
    db.session.rollback()  # a stranger's site takes its time: hold no connection meanwhile
    with upstream().place():
        page = read_preview(url, last_try=True)
    if page is None:
        raise NotFound("There is no such page, or it does not say what it is about.")
    return page


@bp.post("/talks/<slug>/questions")
@token_auth.login_required
@json_body(NewSource)
@idempotent
def post_question(slug, body, keep):
    def answer(question):
        return keep(question_v2(question), url_for(".show_question", id=question.id))

    return questions.post(current_user(), talks.get(slug), body.source, answer)


@bp.get("/questions/<id:id>")
def show_question(id):
    return question_v2(questions.get(id))


@bp.put("/questions/<id:id>")
@token_auth.login_required
@json_body(NewSource)
def edit_question(id, body):
    return question_v2(questions.edit(current_user(), id, body.source))
