"""What many calls need done before or after them.

From the outside in, the order on a view is: the route, `conditional`, `paginated`; or the route,
`owner_required` (who may), `json_body` (what they send). Each passes on what it found by name.
"""

import functools
from operator import attrgetter
from typing import Annotated

from flask import abort, make_response, request, url_for
from pydantic import BaseModel, Field

from podium.api.input import read
from podium.auth.identity import current_user
from podium.extensions import db, token_auth
from podium.models import find


def json_body(model):
    """Pass on the JSON body as `body`, a `model`; 400 or 415 where it is none."""

    def decorate(view):
        @functools.wraps(view)
        def wrapper(*args, **kwargs):
            return view(*args, body=read(model), **kwargs)

        return wrapper

    return decorate


def owner_required(model, owner):
    """Pass on the row of `model` that the URL names; 404 without it, 403 to all but its owner.

    `owner` says where the row has its owner, "author" or "talk.organiser". The row takes the place
    of the URL's variables and has the model's name in lower case.
    """
    owner_of, name = attrgetter(owner), model.__name__.lower()

    def decorate(view):
        @functools.wraps(view)
        @token_auth.login_required
        def wrapper(**key):
            row = find(model, **key)
            if owner_of(row) != current_user():
                abort(403, f"Only the {owner.split('.')[-1]} may do that.")
            return view(**{name: row})

        return wrapper

    return decorate


def rate_limit(setting):
    """Count one more for whoever is logged in against the rate in `setting`, or answer 429.

    Below the decorator that lets people in: before it, there is nobody to count for.
    """

    def decorate(view):
        # TODO: count, then call the view, whatever its arguments are.
        return view

    return decorate


class Page(BaseModel):
    limit: Annotated[int, Field(ge=1, le=100)] | None = None
    offset: Annotated[int, Field(ge=0, lt=2**31)] = 0


def paginated(name, represent):
    """Answer the rows of the statement that the view returns, each through `represent`, as `name`.

    `limit` and `offset` cut out a page; without them it is all rows. Where more rows follow, the
    header `Link` has the URL of the next page (RFC 8288).
    """

    def decorate(view):
        @functools.wraps(view)
        def wrapper(*args, **kwargs):
            page = read(Page, request.args.to_dict())
            statement = view(*args, **kwargs).offset(page.offset)
            if page.limit is None:
                return {name: [represent(row) for row in db.session.scalars(statement)]}
            rows = db.session.scalars(statement.limit(page.limit + 1)).all()
            response = make_response({name: [represent(row) for row in rows[: page.limit]]})
            if len(rows) > page.limit:
                after = request.args.to_dict() | {"offset": page.offset + page.limit}
                response.headers["Link"] = f'<{url_for(request.endpoint, **after)}>; rel="next"'
            return response

        return wrapper

    return decorate


def conditional(version):
    """Answer 304 Not Modified to a client that has this version already (RFC 9110, 13.1.2).

    `version`, called like the view, returns what changes whenever the answer does, at less cost.
    It is asked first: what changes in between is then fetched once more, never missed.
    """

    def decorate(view):
        @functools.wraps(view)
        def wrapper(*args, **kwargs):
            current = version(*args, **kwargs)
            answer = ("", 304) if not_modified(current) else view(*args, **kwargs)
            return with_version(make_response(answer), current)

        return wrapper

    return decorate


def not_modified(version):
    return request.if_none_match.contains_weak(str(version))


def with_version(response, version):
    response.set_etag(str(version))
    response.cache_control.no_cache = True
    return response
