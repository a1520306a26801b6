"""A question as the JSON that clients see, for each version of the API."""

from podium.api.output import fields, rfc3339

PLAIN = "id", "source", "html", "score", "answered"
PREVIEW = "url", "title", "description"


def question_v1(question):
    return fields(question, *PLAIN, "created_at", "updated_at") | {
        "talk": question.talk.slug,
        "author": question.author.nickname,
        "previews": previews_v1(question.previews),
    }


def question_on_page(question):
    pending = sum(preview.title is None for preview in question.previews)
    return question_v1(question) | {"pending": pending}


def question_v2(question):
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


def previews_v1(rows):
    """Those that are there; the list of version 1 cannot say that there will be more."""
    return [fields(row, *PREVIEW) for row in rows if row.title is not None]


def previews_v2(rows):
    if any(row.title is None for row in rows):
        return {"status": "pending"}
    return {"status": "done", "items": previews_v1(rows)}


def times(question):
    return {
        "created_at": rfc3339(question.created_at),
        "updated_at": rfc3339(question.updated_at),
    }
