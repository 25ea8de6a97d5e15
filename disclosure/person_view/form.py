"""The typed form of a person view, and the query it stands for.

A form becomes the same parsed query that SQL becomes, so that one prover judges both. A person without matching
events gets `false` for exists, 0 for count and "not known" for latest, earliest, min, max and mean.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError
from sqlglot import exp

from disclosure.person_view.sugar_terms import fixed
from workspaces.catalogue.errors import Invalid

NAME = r"^[a-z][a-z0-9_]{0,39}$"
MAX_COLUMNS = 40
MAX_CONDITIONS = 20
KINDS = ("person", "exists", "count", "latest", "earliest", "min", "max", "mean")


def _several(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _value(value: object) -> object:
    """Text, flags and whole numbers as they are; other numbers as the exact decimal they are written as."""
    if isinstance(value, float | Decimal):
        exact = Decimal(repr(value)) if isinstance(value, float) else value
        if not exact.is_finite() or abs(exact) >= 10**15:
            raise PydanticCustomError("form", "holds a value that is not a plain number")
        return int(exact) if exact == int(exact) else exact
    if isinstance(value, int) and abs(value) >= 10**15:
        raise PydanticCustomError("form", "holds a number that is too large")
    return value


Name = Annotated[str, StringConstraints(pattern=NAME, strict=True)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=80, strict=True)]
Value = Annotated[bool | int | Decimal | Text, BeforeValidator(_value)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class Condition(_Strict):
    """One condition on a column: in a published code list, is a value, in values, or from/to (both included)."""

    column: Name
    in_code_list: Text | None = None
    is_: Value | None = Field(default=None, alias="is")
    in_: Annotated[tuple[Value, ...], BeforeValidator(_several), Field(min_length=1, max_length=50)] | None = Field(
        default=None, alias="in"
    )
    from_: Value | None = Field(default=None, alias="from")
    to: Value | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        ranged = self.from_ is not None or self.to is not None
        if sum((self.in_code_list is not None, self.is_ is not None, self.in_ is not None, ranged)) != 1:
            raise PydanticCustomError("form", "has a condition that is not one of in_code_list, is, in, from/to")
        return self


Conditions = Annotated[tuple[Condition, ...], BeforeValidator(_several), Field(max_length=MAX_CONDITIONS)]


class Events(_Strict):
    """Rows of one table that meet every condition."""

    table: Name
    where: Conditions = ()


class Values(Events):
    """The values of one column in those rows."""

    value: Name


class DatedValues(Values):
    """Values with the date that orders them; on equal dates the larger value counts."""

    date: Name


class FormColumn(_Strict):
    """One column of the view: its name and exactly one way to get it."""

    name: Name
    person: Name | None = None
    exists: Events | None = None
    count: Events | None = None
    latest: DatedValues | None = None
    earliest: DatedValues | None = None
    min: Values | None = None
    max: Values | None = None
    mean: Values | None = None

    @model_validator(mode="after")
    def _has_one_kind(self) -> Self:
        if sum(getattr(self, kind) is not None for kind in KINDS) != 1:
            raise PydanticCustomError("form", "has a column that is not exactly one of: " + ", ".join(KINDS))
        return self


class Form(_Strict):
    """A person view: columns, and conditions on person columns or on the view's own columns."""

    columns: Annotated[tuple[FormColumn, ...], BeforeValidator(_several), Field(min_length=1, max_length=MAX_COLUMNS)]
    where: Conditions = ()

    @model_validator(mode="after")
    def _names_columns_once(self) -> Self:
        names = [column.name for column in self.columns]
        if len(set(names)) != len(names) or "person_id" in names:
            raise PydanticCustomError("form", "names each column once, and none of them person_id")
        return self


def query(form: Form) -> exp.Select:
    """The query a form stands for: `person`, left-joined to one grouped select per event column."""
    select = exp.select(_column("p", "person_id")).from_(exp.to_table("person").as_("p"))
    made: dict[str, exp.Expr] = {}
    for number, column in enumerate(form.columns, start=1):
        if column.person is not None:
            made[column.name] = _column("p", column.person)
        else:
            alias = f"e{number}"
            select = select.join(
                exp.alias_(exp.Subquery(this=_events(column)), alias, table=True),
                on=exp.EQ(this=_column(alias, "person_id"), expression=_column("p", "person_id")),
                join_type="left",
            )
            made[column.name] = _filled(column, _column(alias, "v"))
    select = select.select(*(exp.alias_(value, name) for name, value in made.items()))
    return _where(select, form.where, lambda name: made[name] if name in made else _column("p", name))


def rows(events: Events, names: Iterable[str]) -> exp.Select:
    """The query of the event rows themselves: the person key and these columns."""
    wanted = [_column("t", name) for name in ("person_id", *dict.fromkeys(names))]
    select = exp.select(*wanted).from_(exp.to_table(events.table).as_("t"))
    return _where(select, events.where, lambda name: _column("t", name))


def _column(table: str, name: str) -> exp.Column:
    return exp.column(name, table=table)


def _filled(column: FormColumn, value: exp.Expr) -> exp.Expr:
    if column.exists is not None:
        return exp.Coalesce(this=value, expressions=[exp.false()])
    return exp.Coalesce(this=value, expressions=[fixed(0)]) if column.count is not None else value


def _events(column: FormColumn) -> exp.Select:
    kind = next(kind for kind in KINDS if getattr(column, kind) is not None)
    events: Events = getattr(column, kind)
    select = exp.select(_column("t", "person_id"), exp.alias_(_aggregate(kind, events), "v"))
    select = select.from_(exp.to_table(events.table).as_("t")).group_by(_column("t", "person_id"))
    return _where(select, events.where, lambda name: _column("t", name))


def _aggregate(kind: str, events: Events) -> exp.Expr:
    if isinstance(events, DatedValues):
        ordered = exp.ArgMax if kind == "latest" else exp.ArgMin
        return ordered(this=_column("t", events.value), expression=_column("t", events.date))
    if isinstance(events, Values):
        return {"min": exp.Min, "max": exp.Max, "mean": exp.Avg}[kind](this=_column("t", events.value))
    return exp.LogicalOr(this=exp.true()) if kind == "exists" else exp.Count(this=exp.Star(), big_int=True)


def _where(select: exp.Select, conditions: tuple[Condition, ...], column: Any) -> exp.Select:
    for condition in conditions:
        select = select.where(_condition(condition, column(condition.column)), copy=False)
    return select


def _condition(condition: Condition, this: exp.Expr) -> exp.Expr:
    if condition.in_code_list is not None:
        listed = exp.Literal.string(condition.in_code_list)
        return exp.Anonymous(this="in_code_list", expressions=[this, listed])
    if condition.is_ is not None:
        return exp.EQ(this=this.copy(), expression=_literal(condition.is_))
    if condition.in_ is not None:
        return exp.In(this=this.copy(), expressions=[_literal(value) for value in condition.in_])
    ends = ((exp.GTE, condition.from_), (exp.LTE, condition.to))
    return exp.and_(*(end(this=this.copy(), expression=_literal(value)) for end, value in ends if value is not None))


def _literal(value: object) -> exp.Expr:
    if isinstance(value, bool):
        return exp.true() if value else exp.false()
    if isinstance(value, str):
        return exp.Literal.string(value)
    if isinstance(value, int | Decimal):
        number = exp.Literal.number(format(abs(value), "f") if isinstance(value, Decimal) else abs(value))
        return exp.Neg(this=number) if value < 0 else number
    raise Invalid("view:literal", "A condition holds a value of an unknown kind.", "Use text, a number or true/false.")
