"""The rules for what people may send, whichever way it comes."""

from typing import Annotated

from pydantic import AfterValidator, ValidationError

from podium.services.errors import Invalid


def sensible(text):
    if "\0" in text or not text.strip():
        raise ValueError("must not be blank or contain a null byte")
    return text


Text = Annotated[str, AfterValidator(sensible)]


def check(validate, data):
    """What `validate` makes of `data`; Invalid names the field and what is wrong with it."""
    try:
        return validate(data)
    except ValidationError as error:
        problem = error.errors()[0]
        field = ".".join(str(part) for part in problem["loc"])
        reason = problem["msg"].removeprefix("Value error, ")
        raise Invalid(f"{field or 'body'}: {reason}.", field or None) from None
