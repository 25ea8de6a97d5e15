"""Which rows of a person are read when there are more than may be, as loops.

A row has a key: a number whose digits are its columns, in their order, each 1 more than its value or 0 where it has
none. The person's sampling key shuffles the keys (`events.order`), the columns themselves decide between rows alike.
"""

from datetime import date
from math import isnan

from tests.plain.events import PRIME, order
from workspaces.catalogue.columns import Type
from workspaces.catalogue.tables import TABLES

DIGITS = 1_566_083_941


def kept(world, columns, most, sample_key):
    """The world with at most `most` rows of each person in each table, 1 where a table has one row per person."""
    cut = {}
    for table, names in columns.items():
        declared = [TABLES[table].column(name) for name in names if name != "person_id"]
        cap, held = (1 if TABLES[table].one_row_per_person else most), {}
        for row in world.get(table, []):
            held.setdefault(row["person_id"], []).append(row)
        cut[table] = []
        for person, rows in held.items():
            secret = sample_key(person)
            rows.sort(
                key=lambda row, secret=secret: (order(secret, key_of(declared, row))[0], told_apart(declared, row))
            )
            cut[table] += rows[:cap]
    return cut


def key_of(declared, row):
    key = 0
    for column in declared:
        value = whole(column, row.get(column.name))
        key = (key * DIGITS + (0 if value is None else value % PRIME + 1)) % PRIME
    return key


def whole(column, value):
    """A date is its days since 1970, a text its place in its list, a measured value its thousandths."""
    if value is None:
        return None
    if column.type is Type.DATE:
        return (value - date(1970, 1, 1)).days if 1900 <= value.year <= 2099 else None
    if column.type is Type.DOUBLE:
        thousandths = value * 1000
        return int(abs(thousandths) + 0.5) * (1 if thousandths >= 0 else -1) if abs(value) <= 10**9 else None
    if column.type is Type.INTEGER:
        return value
    return column.domain.values.index(value) if value in column.domain.values else None


def told_apart(declared, row):
    """Values in their order, what is not known first and what is not a number last."""
    values = [row.get(column.name) for column in declared]
    return [
        (0, 0) if value is None else (2, 0) if isinstance(value, float) and isnan(value) else (1, value)
        for value in values
    ]
