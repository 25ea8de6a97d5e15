"""How a snapshot's tables lie: counted once by the build, written into the footer of the file of sampling keys.

A draw that knows how many rows any one person has at most need not count them again: where nobody can exceed a cap,
capping changes nothing. The counts are exact, so they stay where the sampling keys are and never enter a room.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

KEY = "census"
SAMPLING = "sampling"


@dataclass(frozen=True)
class Census:
    """One table: its rows, the rows of the person with the most, the least and the greatest person number."""

    rows: int
    most: int
    first: int
    last: int

    @property
    def dense(self) -> bool:
        """Everybody from the first to the last number has exactly one row."""
        return self.rows > 0 and self.most == 1 and self.rows == self.last - self.first + 1

    def covers(self, other: "Census") -> bool:
        """True when everybody of the other table has a row here; for a table without rows always."""
        return other.rows == 0 or (self.dense and self.first <= other.first and other.last <= self.last)


def to_text(tables: Mapping[str, Census]) -> str:
    """The census of a snapshot as it is stored, tables in order of their names."""
    return json.dumps({name: asdict(census) for name, census in sorted(tables.items())}, separators=(",", ":"))


def from_text(text: str) -> dict[str, Census]:
    """The census that `to_text` wrote; nothing where the text is anything else."""
    try:
        return {str(name): _census(each) for name, each in json.loads(text).items()}
    except (ValueError, TypeError, AttributeError):
        return {}


def _census(each: Mapping[str, object]) -> Census:
    if not all(type(number) is int for number in each.values()):
        raise ValueError("a census holds whole numbers")
    return Census(**each)  # type: ignore[arg-type]
