"""The forms around a question: ask, vote, edit, delete, mark as answered."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for

from podium.auth.session import log_in_first
from podium.questions.schemas import NewSource
from podium.services import questions, talks
from podium.services.errors import Invalid, TooOften
from podium.site.forms import read_form
from podium.talks.pages import render_talk

bp = Blueprint(
    "questions",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/static/questions",
)


def back_to(question):
    here = url_for("talks.talk_page", slug=question.talk.slug, _anchor=f"question-{question.id}")
    return redirect(here, 303)


@bp.post("/talks/<slug>/questions")
@log_in_first
def ask(slug):
    talk = talks.get(slug)
    try:
        question = questions.post(g.user, talk, read_form(NewSource).source)
    except (Invalid, TooOften) as error:
        return render_talk(talk, error), 400
    flash("Your question is on the list.")
    return back_to(question)


@bp.route("/questions/<id:id>/edit", methods=["GET", "POST"])
@log_in_first
def edit(id):
    question = questions.of_author(g.user, id)
    if request.method == "GET":
        return render_template("questions/edit.html", question=question)
    try:
        return back_to(questions.edit(g.user, id, read_form(NewSource).source))
    except Invalid as error:
        return render_template("questions/edit.html", question=question, error=error), 400


@bp.post("/questions/<id:id>/delete")
@log_in_first
def remove(id):
    talk = questions.get(id).talk
    questions.remove(g.user, id)
    flash("Your question is deleted.")
    return redirect(url_for("talks.talk_page", slug=talk.slug), 303)


@bp.post("/questions/<id:id>/vote")
@log_in_first
def vote(id):
    change = questions.unvote if request.form.get("vote") == "0" else questions.vote
    change(g.user, id)
    return back_to(questions.get(id))


@bp.post("/questions/<id:id>/answered")
@log_in_first
def answered(id):
    yes = request.form.get("answered") != "0"
    return back_to(questions.mark_answered(g.user, id, answered=yes))
