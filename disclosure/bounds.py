"""Do the statistics fit the view? Keys have public domains, bounds and edges lie on public grids (P1)."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import prod

from disclosure.engines.plan import FAR
from disclosure.person_view.schema import ViewColumn, units
from disclosure.requests import MAX_EDGES, ReleaseRequest, Statistic
from workspaces.catalogue.columns import Grid, Type
from workspaces.catalogue.errors import Invalid

MAX_CELLS = 50_000
MOST_UNITS = 2**31 - 1  # what one person adds to a total, in steps of the grid


def check_statistics(request: ReleaseRequest, columns: Mapping[str, ViewColumn]) -> None:
    """Raises Invalid (request: column, key, of, bounds, edges, groups or cells)."""
    for statistic in request.statistics:
        keys = [_key(statistic, _column(statistic, name, columns)) for name in statistic.by]
        if statistic.of is not None:
            _check_of(statistic, _column(statistic, statistic.of, columns))
        if statistic.group is not None:
            _check_groups(statistic, _column(statistic, statistic.group, columns))
        if prod(keys) * max(1, len(statistic.edges or ()) - 1) > MAX_CELLS:
            raise Invalid(
                "request:cells",
                f"Statistic {statistic.name} would have more than {MAX_CELLS} cells.",
                "Use fewer keys or keys with fewer values.",
            )


def grid_of(column: ViewColumn) -> Grid:
    """The grid of a column that has one. Raises Invalid("request:of")."""
    if column.grid is None:
        raise Invalid(
            "request:of",
            f"View column {column.name} has no public grid, so it has no bounds to sum within.",
            "Use a measured value of one concept, a count, or arithmetic on columns that have a grid.",
        )
    return column.grid


def bound_units(column: ViewColumn, value: Decimal, code: str = "bounds") -> int:
    """The bound in units of the column's grid step. Raises Invalid(request:<code>) when it is not on the grid."""
    grid = grid_of(column)
    found = units(grid, Fraction(value))
    if found is None:
        raise Invalid(
            f"request:{code}",
            f"{'A bound' if code == 'bounds' else 'An edge'} of {column.name} is not on its public grid.",
            f"Use {_text(grid.low)} to {_text(grid.high)} in steps of {_text(grid.step)} ({grid.unit}).",
        )
    return found


def _text(value: Fraction) -> str:
    return (
        str(value.numerator) if value.denominator == 1 else str(Decimal(value.numerator) / Decimal(value.denominator))
    )


def _column(statistic: Statistic, name: str, columns: Mapping[str, ViewColumn]) -> ViewColumn:
    if name not in columns:
        raise Invalid(
            "request:column",
            f"Statistic {statistic.name} names {name}, which is not a column of the view.",
            f"Use one of: {', '.join(columns)}.",
        )
    return columns[name]


def _key(statistic: Statistic, column: ViewColumn) -> int:
    """The number of values of a key."""
    if column.domain is None:
        raise Invalid(
            "request:key",
            f"Statistic {statistic.name} groups by {column.name}, which has no public list of values.",
            "Group by a column with a public domain, or make a flag or a CASE with named groups in the view.",
        )
    return len(column.domain.values)


def _check_of(statistic: Statistic, column: ViewColumn) -> None:
    if statistic.kind in ("proportion", "comparison"):
        _check_flag(statistic, column)
    elif statistic.kind == "histogram":
        _check_edges(statistic, column)
    elif statistic.lower is not None:
        _check_bounds(statistic, column)


def _check_flag(statistic: Statistic, column: ViewColumn) -> None:
    if column.type is not Type.BOOLEAN:
        raise Invalid(
            "request:of",
            f"{statistic.kind.capitalize()} {statistic.name} is of {column.name}, which is not a yes/no column.",
            "Use a flag of the view: exists in a form, or a condition in SQL.",
        )


def _check_groups(statistic: Statistic, column: ViewColumn) -> None:
    _key(statistic, column)
    values = [text_of_key(value) for value in column.domain.values] if column.domain else []
    groups = statistic.groups or ()
    if len(set(groups)) != 2 or not set(groups) <= set(values) or column.name in (statistic.of, *statistic.by):
        raise Invalid(
            "request:groups",
            f"Comparison {statistic.name} needs two different public values of a column of its own.",
            f"{column.name} can be: {', '.join(values[:20])}; neither the flag nor a key can be the group.",
        )


def text_of_key(value: str | int | bool) -> str:
    """A value of a domain as a request writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _check_bounds(statistic: Statistic, column: ViewColumn) -> None:
    lower, upper = (bound_units(column, value) for value in (statistic.lower, statistic.upper) if value is not None)
    if lower >= upper:
        raise Invalid(
            "request:bounds",
            f"The lower bound of {statistic.name} is not below its upper bound.",
            "Give lower < upper.",
        )
    if max(-lower, upper) > MOST_UNITS:
        raise Invalid(
            "request:bounds",
            f"A bound of {statistic.name} is more than {MOST_UNITS:,} steps of its grid away from zero.",
            "Use smaller bounds, or fewer products in the view.",
        )
    if statistic.kind == "spread" and upper - (lower + upper) // 2 >= FAR:
        raise Invalid(
            "request:bounds",
            f"The bounds of {statistic.name} are {2 * FAR - 1:,} steps of its grid or more apart: squares of so many "
            "are not added up.",
            "Use narrower bounds.",
        )


def _check_edges(statistic: Statistic, column: ViewColumn) -> None:
    edges = [bound_units(column, edge, "edges") for edge in statistic.edges or ()]
    if not 2 <= len(edges) <= MAX_EDGES or any(a >= b for a, b in pairwise(edges)):
        raise Invalid(
            "request:edges",
            f"The edges of {statistic.name} are not 2 to {MAX_EDGES} strictly increasing numbers.",
            "Give the edges in increasing order, each once.",
        )
