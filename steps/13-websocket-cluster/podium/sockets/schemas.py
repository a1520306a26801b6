"""What the events take that clients send."""

from typing import Annotated

from pydantic import BaseModel, Field

from podium.questions.schemas import TalkQuery
from podium.services.input import Text


class Auth(BaseModel, extra="forbid"):
    token: Text | None = None


class Join(TalkQuery, extra="forbid"):
    after: Text | None = None


class Vote(BaseModel, extra="forbid", strict=True):
    question: Annotated[int, Field(ge=0, lt=10**9)]
    vote: bool
