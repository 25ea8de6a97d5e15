"""Reading a table so that nothing in it can surprise: every value has its type and lies within public ends, or is NULL.

A measured value becomes whole units of its own concept's grid step. Dates outside 1900 to 2099 and numbers outside
their domain or grid count as not known.
"""

from collections.abc import Iterable, Set
from fractions import Fraction

from sqlglot import exp

from disclosure.person_view.schema import PERSON_ID
from disclosure.person_view.values import FIRST_DAY, LAST_DAY, Scale, day, number
from workspaces.catalogue.columns import Column, Grid, Table, Type
from workspaces.catalogue.concepts import concept
from workspaces.catalogue.tables import TABLES

VALUE_OF = {("measurement", "value_as_number"): "measurement_concept_id"}


def read(table: str, names: Iterable[str], concepts: Set[int]) -> exp.Select:
    """The clean read of the named columns, the person key first; values of the given concepts only."""
    declared = TABLES[table]
    columns = [declared.column(name) for name in sorted(set(names) - {PERSON_ID})]
    clean = [exp.alias_(_clean(declared, column, concepts), column.name, quoted=True) for column in columns if column]
    key = exp.column(PERSON_ID, table="r", quoted=True)
    return (
        exp.select(key, *clean)
        .from_(exp.alias_(exp.Table(this=exp.to_identifier(table, quoted=True)), "r", table=True, quoted=True))
        .where(exp.Not(this=_is_null(key.copy())))
    )


def scale(column: Column) -> Scale | None:
    """The whole numbers an integer column may hold. Raises ValueError when the catalogue states no ends."""
    if column.type is not Type.INTEGER:
        return None
    if column.grid is not None:
        return grid_scale(column.grid)
    values = [int(value) for value in column.domain.values] if column.domain else []
    return Scale(Fraction(1), min(values), max(values))


def grid_scale(grid: Grid) -> Scale:
    """A grid in units of its step."""
    low, high = grid.low / grid.step, grid.high / grid.step
    if low.denominator != 1 or high.denominator != 1:
        raise ValueError("the ends of a grid are multiples of its step")
    return Scale(grid.step, int(low), int(high), grid.unit)


def common_grid(concepts: Iterable[int]) -> Grid | None:
    """The one grid of all these concepts, or None."""
    grids = {found.grid if (found := concept(number)) else None for number in concepts}
    return grids.pop() if len(grids) == 1 else None


def _clean(table: Table, column: Column, concepts: Set[int]) -> exp.Expr:
    name = exp.column(column.name, table="r", quoted=True)
    if column.type is Type.DATE:
        return _within(_try(name, "DATE"), day(FIRST_DAY), day(LAST_DAY))
    if column.type is Type.INTEGER:
        ends = scale(column)
        whole = _try(name, "BIGINT")
        return _within(whole, number(ends.low), number(ends.high)) if ends else whole
    if column.type is Type.DOUBLE:
        return _units(
            exp.column(VALUE_OF[table.name, column.name], table="r", quoted=True), _try(name, "DOUBLE"), concepts
        )
    return _try(name, "BOOLEAN" if column.type is Type.BOOLEAN else "TEXT")


def _units(concept_column: exp.Expr, value: exp.Expr, concepts: Set[int]) -> exp.Expr:
    """The value in whole units of the row's own concept; outside the concept's grid it is not known."""
    cases = exp.Case(this=concept_column)
    for known in sorted(concepts):
        if (found := concept(known)) and (grid := found.grid):
            cases = cases.when(exp.Literal.number(known), _rounded(value, grid))
    return cases


def _rounded(value: exp.Expr, grid: Grid) -> exp.Expr:
    scaled = value.copy()
    if grid.step.denominator != 1:
        scaled = exp.Paren(this=exp.Mul(this=scaled, expression=_double(Fraction(grid.step.denominator))))
    if grid.step.numerator != 1:
        scaled = exp.Div(this=scaled, expression=_double(Fraction(grid.step.numerator)))
    inside = exp.Between(this=value.copy(), low=_double(grid.low), high=_double(grid.high))
    return exp.Case().when(inside, _try(exp.Round(this=scaled), "BIGINT"))


def _within(value: exp.Expr, low: exp.Expr, high: exp.Expr) -> exp.Expr:
    return exp.Case().when(exp.Between(this=value, low=low, high=high), value.copy())


def _try(value: exp.Expr, type_: str) -> exp.Expr:
    return exp.TryCast(this=value, to=exp.DataType.build(type_))


def _double(value: Fraction) -> exp.Expr:
    return exp.cast(exp.Literal.number(value.numerator / value.denominator), "DOUBLE")


def _is_null(value: exp.Expr) -> exp.Expr:
    return exp.Is(this=value, expression=exp.Null())
