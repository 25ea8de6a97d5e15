"""Long lists come a page at a time: `limit` and `before` in the address, the next in a Link header (RFC 8288)."""

from urllib.parse import urlencode

from flask import Response, request

from gateway.store.queries.lists import LONGEST
from gateway.store.queries.reach import Place
from workspaces.catalogue.errors import Invalid

PARAMETERS = [
    {
        "name": "limit",
        "in": "query",
        "description": "At most so many.",
        "schema": {"type": "integer", "minimum": 1, "maximum": LONGEST, "default": LONGEST},
    },
    {
        "name": "before",
        "in": "query",
        "description": "Where the page before ended; the Link header with rel=next has it.",
        "schema": {"type": "string"},
    },
]


def asked() -> tuple[Place | None, int]:
    """Where the page begins, and how long it may be. Raises Invalid."""
    before, limit = request.args.get("before"), request.args.get("limit", str(LONGEST))
    if not (limit.isascii() and limit.isdecimal() and len(limit) < 5 and 1 <= int(limit) <= LONGEST):
        raise Invalid("list:limit", "A page of a list has from one to 200 lines.", "Leave limit out, or mend it.")
    return Place.read(before) if before is not None else None, int(limit)


def linked(answer: Response, older: Place | None, limit: int) -> Response:
    """The answer with the address of what is older, if anything is."""
    if older is not None:
        query = urlencode({"limit": limit, "before": str(older)})
        answer.headers["Link"] = f'<{request.path}?{query}>; rel="next"'
    return answer
