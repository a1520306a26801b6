"""What the calls about questions take."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from podium.services.input import Text, sensible

Source = Annotated[str, Field(max_length=2000), AfterValidator(sensible)]


class NewQuestion(BaseModel, extra="forbid"):
    talk: Text
    source: Source


class NewSource(BaseModel, extra="forbid"):
    source: Source


class TalkQuery(BaseModel):
    talk: Text


class ChangesQuery(BaseModel):
    after: Text | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50
    wait: Annotated[int, Field(ge=0, le=25)] = 0


class LookUpQuery(BaseModel):
    url: Text


class QuestionsQuery(TalkQuery):
    since: Annotated[int, Field(ge=0, lt=2**40)] = 0
