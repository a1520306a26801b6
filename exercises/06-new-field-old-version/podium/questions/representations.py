"""A question as the JSON that clients see, for each version of the API."""

from podium.api.output import fields, rfc3339

PLAIN = "id", "source", "html", "score", "answered"
PREVIEW = "url", "title", "description"


def question_v1(question):
    return fields(question, *PLAIN, "created_at", "updated_at") | {
        "talk": question.talk.slug,
        "author": question.author.nickname,
        "previews": [fields(preview, *PREVIEW) for preview in question.previews],
    }


def question_v2(question):
    # TODO: `links`, here and wherever else a question is shown in version 2.
    extra = {"previews": previews_v2(question.previews)}
    return question_v1(question) | times(question) | extra


def change_v2(rows, slug):
    """A changed question from its joined rows; of a deleted one there is nothing more to say."""
    first = rows[0]
    if first.deleted:
        return {"id": first.id, "deleted": True}
    return (
        fields(first, *PLAIN)
        | times(first)
        | {
            "talk": slug,
            "author": first.nickname,
            "previews": previews_v2([row for row in rows if row.url]),
        }
    )


def previews_v2(rows):
    """With a status, so that a later server may answer before it has read the pages."""
    return {"status": "done", "items": [fields(row, *PREVIEW) for row in rows]}


def times(question):
    return {
        "created_at": rfc3339(question.created_at),
        "updated_at": rfc3339(question.updated_at),
    }
