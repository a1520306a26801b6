"""What registration takes."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from podium.services.input import Text, sensible


def name(text):
    if not re.fullmatch(r"\w[\w.-]{1,31}", text):
        raise ValueError("must be 2 to 32 letters, digits, dots, dashes or underscores")
    return text


class NewUser(BaseModel, extra="forbid"):
    nickname: Annotated[str, AfterValidator(name)]
    password: Annotated[str, Field(min_length=8, max_length=128), AfterValidator(sensible)]


class Credentials(BaseModel):
    nickname: Text
    password: Text
