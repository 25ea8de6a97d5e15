"""What a person view may read and what it yields: the granted schema, view columns, counted literals.

A view column holds whole numbers, text, dates or flags only. A number stands for `units x grid.step`;
a column without a grid cannot be summed, one without a domain cannot be a key.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from sqlglot import exp

from workspaces.catalogue.code_lists import CITED, Cited
from workspaces.catalogue.columns import Column, Domain, Grid, Type
from workspaces.catalogue.errors import Invalid
from workspaces.catalogue.tables import TABLES

ROWS_PER_PERSON = 1000
PERSON = "person"
PERSON_ID = "person_id"


@dataclass(frozen=True)
class ViewColumn:
    """One column of a person view. Values are whole multiples of `grid.step` where there is a grid."""

    name: str
    type: Type
    domain: Domain | None = None
    grid: Grid | None = None


@dataclass(frozen=True)
class Literal:
    """A value the author chose: its text, how many bits of choice it carries, and where it stands."""

    text: str
    bits: int
    where: str


@dataclass(frozen=True)
class ProvenView:
    """Canonical DuckDB SQL that yields `person_id` and `columns`, at most one row per person.

    Each person's row is a function of that person's rows in `tables` alone, whatever order they are stored in.
    `sources` names the columns read from each table; `notes` says what was completed or rewritten. The proof holds
    for tables that keep at most `rows_per_person` rows of each person, and one in tables of one row per person.
    `tree` is what `sql` is written from; other engines have writers of their own for it.
    """

    sql: str
    columns: Mapping[str, ViewColumn]
    tables: frozenset[str]
    literals: tuple[Literal, ...]
    notes: tuple[str, ...]
    sources: Mapping[str, tuple[str, ...]]
    tree: exp.Select = field(repr=False, compare=False)
    rows_per_person: int = ROWS_PER_PERSON


@dataclass(frozen=True)
class Schema:
    """The granted part of the catalogue; the person key of a granted table is always part of it."""

    tables: Mapping[str, frozenset[str]]
    rows_per_person: int = ROWS_PER_PERSON
    code_lists: Mapping[str, Cited] = field(default_factory=lambda: CITED)

    @classmethod
    def granted(
        cls,
        columns: Mapping[str, Sequence[str]],
        *,
        rows_per_person: int = ROWS_PER_PERSON,
        code_lists: Mapping[str, Cited] = CITED,
    ) -> "Schema":
        """The schema of a grant, with the lists that views may cite; `rows_per_person` is the cap on each event table.

        Raises Invalid on unknown names.
        """
        return cls({name: _known(name, chosen) for name, chosen in columns.items()}, rows_per_person, code_lists)

    def column(self, table: str, name: str) -> Column:
        """The catalogue's column, if granted. Raises Invalid("view:not_granted") without saying which of the two."""
        self.require(table)
        column = TABLES[table].column(name) if name in self.tables[table] else None
        if column is None:
            raise Invalid(
                "view:not_granted",
                f"The column {name} of {table} is not part of this project's grant.",
                f"Use one of: {', '.join(sorted(self.tables[table]))}; or ask for an amendment.",
            )
        return column

    def require(self, table: str) -> None:
        """Raises Invalid("view:not_granted") unless the table is granted."""
        if table not in self.tables:
            raise Invalid(
                "view:not_granted",
                f"The table {table} is not part of this project's grant.",
                f"Use one of: {', '.join(sorted(self.tables))}; or ask for an amendment.",
            )


def _known(table: str, columns: Sequence[str]) -> frozenset[str]:
    declared = TABLES.get(table)
    unknown = [name for name in columns if declared is None or declared.column(name) is None]
    if declared is None or unknown:
        raise Invalid(
            "view:not_granted",
            f"The grant names {table}{f'.{unknown[0]}' if unknown else ''}, which the catalogue does not have.",
            "Name tables and columns as the catalogue does.",
        )
    return frozenset(columns) | {declared.person_key}


def units(grid: Grid, value: Fraction) -> int | None:
    """The whole multiple of `grid.step` that the value is, or None when it is not a point of the grid."""
    return int(value / grid.step) if grid.holds(value) and (value / grid.step).denominator == 1 else None
