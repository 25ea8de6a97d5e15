"""What a column is: its type, how it identifies, and the public values it may take.

A domain is the closed list of values that may be used as keys of a release; a grid is the set of
numbers that may be used as bounds or bin edges (privacy model P1). Both are fixed beforehand and
never learnt from records.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction


class Type(StrEnum):
    """The closed list of column types a snapshot may hold."""

    INTEGER = "INTEGER"
    DOUBLE = "DOUBLE"
    TEXT = "TEXT"
    DATE = "DATE"
    BOOLEAN = "BOOLEAN"


class Kind(StrEnum):
    """How a column bears on identity (ICO anonymisation guidance, 2025)."""

    IDENTIFYING = "IDENTIFYING"
    QUASI_IDENTIFYING = "QUASI_IDENTIFYING"
    SENSITIVE = "SENSITIVE"
    SAFE = "SAFE"


@dataclass(frozen=True)
class Domain:
    """A public, closed list of values with a label each; the order is the order of publication."""

    values: tuple[str | int | bool, ...]
    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.values) != len(self.labels) or len(set(self.values)) != len(self.values):
            raise ValueError("a domain names each value once and labels each one")

    def label(self, value: str | int | bool) -> str:
        """The published label of a value of this domain."""
        return self.labels[self.values.index(value)]


@dataclass(frozen=True)
class Grid:
    """Public numbers low, low + step, … high; `unit` is a UCUM code, `step` also the fixed-point unit."""

    low: Fraction
    high: Fraction
    step: Fraction
    unit: str

    def holds(self, value: Fraction) -> bool:
        """True when the value is a point of this grid."""
        return self.low <= value <= self.high and (value - self.low) % self.step == 0


@dataclass(frozen=True)
class Column:
    """One column: its name (OMOP CDM 5.4 where OMOP has one), and what is public about it."""

    name: str
    type: Type
    kind: Kind
    meaning: str
    domain: Domain | None = None
    grid: Grid | None = None
    nullable: bool = True
    grantable: bool = True


@dataclass(frozen=True)
class Table:
    """One table. `person_key` ties each row to one person; `one_row_per_person` is a checked promise."""

    name: str
    meaning: str
    columns: tuple[Column, ...]
    one_row_per_person: bool = False
    person_key: str = "person_id"
    _by_name: dict[str, Column] = field(init=False, repr=False, compare=False, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {column.name: column for column in self.columns})

    def column(self, name: str) -> Column | None:
        """The column of that name, or None."""
        return self._by_name.get(name)


def integers(low: int, high: int, unit: str = "1", step: int = 1) -> Grid:
    """A grid of whole numbers."""
    return Grid(Fraction(low), Fraction(high), Fraction(step), unit)


def decimals(low: str, high: str, step: str, unit: str) -> Grid:
    """A grid of decimals, each given as text so that no binary fraction slips in."""
    return Grid(Fraction(low), Fraction(high), Fraction(step), unit)


def texts(*pairs: tuple[str, str]) -> Domain:
    """A domain of (value, label) pairs."""
    return Domain(tuple(value for value, _ in pairs), tuple(label for _, label in pairs))


BOOLEAN_DOMAIN = Domain((False, True), ("no", "yes"))
