"""A Spark context for tests: small, on this machine only, stopped afterwards."""

import os
from contextlib import contextmanager

from disclosure.engines.spark import CONTEXT

# queries of a few rows: writing and compiling Java for each of them takes longer than to run it without
INTERPRETED = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.shuffle.partitions": "1",
}


@contextmanager
def context(**more):
    """The context that the engine finds and uses."""
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    os.environ.setdefault("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").config("spark.driver.memory", "1g")
    for key, value in {**CONTEXT, **more}.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    yield session
    session.stop()
