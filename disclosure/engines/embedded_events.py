"""Event plans on DuckDB: one range of people after another, so that memory follows the range and not the table.

Event files are clustered by dense person number, so a range reads its own row groups only; were they not, it would be
slower and the same. Ranges are storage only: whatever they are, the answer is (P3). DuckDB reads the rows; which
cells of a person count is decided in arrays, while it reads the next range.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from math import prod

import duckdb
import numpy as np
import sqlglot
from sqlglot import exp

from disclosure.engines import Integers
from disclosure.engines.bounding import counting, people_at_once, secrets, stretches, touched
from disclosure.engines.capped import SAMPLE_KEY, SAMPLING, capped, create, over, relation, within
from disclosure.engines.cells import column, number
from disclosure.engines.event_keys import Keys, keyed, keys_of
from disclosure.engines.event_plan import CodePlan, EventPlan
from disclosure.engines.grouped import place_of
from disclosure.person_view.schema import PERSON_ID

PEOPLE_AT_ONCE = 2**20
ROWS_AT_ONCE = 16_000_000
OVER = "over_cap_of_events"

Arrays = dict[str, Integers]


def answer_of_events(
    connection: duckdb.DuckDBPyConnection, plan: EventPlan | CodePlan, view: exp.Expr, cap: int | None
) -> Integers:
    """An event plan's (cells, periods), or a code plan's (found, 3): cell, code, people. int64.

    `cap` is None where nobody is known to have more rows than may be read.
    """
    keys = keys_of(plan)
    own = prod(len(domain.values) for _, domain in keyed(plan))
    people = np.zeros((own, keys.size), dtype=np.int64)
    with ThreadPoolExecutor(max_workers=1) as beside:
        before = None
        for read in _read(connection, plan, keys, view, cap):
            if before:
                people += before.result()
            before = beside.submit(_counted, *read, keys=keys, shape=people.shape, at_most=plan.at_most)
        people += before.result() if before else 0
    if isinstance(plan, EventPlan):
        return people.reshape(plan.shape)
    cell, place = np.nonzero(people)
    return np.column_stack([cell, keys.ranked[place], people[cell, place]]).astype(np.int64)


def _counted(
    people: Arrays, sampled: Arrays, rows: Arrays, *, keys: Keys, shape: tuple[int, int], at_most: int
) -> Integers:
    """People per own cell and event cell of one range, each in at most so many."""
    width = 1 + max(int(each["p"].max(initial=0)) for each in (people, sampled, rows))
    cell, sample_key = np.full(width, -1, dtype=np.int64), np.zeros(width, dtype=np.uint64)
    cell[people["p"]], sample_key[sampled["p"]] = people["cell"], sampled["sample_key"]
    without = np.ones(width, dtype=bool)
    without[sampled["p"]] = False
    cell[without] = -1
    secret, rows = secrets(sample_key), _in_order(rows)
    found = np.zeros(shape[0] * shape[1], dtype=np.int64)
    for part in stretches(rows["p"]):
        stretch = {name: array[part] for name, array in rows.items()}
        key = keys.of(stretch)
        known = (key >= 0) & (cell[stretch["p"]] >= 0)
        person, touching = touched(stretch["p"][known].astype(np.int64), key[known], keys.size)
        person, kept = counting(person, touching, keys.ranked[touching], secret, at_most)
        found += np.bincount(cell[person] * keys.size + kept, minlength=len(found))
    return found.reshape(shape)


def _in_order(rows: Arrays) -> Arrays:
    """The rows by people, as they mostly are."""
    if np.all(rows["p"][1:] >= rows["p"][:-1]):
        return rows
    order = np.argsort(rows["p"], kind="stable")
    return {name: array[order] for name, array in rows.items()}


def _read(
    connection: duckdb.DuckDBPyConnection, plan: EventPlan | CodePlan, keys: Keys, view: exp.Expr, cap: int | None
) -> Iterator[tuple[Arrays, Arrays, Arrays]]:
    """For each range its people (p, cell), sampling keys and event rows, cut to the cap where somebody is over it."""
    table = plan.events.table
    whole, cut = (_rows(plan, keys, most).sql(dialect="duckdb") for most in (None, cap))
    people, sampled = (made.sql(dialect="duckdb") for made in (_people(plan, view), _sampled()))
    for low, high in _ranges(connection, table, min(PEOPLE_AT_ONCE, people_at_once(keys.size))):
        numbers = {"low": low, "high": high}
        query = cut if cap is not None and _exceeded(connection, table, cap, numbers) else whole
        found = [_fetched(connection, each, numbers) for each in (people, sampled, query)]
        yield found[0], found[1], found[2]


def _fetched(connection: duckdb.DuckDBPyConnection, query: str, numbers: dict[str, int]) -> Arrays:
    found = connection.execute(query, numbers).fetchnumpy()
    return {name: np.ma.getdata(array) for name, array in found.items()}  # the queries leave out what is not known


def _exceeded(connection: duckdb.DuckDBPyConnection, table: str, cap: int, numbers: dict[str, int]) -> bool:
    """True when somebody of the range has more rows than the cap; who, is then in OVER."""
    connection.execute(create(OVER, over(table, cap, ranged=True), "TABLE").sql(dialect="duckdb"), numbers)
    return _number(connection, exp.select(exp.Count(this=exp.Star())).from_(relation(OVER)), {}) > 0


def _ranges(connection: duckdb.DuckDBPyConnection, table: str, width: int) -> Iterator[tuple[int, int]]:
    """Ranges of dense numbers, from and to (without), that hold every sampled person; cut where rows are many."""
    ends = exp.select(exp.Min(this=column(PERSON_ID)), exp.Max(this=column(PERSON_ID))).from_(relation(SAMPLING))
    first, last = connection.execute(ends.sql(dialect="duckdb")).fetchall()[0]
    if first is None:
        return
    count = within(exp.select(exp.Count(this=exp.Star())).from_(relation(f"raw_{table}")), ranged=True)
    left = [(low, min(low + width, last + 1)) for low in range(first, last + 1, width)][::-1]
    while left:
        low, high = left.pop()
        if high - low > 1 and _number(connection, count, {"low": low, "high": high}) > ROWS_AT_ONCE:
            middle = (low + high) // 2
            left += [(middle, high), (low, middle)]
        else:
            yield low, high


def _number(connection: duckdb.DuckDBPyConnection, query: exp.Select, numbers: dict[str, int]) -> int:
    return int(connection.execute(query.sql(dialect="duckdb"), numbers).fetchall()[0][0])


def _people(plan: EventPlan | CodePlan, view: exp.Expr) -> exp.Select:
    """People of the view in the range who have a cell: their place in the range, and the cell."""
    cell: exp.Expr = number(0)
    for key, domain in keyed(plan):
        cell = exp.Add(
            this=exp.Mul(this=exp.Paren(this=cell), expression=number(len(domain.values))),
            expression=exp.Paren(this=place_of(key.name, list(domain.values))),
        )
    seen = within(exp.select(_place(), exp.alias_(cell, "cell", quoted=True)).from_(view), ranged=True)
    known = exp.Not(this=exp.Is(this=column("cell"), expression=exp.Null()))
    return exp.select("*").from_(seen.subquery("v")).where(known)


def _sampled() -> exp.Select:
    """The sampling keys of the range."""
    return within(exp.select(_place(), column(SAMPLE_KEY)).from_(relation(SAMPLING)), ranged=True)


def _rows(plan: EventPlan | CodePlan, keys: Keys, cap: int | None) -> exp.Select:
    """What the plan's keys are made of in its event rows of a range; each person's rows cut to the cap, if any."""
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
    return exp.select(_place(), *keys.selected()).from_(events.subquery("e")).where(*keys.known())


def _place() -> exp.Expr:
    """The person's place in the range, from 0."""
    place = exp.Sub(this=column(PERSON_ID), expression=exp.Parameter(this=exp.var("low")))
    return exp.alias_(exp.cast(place, "INTEGER"), "p", quoted=True)
