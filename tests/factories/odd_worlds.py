"""A Hypothesis strategy for worlds of a few people, the odd value among their rows."""

from datetime import date

from hypothesis import strategies as st

from workspaces.catalogue.columns import Type
from workspaces.catalogue.tables import TABLES

CONCEPTS = (3004249, 3038553, 3027114)
DATES = [date(1899, 12, 31), date(1900, 1, 1), date(2099, 12, 31), date(9999, 12, 31), date(1, 1, 1)]
DAYS = st.one_of(st.none(), st.sampled_from(DATES), st.dates(date(2018, 1, 1), date(2018, 1, 4)))
DOUBLES = st.one_of(
    st.none(),
    st.sampled_from(
        [float("nan"), float("inf"), float("-inf"), 1e300, -0.0, 0.5, 9.99, 10.0, 25.25, 70.0, 70.04, 260.0]
    ),
    st.integers(60, 64).map(float),
    st.floats(1, 20).map(lambda value: round(value, 2)),
)


def _cell(column):
    if column.type is Type.DATE:
        return DAYS
    if column.type is Type.DOUBLE:
        return DOUBLES
    if column.type is Type.INTEGER and column.name.startswith("measurement"):
        return st.sampled_from([*CONCEPTS, CONCEPTS[0], 7, None])
    if column.domain is not None and column.type is Type.INTEGER:
        return st.sampled_from([*column.domain.values, None, 2**62])
    if column.domain is not None:
        return st.sampled_from([*column.domain.values[:3], "elsewhere"])
    return st.sampled_from([None, 0, 1, 30, 365, 366, 1900, 1950, 2030, -(2**62), 2**62])


def _row(table):
    return st.fixed_dictionaries({c.name: _cell(c) for c in TABLES[table].columns if c.name != "person_id"})


ROWS = {table: _row(table) for table in TABLES}


@st.composite
def worlds(draw, most=4):
    """Up to `most` people with up to four rows in each table, the odd value among them."""
    numbers = draw(st.lists(st.integers(1, 50), min_size=2, max_size=most, unique=True))
    world = {}
    for table, declared in TABLES.items():
        sizes = (1, 1, 1, 0) if declared.one_row_per_person else (2, 1, 4, 0)
        held = {number: draw(st.sampled_from(sizes)) for number in numbers}
        world[table] = [
            {"person_id": number, **draw(ROWS[table])} for number, size in held.items() for _ in range(size)
        ]
    return world
