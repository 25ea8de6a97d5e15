"""How good a load is, table by table: measured once when it is made, and kept with it.

Exact figures are for IG officers and auditors only (privacy model P9); everybody else sees `banded`, which says
nothing about a single person but where a figure lies at the very edge of a band.
"""

from bisect import bisect
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from workspaces.catalogue.tables import TABLES as PUBLIC
from workspaces.engine import Engine

Columns = Mapping[str, Mapping[str, str]]
Figures = dict[str, Any]

NOT_MEASURED = frozenset({"nhs_number", "organisation", "source_rank"})
"""Columns that no row can be without."""

QUARANTINED_AT_MOST = 0.20
FEWER_THAN_BEFORE_AT_MOST = 0.20
NEWEST_WITHIN_DAYS = 92
COMPLETE_AT_LEAST: Mapping[tuple[str, str], float] = {
    ("person", "birth_date"): 0.99,
    ("person", "sex"): 0.95,
    ("person", "ethnic_group"): 0.75,
    ("person", "borough"): 0.90,
    ("measurement", "value_as_number"): 0.90,
}
"""What is expected of every load: shares of rows, and days between the newest event and the data cut."""


@dataclass(frozen=True)
class Expectation:
    """One thing expected of a load: shares in percent, days as they are; `table` is empty for the whole load."""

    name: str
    table: str
    column: str
    expected: str
    found: str
    met: bool


def measure(engine: Engine, folder: Path, columns: Columns, quarantined: Mapping[str, Mapping[str, int]]) -> Figures:
    """Figures of every table: rows, quarantined by reason, filled values by column, first and last month.

    `columns` is table -> column -> type, `quarantined` table -> reason -> rows of the source. Months, not days: the
    first and the last day of a table are those of one person each.
    """
    tables = {}
    for table, types in columns.items():
        path = folder / f"{table}.parquet"
        held_back = dict(sorted(quarantined.get(table, {}).items()))
        if path.exists():
            tables[table] = {**_of_table(engine, path, table, types), "quarantined": held_back}
        elif held_back:
            tables[table] = {"rows": 0, "complete": {}, "first": None, "last": None, "quarantined": held_back}
    return {"tables": tables, "elsewhere": dict(sorted(quarantined.get("", {}).items()))}


def _of_table(engine: Engine, path: Path, table: str, types: Mapping[str, str]) -> Figures:
    measured = [name for name in types if name not in NOT_MEASURED] if table in PUBLIC else []
    day = next((name for name in measured if types[name] == "DATE" and name != "birth_date"), None)
    engine.read_parquet(str(path)).create_view("measured", replace=True)
    wanted = ["count(*)", *(f"count({name})" for name in measured)]
    wanted += [f"strftime({which}({day}), '%Y-%m')" for which in ("min", "max") if day]
    found = engine.execute(f"SELECT {', '.join(wanted)} FROM measured").fetchall()[0]  # noqa: S608 - our own names
    filled = dict(zip(measured, found[1:], strict=False))
    first, last = found[-2:] if day else (None, None)
    return {"rows": found[0], "complete": filled, "first": first, "last": last}


def judge(figures: Figures, before: Figures | None, cut: date) -> Figures:
    """The figures with the data cut and every expectation; `before` are those of the source's last load."""
    tables = figures["tables"]
    judged = [_quarantine(name, each) for name, each in tables.items() if each["rows"] or each["quarantined"]]
    judged += [
        _complete(name, column, tables[name], least)
        for (name, column), least in COMPLETE_AT_LEAST.items()
        if tables.get(name, {}).get("rows")
    ]
    judged += [_fresh(tables, cut)] if any(each["last"] for each in tables.values()) else []
    earlier = (before or {}).get("tables", {})
    judged += [_as_many(name, tables.get(name), each) for name, each in earlier.items() if each["rows"]]
    return {**figures, "cut": cut.isoformat(), "expectations": [asdict(each) for each in judged]}


def _quarantine(table: str, each: Figures) -> Expectation:
    held_back = sum(each["quarantined"].values())
    share = held_back / (each["rows"] + held_back)
    return _shares("quarantined", table, "", f"at most {QUARANTINED_AT_MOST:.0%}", share, share <= QUARANTINED_AT_MOST)


def _complete(table: str, column: str, each: Figures, least: float) -> Expectation:
    share = each["complete"][column] / each["rows"]
    return _shares("complete", table, column, f"at least {least:.0%}", share, share >= least)


def _as_many(table: str, each: Figures | None, earlier: Figures) -> Expectation:
    least = 1 - FEWER_THAN_BEFORE_AT_MOST
    share = (each["rows"] if each else 0) / earlier["rows"]
    return _shares("as many as last time", table, "", f"at least {least:.0%}", share, share >= least)


def _shares(name: str, table: str, column: str, expected: str, share: float, met: bool) -> Expectation:
    return Expectation(name, table, column, expected, f"{share:.1%}", met)


def _fresh(tables: Mapping[str, Figures], cut: date) -> Expectation:
    newest = max(each["last"] for each in tables.values() if each["last"])
    year, month = (int(part) for part in newest.split("-"))
    ended = date(year + month // 12, month % 12 + 1, 1)  # the month is over then
    days = max(0, (cut - ended).days)
    return Expectation(
        "fresh", "", "", f"at most {NEWEST_WITHIN_DAYS} days", f"{days} days", days <= NEWEST_WITHIN_DAYS
    )


_ROWS = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
_ROW_WORDS = (
    "under 1,000",
    "1,000 to 10,000",
    "10,000 to 100,000",
    "100,000 to 1 million",
    "1 to 10 million",
    "10 million or more",
)
_FILLED, _FILLED_WORDS = (0.8, 0.95, 0.99), ("under 80 %", "80 to 95 %", "95 to 99 %", "99 % or more")
_HELD_BACK, _HELD_BACK_WORDS = (0.01, 0.05, 0.2), ("under 1 %", "1 to 5 %", "5 to 20 %", "20 % or more")


def banded(figures: Figures) -> dict[str, Any]:
    """The figures of the tables that the catalogue names, in wide bands; no dates, no reasons, no exact number.

    Nothing at all is in the same band as a little, so nobody learns from it that somebody is there.
    """
    tables = figures.get("tables", {})
    return {name: _banded(tables[name]) for name in PUBLIC if name in tables}


def _banded(each: Figures) -> dict[str, Any]:
    rows, held_back = each["rows"], sum(each["quarantined"].values())
    told: dict[str, Any] = {"rows": _band(rows, _ROWS, _ROW_WORDS)}
    if rows < _ROWS[0]:  # shares of few rows are nearly counts
        return {**told, "quarantined": None, "complete": {}}
    told["quarantined"] = _band(held_back / (rows + held_back), _HELD_BACK, _HELD_BACK_WORDS)
    told["complete"] = {name: _band(n / rows, _FILLED, _FILLED_WORDS) for name, n in each["complete"].items()}
    return told


def _band(figure: float, edges: Sequence[float], words: Sequence[str]) -> str:
    return words[bisect(edges, figure)]
