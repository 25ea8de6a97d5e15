"""The six questions, as our requests and as the truth that errors are measured from."""

# ruff: noqa: S608 (queries of our own)

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from disclosure.requests import ReleaseRequest, parse_request
from infra.bench.peers.asked import BANDS, CUT_YEAR, LOWER, QUANTILES, UPPER, cell
from workspaces.catalogue.tables import PERSON

EPSILON, OLDEST = 1.0, 120
AGE = f"least(greatest({CUT_YEAR} - year_of_birth, {LOWER}), {UPPER})"
_BOUNDS = {"of": "age", "lower": LOWER, "upper": UPPER}
_VIEW = f"SELECT person_id, borough, sex, ethnic_group, {CUT_YEAR} - year_of_birth AS age FROM person"


@dataclass(frozen=True)
class Question:
    """`pure`: ours is drawn with pure ε too, else at (ε, δ). `found` is the exact number of a group, in SQL."""

    statistic: str
    what: str
    by: tuple[str, ...]
    ours: Mapping[str, Any]
    found: str
    pure: bool = True

    @property
    def keys(self) -> dict[str, list[str]]:
        """The public values of each column that is grouped by."""
        domains = {column.name: column.domain for column in PERSON.columns if column.domain}
        return {name: [str(value) for value in domains[name].values] for name in self.by}

    def request(self) -> ReleaseRequest:
        """Ours, of the same ε."""
        statistic = {"name": "a", **self.ours, **({"by": list(self.by)} if self.by else {})}
        asked = {"title": self.what, "view": {"sql": _VIEW}, "statistics": [statistic], "epsilon": str(EPSILON)}
        return parse_request(asked)


QUESTIONS = (
    Question("count", "count, three-way", ("borough", "sex", "ethnic_group"), {"kind": "count"}, "count(*)"),
    Question(
        "histogram",
        "histogram of ages",
        (),
        {"kind": "histogram", "of": "age", "edges": [*range(0, 10 * BANDS, 10), OLDEST]},
        "count(*)",
    ),
    Question("sum", "sum of ages by borough", ("borough",), {"kind": "sum", **_BOUNDS}, "sum(age)"),
    Question("mean", "mean age by borough", ("borough",), {"kind": "mean", **_BOUNDS}, "avg(age)"),
    Question(
        "deviation",
        "standard deviation by borough",
        ("borough",),
        {"kind": "spread", **_BOUNDS},
        "stddev_pop(age)",
        pure=False,
    ),
    Question(
        "quantiles",
        "quartiles of age by ethnic group",
        ("ethnic_group",),
        {"kind": "quantiles", **_BOUNDS, "quantiles": [str(each) for each in QUANTILES]},
        f"quantile_disc(age, {list(QUANTILES)})",
        pure=False,
    ),
)


def truth(question: Question, file: Path) -> dict[str, float]:
    """The exact numbers of every cell that has people."""
    by = question.by or ("age // 10",)
    people = f"(SELECT * REPLACE ({AGE} AS age) FROM (SELECT *, 0 AS age FROM read_parquet('{file}')))"
    with duckdb.connect() as connection:
        rows = connection.execute(f"SELECT {', '.join(by)}, {question.found} FROM {people} GROUP BY ALL").fetchall()
    return dict(_numbers(row) for row in rows) if question.statistic != "quantiles" else _quantiles(rows)


def _numbers(row: tuple[Any, ...]) -> tuple[str, float]:
    return cell(*row[:-1]), float(row[-1])


def _quantiles(rows: list[tuple[Any, ...]]) -> dict[str, float]:
    return {cell(key, q): float(each) for key, found in rows for q, each in zip(QUANTILES, found, strict=True)}


def ours(question: Question, cells: list[dict[str, Any]]) -> dict[str, float]:
    """What we released, by the same names of cells."""
    if question.statistic == "histogram":
        return {cell(band): float(each["value"]) for band, each in enumerate(cells)}
    wanted = [each for each in cells if each["keys"].get("measure", "standard_deviation") == "standard_deviation"]
    return {cell(*_keys(each["keys"])): float(each["value"]) for each in wanted}


def _keys(keys: Mapping[str, object]) -> list[object]:
    return [value for name, value in keys.items() if name != "measure"]
