"""What many calls need done before or after them.

From the outside in, the order on a view is: the route, `conditional`, `paginated`; or the route,
`token_auth.login_required` (who asks), `json_body` (what they send).
"""

import functools
from typing import Annotated

from flask import make_response, request, url_for
from pydantic import BaseModel, Field

from podium.api.input import read_json, read_query
from podium.extensions import db


def json_body(model):
    """Pass on the JSON body as `body`, a `model`; 400 or 415 where it is none."""

    def decorate(view):
        @functools.wraps(view)
        def wrapper(*args, **kwargs):
            return view(*args, body=read_json(model), **kwargs)

        return wrapper

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
            page = read_query(Page)
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
