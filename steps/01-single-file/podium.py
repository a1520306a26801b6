"""Podium, live audience Q&A: the whole application in one module.

It is correct and safe, and it does not grow well: importing it opens a database, its settings are
read here and nowhere else, a test cannot have an application of its own, every change is made here.
"""

import hashlib
import os
import re
import secrets
import threading
import time
from collections import deque
from html import unescape
from typing import Annotated

import limits
import mistune
import nh3
from bs4 import BeautifulSoup, SoupStrainer
from flask import Flask, abort, render_template, request, url_for
from flask_httpauth import HTTPBasicAuth, HTTPTokenAuth
from flask_sqlalchemy import SQLAlchemy
from font_source_sans_pro import font_files_ttf as fonts
from fpdf import FPDF
from pydantic import AfterValidator, BaseModel, Field, ValidationError
from sqlalchemy import Engine, ForeignKey, UniqueConstraint, delete, event, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column, relationship
from werkzeug.exceptions import HTTPException, TooManyRequests
from werkzeug.routing import IntegerConverter
from werkzeug.security import check_password_hash, generate_password_hash

from safe_fetch import read_page

TOKEN_SECONDS = 12 * 60 * 60
STATS_SECONDS = 15
PREVIEWS = 3
HEAD = SoupStrainer(["title", "meta"])
PREVIEW_ALLOW_HOSTS = os.environ.get("PREVIEW_ALLOW_HOSTS", "").split(",")
QUESTION_RATE = limits.parse(os.environ.get("QUESTION_RATE", "30/minute"))
TOKEN_RATE = limits.parse(os.environ.get("TOKEN_RATE", "20/minute"))
# What OWASP asks of scrypt at 32 MiB. It costs about 0.2 s, so requests carry a token instead.
PASSWORD_HASH = os.environ.get("PASSWORD_HASH", "scrypt:32768:8:3")

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ.get("DATABASE_URL", "sqlite:///podium.db")
app.config["MAX_CONTENT_LENGTH"] = 64 * 1024
db = SQLAlchemy(app)
basic_auth, token_auth = HTTPBasicAuth(), HTTPTokenAuth()
current_user = token_auth.current_user
limiter = limits.strategies.MovingWindowRateLimiter(limits.storage.MemoryStorage())


