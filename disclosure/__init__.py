"""Decides what may leave the room: priced requests, one draw, honest intervals.

As a library, over a folder that holds Parquet tables in the catalogue's shape (`room/`) and secret sampling keys
(`draw/sampling.parquet`), it takes two lines::

    from disclosure import Terms, answer
    released = answer(request, Terms(tables=tables, delta_e15=500_000_000, public_population=20_000), folder)

where `tables` are the columns that may be read and `request` is JSON such as::

    tables = {"person": ("sex",)}
    request = {
        "title": "People by sex",
        "view": {"sql": "SELECT person_id, sex FROM person"},
        "statistics": [{"name": "people", "kind": "count", "by": ["sex"]}],
        "epsilon": "0.5",
    }

and what comes of it is read so::

    for cell in released.cells:
        print(cell["labels"]["sex"], cell["value"], cell["low"], cell["high"])

Whoever calls `answer` twice spends twice: keeping the account, and asking the same question once, is the caller's part.
`price` and `draw` are its two halves. Importing this package loads neither the sampler nor the database.
"""

from typing import TYPE_CHECKING, Any

from disclosure.collector import loaded

if TYPE_CHECKING:
    from disclosure.clearance import price
    from disclosure.engines.plan import SnapshotFiles
    from disclosure.library import answer
    from disclosure.release import draw
    from disclosure.requests import parse_request
    from disclosure.terms import Terms

__all__ = ["SnapshotFiles", "Terms", "answer", "draw", "parse_request", "price"]
_HOMES = {
    "SnapshotFiles": "disclosure.engines.plan",
    "Terms": "disclosure.terms",
    "answer": "disclosure.library",
    "draw": "disclosure.release",
    "parse_request": "disclosure.requests",
    "price": "disclosure.clearance",
}


def __getattr__(name: str) -> Any:
    """What `__all__` names, loaded when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(loaded(_HOMES[name]), name)
