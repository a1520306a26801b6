"""The API as an OpenAPI 3.1 document. What may be sent comes from the models that check it.

https://spec.openapis.org/oas/v3.1.1.html
"""

from flask import request

from podium.api.decorators import Page
from podium.auth.schemas import NewUser
from podium.questions.schemas import NewQuestion, NewSource, QuestionsQuery, TalkQuery

ERRORS = {
    400: "What was sent breaks a rule; `field` names it",
    401: "No valid token, or wrong nickname or password",
    403: "Not yours to do",
    404: "There is no such thing",
    409: "Taken",
    413: "Larger than 64 KiB",
    415: "The body is not JSON",
    429: "Too often; `Retry-After` says when to come back",
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
question = thing(
    id=id_,
    talk=text,
    author=text,
    source=text,
    html=text,
    score=number,
    answered=flag,
    created_at=number,
    updated_at=number,
    previews=many(preview),
)
error = thing(status=number, reason=text)
error["properties"]["field"] = text  # only where one field is at fault
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


no_content = {204: None}
transcript = call("The transcript, for the organiser", {}, 401, 403, 404, security=TOKEN)
transcript["responses"]["200"] = {"description": "A PDF", "content": {"application/pdf": {}}}
export = call("The questions as CSV, for the organiser", {}, 401, 403, 404, security=TOKEN)
export["responses"]["200"] = {"description": "CSV", "content": {"text/csv": {}}}
of_question = (401, 403, 404)

PATHS = {
    "/users": {"post": call("Register", {201: thing(nickname=text)}, *BODY, 409, body=NewUser)},
    "/users/{nickname}": path(
        "nickname", text, get=call("Is there such a person?", {200: thing(nickname=text)}, 404)
    ),
    "/tokens": {
        "post": call(
            "Log in", {201: thing(token=text, expires_at=number)}, 401, 429, security=BASIC
        ),
        "delete": call("Log out", no_content, 401, security=TOKEN),
    },
    "/talks": {"get": call("All talks", {200: thing(talks=many(talk))})},
    "/talks/{slug}": path("slug", text, get=call("One talk", {200: talk}, 404)),
    "/talks/{slug}/transcript.pdf": path("slug", text, get=transcript),
    "/talks/{slug}/questions.csv": path("slug", text, get=export),
    "/questions": {
        "get": call(
            "The questions of a talk, by votes, then age",
            {200: thing(questions=many(question)), 304: None},
            400,
            404,
            query=[QuestionsQuery, Page],
        ),
        "post": call("Ask", {201: question}, *BODY, 401, 429, body=NewQuestion, security=TOKEN),
    },
    "/questions/{id}": path(
        "id",
        id_,
        get=call("One question", {200: question}, 404),
        put=call("Edit", {200: question}, *BODY, *of_question, body=NewSource, security=TOKEN),
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
        put=call("Mark as answered, for the organiser", no_content, *of_question, security=TOKEN),
        delete=call("Mark as open again", no_content, *of_question, security=TOKEN),
    ),
    "/votes": {
        "get": call(
            "What I voted for",
            {200: thing(questions=many(id_))},
            *(400, 401, 404),
            query=[TalkQuery],
            security=TOKEN,
        )
    },
    "/stats": {"get": call("Who is here, how busy we are", {200: stats})},
}


def document():
    """The document, with the address that it was asked from as the server."""
    content = {"application/json": {"schema": error}}
    return {
        "openapi": "3.1.1",
        "info": {"title": "Podium", "version": "1", "description": "Live audience Q&A."},
        "servers": [{"url": request.path.removesuffix("/openapi.json")}],
        "paths": PATHS,
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
