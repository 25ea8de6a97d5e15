"""Binding a checked statistic to columns of its view: keys, measured column, bounds in steps of the public grid.

What a request may name is checked once, in `disclosure.bounds`, before anything here runs.
"""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from disclosure.bounds import bound_units, grid_of, text_of_key
from disclosure.person_view.schema import ViewColumn
from disclosure.requests import Statistic
from workspaces.catalogue.columns import Domain, Grid

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


def two_groups(asked: Statistic, columns: Columns) -> tuple[ViewColumn, Domain]:
    """The column that tells two groups apart, with these two for a domain: the compared one, then the reference."""
    column = columns[asked.group or ""]
    if column.domain is None:
        raise ValueError("a group has public values")
    found = {
        text_of_key(value): (value, label)
        for value, label in zip(column.domain.values, column.domain.labels, strict=True)
    }
    (first, its_label), (second, other_label) = (found[group] for group in asked.groups or ())
    domain = Domain((first, second), (its_label, other_label))
    return replace(column, domain=domain), domain


def text_of(value: Fraction) -> str:
    """A decimal number as plain text, without a trailing zero."""
    return f"{(Decimal(value.numerator) / Decimal(value.denominator)).normalize():f}"
