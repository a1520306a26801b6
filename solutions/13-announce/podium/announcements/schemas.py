"""What an announcement takes."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from podium.services.input import sensible


class NewAnnouncement(BaseModel, extra="forbid"):
    text: Annotated[str, Field(max_length=200), AfterValidator(sensible)]
