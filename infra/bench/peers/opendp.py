"""OpenDP's own Polars interface, on a lazy scan of the file; its checks see the whole plan."""

# mypy: disable-error-code="import-not-found"

import warnings
from collections.abc import Iterator
from typing import Any

import polars as pl
from opendp import prelude

from infra.bench.peers.asked import BANDS, CUT_YEAR, LOWER, UPPER, Ask, Asked, Row, answer, cell

warnings.simplefilter("ignore")
dp: Any = prelude
dp.enable_features("contrib")
MOST = 10_000_000  # people, a public bound
AGE = pl.col("age")
NUMBERS = {
    "count": [dp.len().alias("n")],
    "histogram": [dp.len().alias("n")],
    "sum": [AGE.dp.sum((LOWER, UPPER)).alias("n")],
    "mean": [AGE.dp.mean((LOWER, UPPER)).alias("n")],
}


def prepare(asked: Asked) -> Ask:
    """A query whose plan is built and checked anew each time, as a release is."""
    numbers = NUMBERS.get(asked.statistic) or [_quantile(each) for each in asked.quantiles]
    by = ["band"] if asked.statistic == "histogram" else list(asked.keys)
    keys = pl.LazyFrame({"band": pl.Series(range(BANDS), dtype=pl.Int32)}) if by == ["band"] else _keys(asked.keys)

    def ask() -> Iterator[Row]:
        context = dp.Context.compositor(
            data=pl.scan_parquet(asked.file),
            privacy_unit=dp.unit_of(contributions=1),
            privacy_loss=dp.loss_of(epsilon=asked.epsilon),
            split_evenly_over=1,
            margins=[dp.polars.Margin(by=[], max_length=MOST)],
        )
        age = context.query().with_columns(age=(CUT_YEAR - pl.col("year_of_birth")).clip(LOWER, UPPER))
        banded = age.with_columns(band=AGE // 10) if by == ["band"] else age
        return _rows(banded.group_by(by).agg(*numbers).with_keys(keys).release().collect(), by)

    return ask


def _quantile(share: float) -> Any:
    return AGE.dp.quantile(share, list(range(LOWER, UPPER + 1))).alias(str(share))


def _keys(columns: dict[str, list[str]]) -> pl.LazyFrame:
    frames = [pl.LazyFrame({name: values}) for name, values in columns.items()]
    made = frames[0]
    for frame in frames[1:]:
        made = made.join(frame, how="cross")
    return made


def _rows(table: Any, by: list[str]) -> Iterator[Row]:
    named = [name for name in table.columns if name not in by]
    for row in table.iter_rows(named=True):
        for name in named:
            yield cell(*(row[key] for key in by), *([] if name == "n" else [name])), row[name]


if __name__ == "__main__":
    answer(prepare)
