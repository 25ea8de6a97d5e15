"""Only what was approved: tables, columns, the period; nothing else is even read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlglot import exp, parse_one

from workspaces.catalogue.census import KEY, SAMPLING, Census, to_text
from workspaces.catalogue.columns import Type
from workspaces.catalogue.errors import Invalid
from workspaces.catalogue.tables import TABLES
from workspaces.engine import Engine, one, write_parquet
from workspaces.snapshots.deidentify import RULES

ROW_GROUP = 20_480
"""Rows of one row group: small, so that reading one stretch of people does not decode the whole table."""

ONE_ROW = ("person",)
"""Tables with one row for each person, whose number is therefore all of their order."""

PSEUDONYM = "pseudonym"
"""The room's table, and its column, of pseudonyms that stay from build to build where the grant says so."""

PERIOD_COLUMN = {
    "visit_occurrence": "visit_start_date",
    "condition_occurrence": "condition_start_date",
    "drug_exposure": "drug_exposure_start_date",
    "measurement": "measurement_date",
    "procedure_occurrence": "procedure_date",
    "observation": "observation_date",
    "death": "death_date",
    "social_care_event": "event_start_date",
}
"""The date, as the source gave it, that must lie in the approved period."""


@dataclass(frozen=True)
class Written:
    """One table as stored: its columns, rows of the people kept, rows within the period."""

    path: Path
    columns: tuple[str, ...]
    rows_in: int
    rows: int


def need_approved(tables: Mapping[str, tuple[str, ...]]) -> None:
    """`Invalid` naming the first table or column that cannot be granted or has no rule."""
    if not tables:
        raise _not_approved("The plan names no table.")
    for name, columns in sorted(tables.items()):
        table = TABLES.get(name)
        if table is None:
            raise _not_approved(f"The catalogue has no table {name}.")
        for column in columns:
            known = table.column(column)
            if known is None or not known.grantable:
                raise _not_approved(f"The column {name}.{column} cannot be granted.")
            if column != table.person_key and column not in RULES[name]:
                raise Invalid(
                    "snapshot:column_without_rule",
                    f"The column {name}.{column} has no rule of de-identification.",
                    "Write its rule before it is granted.",
                )


def _not_approved(sentence: str) -> Invalid:
    return Invalid("snapshot:column_not_approved", sentence, "Ask for columns of the catalogue only.")


def write_table(
    engine: Engine, folder: Path, name: str, approved: tuple[str, ...], period: tuple[date | None, date | None]
) -> Written:
    """Write one table in the order of person_id and all its columns, so that equal content gives equal bytes."""
    table = TABLES[name]
    columns = tuple(c.name for c in table.columns if c.name == table.person_key or c.name in approved)
    path = folder / f"{name}.parquet"
    rows = _write(engine, path, _query(name, columns, period))
    rows_in = rows if name == "person" or period == (None, None) else _rows_in(engine, name)
    return Written(path, columns, rows_in, rows)


def _rows_in(engine: Engine, name: str) -> int:
    return one(engine, f"SELECT count(*) FROM source_{name} SEMI JOIN identity USING (nhs_number)")  # noqa: S608


def write_sampling(engine: Engine, folder: Path, tables: Mapping[str, Written]) -> Written:
    """Write the keys by which draws sample and divide people; the file never goes into a room (P3).

    Its footer holds the census of these tables and of itself.
    """
    path = folder / f"{SAMPLING}.parquet"
    columns = ("person_id", "sample_key")
    query = exp.select(*columns).from_("identity").order_by("person_id")
    counted = {name: census_of(engine, written.path, name in ONE_ROW) for name, written in tables.items()}
    counted[SAMPLING] = census_of(engine, "identity", one_row=True)
    rows = _write(engine, path, query, (KEY, to_text(counted)))
    return Written(path, columns, rows, rows)


def write_pseudonyms(engine: Engine, folder: Path) -> Written:
    """Write the pseudonyms that stay; the file goes into the room alone, and draws never read it."""
    path = folder / f"{PSEUDONYM}.parquet"
    columns = ("person_id", PSEUDONYM)
    rows = _write(engine, path, exp.select(*columns).from_("staying").order_by("person_id"))
    return Written(path, columns, rows, rows)


def census_of(engine: Engine, table: Path | str, one_row: bool = False) -> Census:
    """The census of a written file or of a table of the engine; `one_row` says that nobody can have two rows."""
    source = exp.to_table(table) if isinstance(table, str) else exp.func("read_parquet", exp.Literal.string(str(table)))
    each = exp.select("person_id", exp.alias_("1" if one_row else "count(*)", "n")).from_(source)
    each = each if one_row else each.group_by("person_id")
    query = exp.select("sum(n)", "max(n)", "min(person_id)", "max(person_id)").from_(each.subquery("each"))
    return Census(*(int(number or 0) for number in engine.execute(query.sql(dialect="duckdb")).fetchall()[0]))


def _write(engine: Engine, path: Path, query: exp.Select, footer: tuple[str, str] | None = None) -> int:
    return write_parquet(engine, query.sql(dialect="duckdb"), path, row_group=ROW_GROUP, footer=footer)


def _query(name: str, columns: tuple[str, ...], period: tuple[date | None, date | None]) -> exp.Select:
    """The table's rows: names from the catalogue, rules from the fixed maps, dates as literals of our own making."""
    types = {column.name: column.type for column in TABLES[name].columns}
    query = exp.select(*(_column(name, column, types[column]) for column in columns))
    if name == "person":
        query = query.from_("coarse_person")
    else:
        query = query.from_(f"source_{name}").join("identity", using="nhs_number")
        query = query.where(*_within(PERIOD_COLUMN[name], period))
    keys = columns[:1] if name in ONE_ROW else columns
    return query.order_by(*(exp.column(column) for column in keys))


def _column(table: str, column: str, type_: Type) -> exp.Expr:
    rule = parse_one(RULES[table].get(column, column), dialect="duckdb")
    return exp.alias_(exp.cast(rule, "VARCHAR" if type_ is Type.TEXT else type_.value, dialect="duckdb"), column)


def _within(column: str, period: tuple[date | None, date | None]) -> list[exp.Expr]:
    start, end = (exp.cast(exp.Literal.string(day.isoformat()), "DATE") if day else None for day in period)
    bounds = [exp.GTE(this=exp.column(column), expression=start)] if start else []
    return [*bounds, *([exp.LTE(this=exp.column(column), expression=end)] if end else [])]
