"""smartnoise-sql over DuckDB, driven through the reader it has for PostgreSQL."""

# mypy: disable-error-code="import-not-found"

# ruff: noqa: S608 (queries of our own)

import warnings
from collections.abc import Iterator
from typing import Any

import duckdb
from snsql import Privacy, from_connection

from infra.bench.peers.asked import CUT_YEAR, LOWER, UPPER, Ask, Asked, Row, answer, cell

warnings.simplefilter("ignore")
NUMBERS = {
    "count": "COUNT(*)",
    "histogram": "COUNT(*)",
    "sum": "SUM(age)",
    "mean": "AVG(age)",
    "deviation": "STDDEV(age)",
}
VIEW = f"""CREATE VIEW s.people AS SELECT borough, sex, ethnic_group, age, (age // 10)::INTEGER AS band
    FROM (SELECT *, least(greatest({CUT_YEAR} - year_of_birth, {LOWER}), {UPPER})::INTEGER AS age
    FROM read_parquet('$file'))"""


class Cursor:
    """As much of a cursor as the reader uses."""

    def __init__(self, connection: Any) -> None:
        self._cursor = connection.cursor()
        self.description: Any = None

    def execute(self, query: str) -> None:
        """Run it."""
        self._cursor.execute(query)
        self.description = self._cursor.description

    def __iter__(self) -> Iterator[Any]:
        return iter(self._cursor.fetchall())


class Connection:
    """As much of a connection as the reader uses."""

    def __init__(self, file: str) -> None:
        self._connection = duckdb.connect(config={"threads": 2})
        self._connection.execute("CREATE SCHEMA s")
        self._connection.execute(VIEW.replace("$file", file))

    def cursor(self) -> Cursor:
        """A new one."""
        return Cursor(self._connection)

    def commit(self) -> None:
        """Nothing is written."""

    rollback = commit


def prepare(asked: Asked) -> Ask:
    """A reader whose ε is so set that the whole query, not each part of it, costs what was asked."""
    by = ["band"] if asked.statistic == "histogram" else list(asked.keys)
    query = f"SELECT {', '.join(by)}, {NUMBERS[asked.statistic]} AS n FROM s.people GROUP BY {', '.join(by)}"
    connection = Connection(asked.file)
    cost, _ = _reader(connection, asked.epsilon).get_privacy_cost(query)
    reader = _reader(connection, asked.epsilon * asked.epsilon / cost)

    def ask() -> Iterator[Row]:
        for row in list(reader.execute(query))[1:]:
            yield cell(*row[:-1]), row[-1]

    return ask


def _reader(connection: Connection, epsilon: float) -> Any:
    columns: dict[str, object] = {name: {"type": "string"} for name in ("borough", "sex", "ethnic_group")}
    columns |= {
        "age": {"type": "int", "lower": LOWER, "upper": UPPER},
        "band": {"type": "int", "lower": 0, "upper": 9},
    }
    table = {"row_privacy": True, "rows": 1_000_000, "censor_dims": False, **columns}
    privacy = Privacy(epsilon=epsilon, delta=1e-9)
    return from_connection(connection, privacy=privacy, metadata={"": {"s": {"people": table}}}, engine="postgres")


if __name__ == "__main__":
    answer(prepare)
