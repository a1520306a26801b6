"""A question as the JSON that clients see."""

from podium.api.output import fields


def question_json(question):
    plain = "id", "source", "html", "score", "answered", "created_at", "updated_at"
    return fields(question, *plain) | {
        "talk": question.talk.slug,
        "author": question.author.nickname,
        "previews": [fields(p, "url", "title", "description") for p in question.previews],
    }
