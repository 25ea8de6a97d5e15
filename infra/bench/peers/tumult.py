"""Tumult Analytics on Spark in one process of two threads."""

# mypy: disable-error-code="import-not-found"

import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from typing import Any

os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812 its usual name
from tmlt.analytics import AddOneRow, KeySet, PureDPBudget, QueryBuilder, Session

from infra.bench.peers.asked import BANDS, CUT_YEAR, LOWER, UPPER, Ask, Asked, Row, answer, cell

warnings.simplefilter("ignore")
SETTINGS = {
    "spark.sql.warehouse.dir": tempfile.mkdtemp(prefix="peers-"),
    "spark.driver.memory": "4g",
    "spark.sql.shuffle.partitions": "2",
    "spark.ui.enabled": "false",
    "spark.driver.extraJavaOptions": "-Dio.netty.tryReflectionSetAccessible=true",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}


def prepare(asked: Asked) -> Ask:
    """A session anew each time, which holds the ε that was asked and no more."""
    by: dict[str, Any] = {"band": list(range(BANDS))} if asked.statistic == "histogram" else dict(asked.keys)
    people, keys = _people(asked.file, list(by)), KeySet.from_dict(by)

    def ask() -> Iterator[Row]:
        session = Session.from_dataframe(PureDPBudget(asked.epsilon), "people", people, protected_change=AddOneRow())
        grouped = QueryBuilder("people").groupby(keys)
        for query, extra in _queries(asked, grouped):
            share = asked.epsilon / (len(asked.quantiles) if extra else 1)
            for row in session.evaluate(query, PureDPBudget(share)).collect():
                yield cell(*(row[name] for name in by), *extra), row["n"]

    return ask


def _queries(asked: Asked, grouped: Any) -> list[tuple[Any, list[float]]]:
    statistic = asked.statistic
    if statistic == "quantiles":
        return [(grouped.quantile("age", q, LOWER, UPPER, name="n"), [q]) for q in asked.quantiles]
    if statistic in ("count", "histogram"):
        return [(grouped.count(name="n"), [])]
    verb = {"sum": "sum", "mean": "average", "deviation": "stdev"}[statistic]
    return [(getattr(grouped, verb)("age", LOWER, UPPER, name="n"), [])]


def _people(file: str, by: list[str]) -> Any:
    builder = SparkSession.builder.master("local[2]")
    for name, value in SETTINGS.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    age = F.least(F.greatest(F.lit(CUT_YEAR) - F.col("year_of_birth"), F.lit(LOWER)), F.lit(UPPER)).cast("long")
    made = spark.read.parquet(file).withColumn("age", age)
    return made.withColumn("band", F.floor(F.col("age") / 10).cast("long")).select(*by, "age")


if __name__ == "__main__":
    answer(prepare)
