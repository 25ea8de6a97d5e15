"""OpenDP's quantile mechanism called by itself, group by group: its Polars interface takes longer to plan than to draw.

It draws one value of each quantile, without an interval. That people of different groups are different people, so that
each group may be drawn with the whole of ε, is for the caller to know.
"""

# mypy: disable-error-code="import-not-found"

from collections.abc import Iterator
from functools import cache
from typing import Any

import polars as pl
from opendp import prelude

from infra.bench.peers.asked import CUT_YEAR, LOWER, UPPER, Ask, Asked, Row, answer, cell

dp: Any = prelude
dp.enable_features("contrib")


def prepare(asked: Asked) -> Ask:
    """The columns are read anew each time, as a release does."""
    ((name, keys),) = asked.keys.items()
    age = (CUT_YEAR - pl.col("year_of_birth")).clip(LOWER, UPPER).alias("age")

    def ask() -> Iterator[Row]:
        people = pl.read_parquet(asked.file).select(name, age)
        for key in keys:
            ages = people.filter(pl.col(name) == key)["age"].to_list()
            for share in asked.quantiles:
                yield cell(key, share), _quantile(share, asked.epsilon / len(asked.quantiles))(ages)

    return ask


@cache
def _quantile(share: float, epsilon: float) -> Any:
    space = dp.vector_domain(dp.atom_domain(T="i32")), dp.symmetric_distance()
    candidates = list(range(LOWER, UPPER + 1))

    def made(scale: float) -> Any:
        return dp.m.make_private_quantile(*space, dp.max_divergence(), candidates, share, scale)

    return dp.binary_search_chain(made, d_in=1, d_out=epsilon)


if __name__ == "__main__":
    answer(prepare)
