"""Event plans on DuckDB: a range of people after another, so that memory follows the range and not the table.

Event files are clustered by dense person number, so a range reads its own row groups only; were they not, it would be
slower and the same. Ranges are storage only: whatever they are, the answer is (P3).
"""

from collections.abc import Iterator

import duckdb
import numpy as np
import sqlglot
from sqlglot import exp

from disclosure.engines import Integers
from disclosure.engines.capped import SAMPLING, capped, create, over, relation, within
from disclosure.engines.cells import column
from disclosure.engines.event_cells import SHIFT, ranked
from disclosure.engines.event_plan import CodePlan, EventPlan
from disclosure.person_view.schema import PERSON_ID

PEOPLE_AT_ONCE = 131_072
MOST_RANGES = 512
OVER = "over_cap_of_events"

Range = dict[str, int]


def answer_of_events(
    connection: duckdb.DuckDBPyConnection, plan: EventPlan | CodePlan, view: exp.Expr, cap: int | None
) -> Integers:
    """An event plan's (cells, periods), or a code plan's (found, 3): cell, code, people. int64.

    `cap` is None where nobody is known to have more rows than may be read.
    """
    parts = list(_parts(connection, plan, view, cap))
    cell, key, people = np.concatenate(parts or [np.zeros((3, 0), dtype=np.int64)], axis=1)
    if isinstance(plan, EventPlan):
        dense = np.zeros(plan.shape, dtype=np.int64)
        own = plan.shape[0] * plan.shape[1] // plan.inner
        np.add.at(dense.reshape(own, plan.inner), (cell, key), people)
        return dense
    pairs, place = np.unique(np.stack([cell, key]), axis=1, return_inverse=True)
    total = np.zeros(pairs.shape[1], dtype=np.int64)
    np.add.at(total, place.ravel(), people)
    return np.column_stack([*pairs, total])


def _parts(
    connection: duckdb.DuckDBPyConnection, plan: EventPlan | CodePlan, view: exp.Expr, cap: int | None
) -> Iterator[Integers]:
    """(3, found) of each range: cell, key, people. Rows are cut to the cap where somebody of the range is over it."""
    uncut = _counted(plan, view, _rows(plan, None))
    cut = uncut if cap is None else _counted(plan, view, _rows(plan, cap))
    for people in _ranges(connection):
        cuts = cap is not None and _exceeded(connection, plan.events.table, cap, people)
        found = connection.execute(cut if cuts else uncut, people).fetchnumpy()
        yield np.stack([found[name].astype(np.int64) for name in ("cell", "k", "people")])


def _exceeded(connection: duckdb.DuckDBPyConnection, table: str, cap: int, people: Range) -> bool:
    """True when somebody of the range has more rows than the cap; who, is then in OVER."""
    connection.execute(create(OVER, over(table, cap, ranged=True), "TABLE").sql(dialect="duckdb"), people)
    return bool(connection.execute(f"SELECT count(*) FROM {OVER}").fetchall()[0][0])  # noqa: S608 a name of this library


def _ranges(connection: duckdb.DuckDBPyConnection) -> Iterator[Range]:
    """Ranges of dense numbers, from and to (without), that hold every sampled person."""
    ends = f"SELECT min({PERSON_ID}), max({PERSON_ID}) FROM {SAMPLING}"  # noqa: S608 names of this library
    first, last = connection.execute(ends).fetchall()[0]
    if first is None:
        return
    width = max(PEOPLE_AT_ONCE, (last - first) // MOST_RANGES + 1)
    for low in range(first, last + 1, width):
        yield {"low": low, "high": low + width}


def _counted(plan: EventPlan | CodePlan, view: exp.Expr, rows: exp.Query) -> str:
    """Cell, key and people: the `at_most` least of each person, counted."""
    cells = ranked(plan, events=rows, view=view, sampling=relation(SAMPLING), ranged=True)
    least = exp.Anonymous(this="min", expressions=[column("packed"), exp.Literal.number(plan.at_most)])
    one = exp.alias_(exp.Anonymous(this="unnest", expressions=[least]), "kept", quoted=True)
    kept = exp.select(column("cell"), one).from_(cells.subquery("cells")).group_by(column(PERSON_ID), column("cell"))
    key = exp.Mod(this=column("kept"), expression=exp.Literal.number(SHIFT))
    people = exp.alias_(exp.Count(this=exp.Star(), big_int=True), "people", quoted=True)
    count = exp.select(column("cell"), exp.alias_(key, "k", quoted=True), people)
    return count.from_(kept.subquery("kept")).group_by(column("cell"), key.copy()).sql(dialect="duckdb")


def _rows(plan: EventPlan | CodePlan, cap: int | None) -> exp.Query:
    """The plan's event rows of a range; each person's cut to the cap, where there is one."""
    table, names = plan.events.table, plan.events.source
    raw = exp.select(*(column(name) for name in names)).from_(relation(f"raw_{table}"))
    rows = within(raw, ranged=True) if cap is None else capped(table, names, cap, ranged=True, over_cap=OVER)
    events = sqlglot.parse_one(plan.events.sql, dialect="duckdb")
    if not isinstance(events, exp.Select):
        raise TypeError("event rows are a query")
    clean = events.args["with_"].expressions
    events.set("with_", None)
    events = events.with_(exp.to_identifier(table, quoted=True), as_=rows, copy=False)
    for cte in clean:
        events = events.with_(cte.args["alias"].this, as_=cte.this, copy=False)
    return events
