"""Each version of the API as an OpenAPI 3.1 document; the models that check input describe it.

https://spec.openapis.org/oas/v3.1.1.html
"""

from flask import request

from podium.api.decorators import Page
from podium.auth.schemas import NewUser
from podium.questions.schemas import (
    ChangesQuery,
    LookUpQuery,
    NewQuestion,
    NewSource,
    QuestionsQuery,
    TalkQuery,
)

ERRORS = {
    400: "What was sent breaks a rule; `field` names it",
    401: "No valid token, or wrong nickname or password",
    403: "Not yours to do",
    404: "There is no such thing",
    409: "Taken",
    410: "It is no longer kept",
    413: "Larger than 64 KiB",
    415: "The body is not JSON",
    422: "The key was used for another request",
    429: "Too often; `Retry-After` says when to come back",
    503: "Too much to do; `Retry-After` says when to come back",
}
BODY = (400, 413, 415)
TOKEN, BASIC = [{"token": []}], [{"password": []}]


def thing(**properties):
    """A JSON object that always has these properties and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def many(schema):
    return {"type": "array", "items": schema}


text, number, flag = {"type": "string"}, {"type": "integer"}, {"type": "boolean"}
id_ = {"type": "integer", "minimum": 0, "maximum": 999_999_999}
talk = thing(
    slug=text, title=text, speaker=text, description=text, organiser=text, questions=number
)
preview = thing(url=text, title=text, description=text)
time = {"type": "string", "format": "date-time"}


def question(moment, previews):
    return thing(
        id=id_,
        talk=text,
        author=text,
        source=text,
        html=text,
        score=number,
        answered=flag,
        created_at=moment,
        updated_at=moment,
        previews=previews,
    )


question_v1 = question(number, many(preview))
previews_v2 = [
    thing(status={"const": "pending"}),
    thing(status={"const": "done"}, items=many(preview)),
]
question_v2 = question(time, {"anyOf": previews_v2})
gone = thing(id=id_, deleted={"const": True})
changes = thing(items=many({"anyOf": [question_v2, gone]}), next=text, more=flag)
error = thing(status=number, reason=text)
error["properties"]["field"] = text  # only where one field is at fault
problem = thing(type=text, title=text, status=number, detail=text)
problem["properties"]["errors"] = many(thing(field=text, message=text))
stats = thing(present=number, requests_per_second={"type": "number"})


def call(summary, answers, *errors, body=None, query=(), security=None):
    """One operation: `answers` maps statuses to schemas, `errors` are statuses of ERRORS."""
    operation = {"summary": summary, "responses": {}}
    for status, schema in answers.items():
        content = {"content": {"application/json": {"schema": schema}}} if schema else {}
        operation["responses"][str(status)] = {"description": summary} | content
    for status in errors:
        operation["responses"][str(status)] = {"$ref": f"#/components/responses/{status}"}
    if body:
        content = {"application/json": {"schema": body.model_json_schema()}}
        operation["requestBody"] = {"required": True, "content": content}
    if query:
        operation["parameters"] = [field for model in query for field in parameters(model)]
    return operation | ({"security": security} if security else {})


def parameters(model):
    schema = model.model_json_schema()
    for name, field in schema["properties"].items():
        required = name in schema.get("required", ())
        yield {"name": name, "in": "query", "required": required, "schema": field}


def path(name, schema, **calls):
    """The calls of a path that has one variable."""
    variable = {"name": name, "in": "path", "required": True, "schema": schema}
    return {"parameters": [variable], **calls}


idempotency_key = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "pattern": "^[!-~]{1,200}$"},
}
no_content = {204: None}
user = thing(nickname=text)
pdf = {"200": {"description": "A PDF", "content": {"application/pdf": {}}}}
transcript = call("Wait for the transcript", {}, 401, 403, 404, 503, security=TOKEN)
transcript["responses"] |= pdf
job = thing(id=text, status={"enum": ["queued", "running", "done", "failed"]})
job["properties"] |= {
    "progress": thing(done=number, total=number),
    "result": text,
    "reason": text,
}
show_job = call("How far is it?", {200: job, 303: job}, 401, 403, 404, 410, security=TOKEN)
show_result = call("What came out of it", {}, 401, 403, 404, 410, security=TOKEN)
show_result["responses"] |= pdf
of_question = (401, 403, 404)


def shared(moment, question):
    """The calls that both versions have; the forms of a time and of a question differ."""
    return {
        "/users": {"post": call("Register", {201: user}, *BODY, 409, body=NewUser)},
        "/users/{nickname}": path(
            "nickname", text, get=call("Is there such a person?", {200: user}, 404)
        ),
        "/tokens": {
            "post": call(
                "Log in", {201: thing(token=text, expires_at=moment)}, 401, 429, security=BASIC
            ),
            "delete": call("Log out", no_content, 401, security=TOKEN),
        },
        "/talks": {"get": call("All talks", {200: thing(talks=many(talk))})},
        "/talks/{slug}": path("slug", text, get=call("One talk", {200: talk}, 404)),
        "/talks/{slug}/transcript.pdf": path("slug", text, get=transcript),
        "/questions/{id}": path(
            "id",
            id_,
            get=call("One question", {200: question}, 404),
            put=call(
                *("Edit", {200: question}, *BODY, *of_question, 503),
                body=NewSource,
                security=TOKEN,
            ),
            delete=call("Delete", no_content, *of_question, security=TOKEN),
        ),
        "/questions/{id}/vote": path(
            "id",
            id_,
            put=call("Vote", no_content, *of_question, security=TOKEN),
            delete=call("Take the vote back", no_content, *of_question, security=TOKEN),
        ),
        "/questions/{id}/answered": path(
            "id",
            id_,
            put=call(
                "Mark as answered, for the organiser", no_content, *of_question, security=TOKEN
            ),
            delete=call("Mark as open again", no_content, *of_question, security=TOKEN),
        ),
        "/votes": {
            "get": call(
                *("What I voted for", {200: thing(questions=many(id_))}, 400, 401, 404),
                query=[TalkQuery],
                security=TOKEN,
            )
        },
        "/stats": {"get": call("Who is here, how busy we are", {200: stats})},
    }


V1 = shared(number, question_v1) | {
    "/questions": {
        "get": call(
            "The questions of a talk, by votes, then age",
            {200: thing(questions=many(question_v1)), 304: None},
            *(400, 404),
            query=[QuestionsQuery, Page],
        ),
        "post": call(
            *("Ask", {201: question_v1}, *BODY, 401, 429, 503), body=NewQuestion, security=TOKEN
        ),
    }
}
V2 = shared(time, question_v2) | {
    "/talks/{slug}/questions": path(
        "slug",
        text,
        get=call(
            *("What changed after a cursor, oldest change first", {200: changes, 304: None}),
            *(400, 404),
            query=[ChangesQuery],
        ),
        post=call(
            *("Ask", {201: question_v2}, *BODY, 401, 404, 422, 429, 503),
            body=NewSource,
            security=TOKEN,
        )
        | {"parameters": [idempotency_key]},
    ),
    "/talks/{slug}/transcripts": path(
        "slug",
        text,
        post=call("Order the transcript", {202: job}, 401, 403, 404, 503, security=TOKEN),
    ),
    "/lookup": {
        "get": call(
            *("What a page is about", {200: preview}, 400, 401, 404, 503),
            query=[LookUpQuery],
            security=TOKEN,
        )
    },
    "/jobs/{id}": path("id", text, get=show_job),
    "/jobs/{id}/result": path("id", text, get=show_result),
}


def document(version, paths, media_type, schema):
    content = {media_type: {"schema": schema}}
    return {
        "openapi": "3.1.1",
        "info": {"title": "Podium", "version": version, "description": "Live audience Q&A."},
        "servers": [{"url": request.path.removesuffix("/openapi.json")}],
        "paths": paths,
        "components": {
            "responses": {
                str(status): {"description": ERRORS[status], "content": content}
                for status in ERRORS
            },
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "password": {"type": "http", "scheme": "basic"},
            },
        },
    }


def v1():
    return document("1", V1, "application/json", error)


def v2():
    return document("2", V2, "application/problem+json", problem)
