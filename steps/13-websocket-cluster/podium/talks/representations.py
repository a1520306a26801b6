"""A talk as the JSON that clients see."""

from podium.api.output import fields
from podium.services import talks


def talk_json(talk):
    extra = {"organiser": talk.organiser.nickname, "questions": talks.size(talk)}
    return fields(talk, "slug", "title", "speaker", "description") | extra
