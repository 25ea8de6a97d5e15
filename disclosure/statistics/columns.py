"""Binding a checked statistic to columns of its view: keys, measured column, bounds in steps of the public grid.

What a request may name is checked once, in `disclosure.bounds`, before anything here runs.
"""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from disclosure.bounds import bound_units, grid_of
from disclosure.person_view.schema import ViewColumn
from disclosure.requests import Statistic
from workspaces.catalogue.columns import Grid

Columns = Mapping[str, ViewColumn]


def keys(asked: Statistic, columns: Columns) -> tuple[ViewColumn, ...]:
    """The key columns in the order asked for."""
    return tuple(columns[name] for name in asked.by)


def measured(asked: Statistic, columns: Columns) -> ViewColumn:
    """The column measured."""
    if asked.of is None:
        raise ValueError(f"a {asked.kind} measures a column")
    return columns[asked.of]


def number(asked: Statistic, columns: Columns) -> tuple[ViewColumn, Grid]:
    """The column measured and its public grid."""
    column = measured(asked, columns)
    return column, grid_of(column)


def bounds(asked: Statistic, columns: Columns) -> tuple[int, int]:
    """Lower and upper bound in steps of the grid."""
    if asked.lower is None or asked.upper is None:
        raise ValueError(f"a {asked.kind} has bounds")
    column = measured(asked, columns)
    return bound_units(column, asked.lower), bound_units(column, asked.upper)


def edges(asked: Statistic, columns: Columns) -> tuple[int, ...]:
    """Bin edges in steps of the grid."""
    column = measured(asked, columns)
    return tuple(bound_units(column, edge, "edges") for edge in asked.edges or ())


def text_of(value: Fraction) -> str:
    """A decimal number as plain text, without a trailing zero."""
    return f"{(Decimal(value.numerator) / Decimal(value.denominator)).normalize():f}"
