"""What a client may send, and the check that it did."""

import re
from typing import Annotated

from flask import abort, request
from pydantic import AfterValidator, BaseModel, Field, ValidationError

from podium.errors import Invalid


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
