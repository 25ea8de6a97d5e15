"""diffprivlib on arrays; it reads no files, so DuckDB fetches the columns, which is timed with it."""

# mypy: disable-error-code="import-not-found"

import warnings
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import Any

import duckdb
import numpy as np
from diffprivlib import BudgetAccountant, tools

from infra.bench.peers.asked import BANDS, CUT_YEAR, LOWER, UPPER, Ask, Asked, Row, answer, cell

warnings.simplefilter("ignore")
BOUNDS = (LOWER, UPPER)
AGE = f"least(greatest({CUT_YEAR} - year_of_birth, {LOWER}), {UPPER})::DOUBLE AS age"
ONE: Mapping[str, Callable[..., float]] = {"sum": tools.sum, "mean": tools.mean, "deviation": tools.std}


def prepare(asked: Asked) -> Ask:
    """The columns are read anew each time, as a release does."""
    connection = duckdb.connect(config={"threads": 2})
    coded = ", ".join(f"list_position({values}, {name})::INTEGER - 1 AS {name}" for name, values in asked.keys.items())
    select = f"SELECT {', '.join(part for part in (coded, AGE) if part)} FROM read_parquet('{asked.file}')"  # noqa: S608
    how = {"count": _count, "histogram": _histogram, "quantiles": _quantiles}.get(asked.statistic, _grouped)
    return lambda: how(asked, connection.execute(select).fetchnumpy(), BudgetAccountant())


def _count(asked: Asked, columns: Any, spent: Any) -> Iterator[Row]:
    values = np.stack([columns[name] for name in asked.keys], axis=1)
    bins = [np.arange(len(keys) + 1) - 0.5 for keys in asked.keys.values()]
    span = [(each[0], each[-1]) for each in bins]
    found, _ = tools.histogramdd(values, epsilon=asked.epsilon, bins=bins, range=span, accountant=spent)
    for keys, number in zip(product(*asked.keys.values()), found.ravel(), strict=True):
        yield cell(*keys), number


def _histogram(asked: Asked, columns: Any, spent: Any) -> Iterator[Row]:
    edges = np.array([*range(0, 10 * BANDS, 10), UPPER + 1])
    span = (0, UPPER + 1)
    found, _ = tools.histogram(columns["age"], epsilon=asked.epsilon, bins=edges, range=span, accountant=spent)
    for band, number in enumerate(found):
        yield cell(band), number


def _groups(asked: Asked, columns: Any) -> Iterator[tuple[str, Any]]:
    ((name, keys),) = asked.keys.items()
    for number, key in enumerate(keys):
        yield key, columns["age"][columns[name] == number]


def _grouped(asked: Asked, columns: Any, spent: Any) -> Iterator[Row]:
    for key, ages in _groups(asked, columns):
        yield cell(key), ONE[asked.statistic](ages, epsilon=asked.epsilon, bounds=BOUNDS, accountant=spent)


def _quantiles(asked: Asked, columns: Any, spent: Any) -> Iterator[Row]:
    share = asked.epsilon / len(asked.quantiles)
    for key, ages in _groups(asked, columns):
        for quantile in asked.quantiles:
            found = tools.quantile(ages, quantile, epsilon=share, bounds=BOUNDS, accountant=spent)
            yield cell(key, quantile), found


if __name__ == "__main__":
    answer(prepare)