@event.listens_for(Engine, "connect")
def prepare_sqlite(connection, _record):
    """Readers go on while one writes, and foreign keys count."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA foreign_keys = ON")


def now():
    return int(time.time())


class User(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    nickname: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]


class Token(db.Model):
    digest: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id))
    expires_at: Mapped[int]


class Talk(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    speaker: Mapped[str]
    description: Mapped[str]
    organiser_id: Mapped[int] = mapped_column(ForeignKey(User.id))
    organiser: Mapped[User] = relationship()


class Question(db.Model):
    __table_args__ = {"sqlite_autoincrement": True}  # the id of a deleted one does not come back
    id: Mapped[int] = mapped_column(primary_key=True)
    talk_id: Mapped[int] = mapped_column(ForeignKey(Talk.id), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey(User.id))
    source: Mapped[str]
    html: Mapped[str]
    score: Mapped[int] = mapped_column(default=0)
    answered: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[int] = mapped_column(default=now)
    updated_at: Mapped[int] = mapped_column(default=now, onupdate=now)
    talk: Mapped[Talk] = relationship()
    author: Mapped[User] = relationship()
    previews: Mapped[list["Preview"]] = relationship(
        cascade="all, delete-orphan", order_by="Preview.id"
    )
    votes: Mapped[list["Vote"]] = relationship(cascade="all, delete-orphan")


class Vote(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey(Question.id))
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id))
    user: Mapped[User] = relationship()
    __table_args__ = (UniqueConstraint(question_id, user_id),)


class Preview(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey(Question.id), index=True)
    url: Mapped[str]
    title: Mapped[str]
    description: Mapped[str]


markdown = mistune.create_markdown(escape=True, plugins=["url", "strikethrough"])


def render(source):
    """Markdown as HTML that cannot act: a short list of tags, and links to the web only."""
    tags = set("p br em strong del a code pre blockquote ul ol li".split())
    return nh3.clean(
        markdown(source), tags, attributes={"a": {"href"}}, url_schemes={"http", "https"}
    )


def previews(html):
    """Title and description of the first pages that `html` links to, those that can be had."""
    found = []
    for link in list(dict.fromkeys(re.findall(r'href="(https?://[^"]+)"', html)))[:PREVIEWS]:
        try:
            url, page, charset = read_page(unescape(link), PREVIEW_ALLOW_HOSTS)
            head = BeautifulSoup(page, "html.parser", parse_only=HEAD, from_encoding=charset)
            about = head.find("meta", attrs={"name": "description"}) or {}
            title, description = head.title.get_text(" ", strip=True), about.get("content", "")
            found.append(Preview(url=url, title=title[:200], description=description[:500]))
        except Exception as error:  # whatever a stranger's site does must not fail the post
            app.logger.info("no preview of %s: %r", link, error)
    return found


def transcript_pdf(talk, questions):
    pdf = FPDF()
    pdf.set_title(talk.title)
    pdf.add_font("Sans", "", fonts["SourceSansPro"])
    pdf.add_font("Sans", "B", fonts["SourceSansProBold"])

    def write(text, size, style=""):
        pdf.set_font("Sans", style, size)
        pdf.multi_cell(0, text=text, align="L", new_x="LMARGIN", new_y="NEXT")

    pdf.add_page()
    pdf.set_y(100)
    write(talk.title, 28, "B")
    write(f"{talk.speaker} · {len(questions)} questions", 14)
    pdf.add_page()
    for question in questions:
        answered = " · answered" if question.answered else ""
        write(f"{question.score} votes · {question.author.nickname}{answered}", 10, "B")
        write(unescape(nh3.clean(question.html, tags=set())).strip(), 12)
        pdf.ln(4)
    return bytes(pdf.output())


class Invalid(HTTPException):
    code = 400

    def __init__(self, reason, field=None):
        super().__init__(reason)
        self.field = field


def sensible(text):
    if "\0" in text or not text.strip():
        raise ValueError("must not be blank or contain a null byte")
    return text


def name(text):
    if not re.fullmatch(r"\w[\w.-]{1,31}", text):
        raise ValueError("must be 2 to 32 letters, digits, dots, dashes or underscores")
    return text


Text = Annotated[str, AfterValidator(sensible)]
Source = Annotated[str, Field(max_length=2000), AfterValidator(sensible)]


class NewUser(BaseModel, extra="forbid"):
    nickname: Annotated[str, AfterValidator(name)]
    password: Annotated[str, Field(min_length=8, max_length=128), AfterValidator(sensible)]


class NewQuestion(BaseModel, extra="forbid"):
    talk: Text
    source: Source


class NewSource(BaseModel, extra="forbid"):
    source: Source


class TalkQuery(BaseModel):
    talk: Text


class QuestionsQuery(TalkQuery):
    since: Annotated[int, Field(ge=0, lt=2**40)] = 0


def read(model, data=None):
    """The JSON body (or `data`) as a `model`; 400 names the field and what is wrong with it."""
    if data is None and request.mimetype != "application/json":
        abort(415, "Send the body as JSON, with Content-Type: application/json.")
    try:
        if data is None:
            return model.model_validate_json(request.get_data())
        return model.model_validate(data)
    except ValidationError as error:
        problem = error.errors()[0]
        field = ".".join(str(part) for part in problem["loc"])
        reason = problem["msg"].removeprefix("Value error, ")
        raise Invalid(f"{field or 'body'}: {reason}.", field or None) from None


class RowId(IntegerConverter):
    """At most nine digits: it fits an integer column, and a longer number is simply not found."""

    regex = r"[0-9]{1,9}"


app.url_map.converters["id"] = RowId


def hit(rate, *who):
    """Count one more against `rate`, or answer 429 and say when to come back."""
    if not limiter.hit(rate, *who):
        wait = limiter.get_window_stats(rate, *who).reset_time - time.time()
        raise TooManyRequests(f"At most {rate}. Try again later.", retry_after=max(1, round(wait)))


def digest(token):
    return hashlib.sha256(token.encode()).hexdigest()


@basic_auth.verify_password
def user_with_password(nickname, password):
    if nickname:
        hit(TOKEN_RATE, "token", nickname)
    user = db.session.scalar(select(User).where(User.nickname == nickname))
    if user and check_password_hash(user.password_hash, password):
        return user


@token_auth.verify_token
def user_with_token(token):
    valid = (Token.digest == digest(token), Token.expires_at > now())
    return db.session.scalar(select(User).join(Token).where(*valid))


def refuse(status):
    return {"status": status, "reason": "Wrong nickname, password or token."}, status


basic_auth.error_handler(refuse)
token_auth.error_handler(refuse)


@app.errorhandler(HTTPException)
def show_error(error):
    if not request.path.startswith("/api/"):
        page = render_template("error.html", status=error.code, reason=error.description)
        return page, error.code
    answer = error.get_response()
    problem = {"status": error.code, "reason": error.description}
    if field := getattr(error, "field", None):
        problem["field"] = field
    answer.data, answer.mimetype = app.json.dumps(problem), "application/json"
    return answer


hits, hits_lock = deque(), threading.Lock()


@app.before_request
def count_request():
    """Note who asks when: a browser is its cookie, another client its credentials or address."""
    if request.path.startswith(("/healthz", "/static/")):
        return
    who = request.headers.get("Authorization", request.remote_addr)
    with hits_lock:
        hits.append((time.monotonic(), digest(request.cookies.get("visitor", who))))
        while hits[0][0] < time.monotonic() - STATS_SECONDS:
            hits.popleft()


@app.after_request
def protect(response):
    response.headers["Content-Security-Policy"] = "default-src 'self'; frame-ancestors 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    if response.mimetype == "text/html" and "visitor" not in request.cookies:
        response.set_cookie("visitor", secrets.token_urlsafe(16), httponly=True, samesite="Lax")
    return response


def find(model, **key):
    missing = f"There is no such {model.__name__.lower()}."
    return db.one_or_404(select(model).filter_by(**key), description=missing)


def questions_of(talk, since=0):
    """Selects by votes, then age: the order of the page, the API and the transcript."""
    return (
        select(Question)
        .where(Question.talk == talk, Question.updated_at > since)
        .order_by(Question.score.desc(), Question.created_at, Question.id)
    )


def fields(row, *names):
    return {name: getattr(row, name) for name in names}


def talk_json(talk):
    count = db.session.scalar(select(func.count()).where(Question.talk == talk))
    extra = {"organiser": talk.organiser.nickname, "questions": count}
    return fields(talk, "slug", "title", "speaker", "description") | extra


def question_json(question):
    plain = "id", "source", "html", "score", "answered", "created_at", "updated_at"
    return fields(question, *plain) | {
        "talk": question.talk.slug,
        "author": question.author.nickname,
        "previews": [fields(p, "url", "title", "description") for p in question.previews],
    }


def write_source(question, source):
    question.source, question.html = source, render(source)
    question.previews = previews(question.html)
    db.session.add(question)
    db.session.commit()


@app.get("/")
def index():
    talks = db.session.scalars(select(Talk).order_by(Talk.id))
    return render_template("index.html", talks=[talk_json(talk) for talk in talks])


@app.get("/talks/<slug>")
def talk_page(slug):
    talk = find(Talk, slug=slug)
    questions = [question_json(question) for question in db.session.scalars(questions_of(talk))]
    return render_template("talk.html", talk=talk_json(talk), questions=questions)


@app.post("/api/users")
def register():
    body = read(NewUser)
    password_hash = generate_password_hash(body.password, PASSWORD_HASH)
    db.session.add(User(nickname=body.nickname, password_hash=password_hash))
    try:
        db.session.commit()
    except IntegrityError:
        abort(409, f"The nickname {body.nickname} is taken.")
    location = url_for("show_user", nickname=body.nickname)
    return {"nickname": body.nickname}, 201, {"Location": location}


@app.get("/api/users/<nickname>")
def show_user(nickname):
    return {"nickname": find(User, nickname=nickname).nickname}


@app.post("/api/tokens")
@basic_auth.login_required
def log_in():
    token, expires_at = secrets.token_urlsafe(32), now() + TOKEN_SECONDS
    user_id = basic_auth.current_user().id
    db.session.add(Token(digest=digest(token), user_id=user_id, expires_at=expires_at))
    db.session.commit()
    return {"token": token, "expires_at": expires_at}, 201


@app.delete("/api/tokens")
@token_auth.login_required
def log_out():
    db.session.execute(delete(Token).where(Token.digest == digest(token_auth.get_auth().token)))
    db.session.commit()
    return "", 204


@app.get("/api/talks")
def list_talks():
    talks = db.session.scalars(select(Talk).order_by(Talk.id))
    return {"talks": [talk_json(talk) for talk in talks]}


@app.get("/api/talks/<slug>")
def show_talk(slug):
    return talk_json(find(Talk, slug=slug))


@app.get("/api/questions")
def list_questions():
    query = read(QuestionsQuery, request.args.to_dict())
    questions = db.session.scalars(questions_of(find(Talk, slug=query.talk), query.since))
    return {"questions": [question_json(question) for question in questions]}


@app.post("/api/questions")
@token_auth.login_required
def post_question():
    body, user = read(NewQuestion), current_user()
    hit(QUESTION_RATE, "question", user.nickname)
    talk = db.session.scalar(select(Talk).where(Talk.slug == body.talk))
    if talk is None:
        raise Invalid("talk: There is no such talk.", "talk")
    question = Question(talk=talk, author=user)
    write_source(question, body.source)
    location = url_for("show_question", id=question.id)
    return question_json(question), 201, {"Location": location}


@app.get("/api/questions/<id:id>")
def show_question(id):
    return question_json(find(Question, id=id))


@app.put("/api/questions/<id:id>")
@token_auth.login_required
def edit_question(id):
    body, question = read(NewSource), find(Question, id=id)
    if question.author != current_user():
        abort(403, "Only its author may change a question.")
    write_source(question, body.source)
    return question_json(question)


@app.delete("/api/questions/<id:id>")
@token_auth.login_required
def delete_question(id):
    question = find(Question, id=id)
    if question.author != current_user():
        abort(403, "Only its author may delete a question.")
    db.session.delete(question)
    db.session.commit()
    return "", 204


@app.route("/api/questions/<id:id>/vote", methods=["PUT", "DELETE"])
@token_auth.login_required
def vote(id):
    question, user = find(Question, id=id), current_user()
    if question.author == user:
        abort(403, "You cannot vote for your own question.")
    mine = {"question_id": question.id, "user_id": user.id}
    try:
        if request.method == "PUT":
            changed = db.session.execute(insert(Vote).values(mine)).rowcount
        else:
            changed = -db.session.execute(delete(Vote).filter_by(**mine)).rowcount
    except IntegrityError:  # voted before: the constraint decides, not a look beforehand
        changed = 0
    if changed:
        question.score = Question.score + changed
    db.session.commit()
    return "", 204


@app.route("/api/questions/<id:id>/answered", methods=["PUT", "DELETE"])
@token_auth.login_required
def answer(id):
    question = find(Question, id=id)
    if question.talk.organiser != current_user():
        abort(403, "Only the organiser of the talk may mark its questions.")
    question.answered = request.method == "PUT"
    db.session.commit()
    return "", 204


@app.get("/api/votes")
@token_auth.login_required
def list_votes():
    """The caller's own votes: what is personal stays out of the list that everybody shares."""
    talk, user = find(Talk, slug=read(TalkQuery, request.args.to_dict()).talk), current_user()
    votes = (
        select(Vote.question_id)
        .join(Question)
        .where(Question.talk == talk, Vote.user_id == user.id)
    )
    return {"questions": db.session.scalars(votes).all()}


@app.get("/api/talks/<slug>/transcript.pdf")
@token_auth.login_required
def transcript(slug):
    talk = find(Talk, slug=slug)
    if talk.organiser != current_user():
        abort(403, "Only the organiser of the talk may have its transcript.")
    questions = db.session.scalars(questions_of(talk)).all()
    return transcript_pdf(talk, questions), {"Content-Type": "application/pdf"}


@app.get("/api/stats")
def stats():
    recent = time.monotonic() - STATS_SECONDS
    with hits_lock:
        people = [who for when, who in hits if when > recent]
    return {"present": len(set(people)), "requests_per_second": len(people) / STATS_SECONDS}


@app.get("/healthz")
def healthz():
    return {"status": "ok"}


with app.app_context():
    db.create_all()
