"""The questions, as our requests and as the truth that errors are measured from."""

# ruff: noqa: S608 (queries of our own)

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from disclosure.requests import ReleaseRequest, parse_request
from infra.bench.peers.asked import BANDS, CUT_YEAR, LOWER, UPPER, cell
from workspaces.catalogue.tables import PERSON

OLDEST = 120
QUARTILES, MEDIAN = (0.25, 0.5, 0.75), (0.5,)
AGE = f"least(greatest({CUT_YEAR} - year_of_birth, {LOWER}), {UPPER})"
_BOUNDS = {"of": "age", "lower": LOWER, "upper": UPPER}
_VIEW = f"SELECT person_id, borough, sex, ethnic_group, {CUT_YEAR} - year_of_birth AS age FROM person"


@dataclass(frozen=True)
class Question:
    """`found` is the exact number of a group, in SQL. `people` are fewer than a peer could bear."""

    statistic: str
    what: str
    by: tuple[str, ...]
    ours: Mapping[str, Any]
    found: str
    epsilon: float = 1.0
    people: int | None = None

    @property
    def keys(self) -> dict[str, list[str]]:
        """The public values of each column that is grouped by."""
        domains = {column.name: column.domain for column in PERSON.columns if column.domain}
        return {name: [str(value) for value in domains[name].values] for name in self.by}

    @property
    def quantiles(self) -> list[float]:
        """Those that are asked together, if any."""
        return [float(each) for each in self.ours.get("quantiles", ())]

    def request(self) -> ReleaseRequest:
        """Ours, of the same ε."""
        statistic = {"name": "a", **self.ours, **({"by": list(self.by)} if self.by else {})}
        asked = {"title": self.what, "view": {"sql": _VIEW}, "statistics": [statistic], "epsilon": str(self.epsilon)}
        return parse_request(asked)


def _quantiles(
    what: str, shares: tuple[float, ...], *, epsilon: float = 1.0, people: int | None = None, method: str | None = None
) -> Question:
    statistic = {"kind": "quantiles", **_BOUNDS, "quantiles": [str(each) for each in shares], "method": method}
    found = f"quantile_disc(age, {list(shares)})"
    return Question("quantiles", f"{what} of age by ethnic group", ("ethnic_group",), statistic, found, epsilon, people)


def _few(asked: Question, *, people: int) -> Question:
    return replace(asked, what=f"{asked.what}, {people:,} people", people=people)


MEAN = Question("mean", "mean age by borough", ("borough",), {"kind": "mean", **_BOUNDS}, "avg(age)")
DEVIATION = Question(
    "deviation", "standard deviation by borough", ("borough",), {"kind": "spread", **_BOUNDS}, "stddev_pop(age)"
)
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
    MEAN,
    DEVIATION,
    _quantiles("quartiles", QUARTILES),
    _few(MEAN, people=8_600),
    _few(DEVIATION, people=8_600),
    _few(_quantiles("quartiles", QUARTILES), people=600),
    _few(_quantiles("quartiles", QUARTILES), people=8_600),
    _few(_quantiles("quartiles at ε 0.1", QUARTILES, epsilon=0.1), people=8_600),
    _few(_quantiles("quartiles by selection", QUARTILES, method="selection"), people=600),
    _few(_quantiles("quartiles by selection", QUARTILES, method="selection"), people=8_600),
    _few(_quantiles("quartiles by selection, ε 0.1", QUARTILES, epsilon=0.1, method="selection"), people=8_600),
    _few(_quantiles("median alone, by selection", MEDIAN, method="selection"), people=600),
    _few(_quantiles("median alone, by selection", MEDIAN, method="selection"), people=8_600),
)


def truth(question: Question, file: Path) -> dict[str, float]:
    """The exact numbers of every cell that has people."""
    by = question.by or ("age // 10",)
    people = f"(SELECT * REPLACE ({AGE} AS age) FROM (SELECT *, 0 AS age FROM read_parquet('{file}')))"
    with duckdb.connect() as connection:
        rows = connection.execute(f"SELECT {', '.join(by)}, {question.found} FROM {people} GROUP BY ALL").fetchall()
    return dict(_numbers(row) for row in rows) if not question.quantiles else _by_share(question, rows)


def _numbers(row: tuple[Any, ...]) -> tuple[str, float]:
    return cell(*row[:-1]), float(row[-1])


def _by_share(question: Question, rows: list[tuple[Any, ...]]) -> dict[str, float]:
    pairs = [(key, zip(question.quantiles, found, strict=True)) for key, found in rows]
    return {cell(key, share): float(each) for key, found in pairs for share, each in found}


def ours(question: Question, cells: list[dict[str, Any]]) -> dict[str, float]:
    """What we released, by the same names of cells."""
    if question.statistic == "histogram":
        return {cell(band): float(each["value"]) for band, each in enumerate(cells)}
    wanted = [each for each in cells if each["keys"].get("measure", "standard_deviation") == "standard_deviation"]
    return {cell(*_keys(each["keys"])): float(each["value"]) for each in wanted if each["value"] is not None}


def _keys(keys: Mapping[str, object]) -> list[object]:
    return [value for name, value in keys.items() if name != "measure"]
