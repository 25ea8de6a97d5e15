"""Each line of the writer for Spark means in Spark what the same tree means in DuckDB; what has no line is refused."""

from collections import Counter

import duckdb
import pytest
from sqlglot import exp

from disclosure.engines.spark_sql import _LINES, FUNCTIONS, NotWritten, write
from tests.factories.spark_lines import GROUPED, KINDS, QUERIES, ROWS_BY_ROW, WINDOWS, rows, selects, tree
from tests.factories.sparks import context
from tests.factories.worlds import insert

LINES = [*ROWS_BY_ROW, *GROUPED, *WINDOWS, *QUERIES]


def test_every_line_is_tried():
    trees = [node for _, select in selects() for node in select.walk()]
    assert set(_LINES) - {type(node) for node in trees} == set()
    assert set(FUNCTIONS) - {node.name for node in trees if isinstance(node, exp.Anonymous)} == set()


@pytest.mark.parametrize(
    "text",
    [
        "SELECT o.i FROM odd AS o ORDER BY o.i",
        "SELECT o.i FROM odd AS o LIMIT 3",
        "SELECT o.i FROM odd AS o UNION SELECT o.j FROM odd AS o",
        "SELECT median(o.i) AS m FROM odd AS o",
        "SELECT o.x AS x FROM odd AS o FULL JOIN odd AS p ON o.i = p.i",
        "SELECT CAST(o.i AS HUGEINT) AS h FROM odd AS o",
        "SELECT hash(o.i) AS h FROM odd AS o",
        "SELECT count(*) FILTER (WHERE o.b) AS n FROM odd AS o",
        "SELECT max(o.i, 3) AS n FROM odd AS o",
        "SELECT least(o.i, 3) AS n FROM odd AS o USING SAMPLE 3",
    ],
)
def test_what_has_no_line_is_refused(text):
    with pytest.raises(NotWritten):
        write(tree(text))


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """{line: [(DuckDB's rows, Spark's rows)]} of everything, each query run once on each engine."""
    from disclosure.engines.spark import _session

    path = tmp_path_factory.mktemp("odd") / "odd.parquet"
    found = {name: [] for name in LINES}
    with duckdb.connect() as connection, context():
        session = _session(2, 1024)
        connection.execute(f"CREATE TABLE odd (id BIGINT, {', '.join(f'{c} {kind}' for c, kind in KINDS.items())})")
        insert(connection, "odd", rows())
        connection.execute(f"COPY odd TO '{path}'")
        session.read.parquet(str(path)).createOrReplaceTempView("odd")
        for names, select in selects():
            ours = sorted(connection.execute(select.sql(dialect="duckdb")).fetchall(), key=repr)
            theirs = sorted(map(tuple, session.sql(write(select)).collect()), key=repr)
            first = 0 if len(names) == 1 else 1
            for place, name in enumerate(names, start=first):
                columns = slice(None) if first == 0 else slice(place, place + 1)
                found[name].append(([row[columns] for row in ours], [row[columns] for row in theirs]))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", LINES)
def test_a_line_means_the_same(name, answers):
    for ours, theirs in answers[name]:
        assert theirs == ours
    assert name in QUERIES or any(len(Counter(ours)) > 1 for ours, _ in answers[name]), "the values tell something"
