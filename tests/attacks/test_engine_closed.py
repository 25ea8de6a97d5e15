"""SQL that reaches past what it was given: every function, statement and setting that the engine itself knows.

The list is not ours: the engine is asked for it, so that a new version's new functions are tried as well.
"""

# ruff: noqa: S608 (texts that no connection with records ever runs)

import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import duckdb
import pytest

from disclosure.engines.embedded import _locked
from tests.factories.sites import small_world
from tests.factories.tried import Tried
from tests.factories.worlds import proven, write
from workspaces.catalogue.errors import Invalid
from workspaces.engine import open_engine

SECRET = "a text that lies outside"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder that no connection was given, with a file of every form that the engine reads."""
    place = tmp_path / "outside"
    place.mkdir()
    for name in ("x.txt", "x.csv", "x.json", "x.ndjson"):
        (place / name).write_text(f'{{"a": "{SECRET}"}}\n')
    with duckdb.connect(str(place / "x.db")) as other:
        other.execute("CREATE TABLE t AS SELECT 1 AS a")
        other.execute(f"COPY (SELECT '{SECRET}' AS a) TO '{place}/x.parquet'")
    return place


@pytest.fixture(params=["records", "draws"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The two kinds of connections that ever see records."""
    if request.param == "records":
        (tmp_path / "scratch").mkdir()
        with open_engine(scratch=tmp_path / "scratch") as made:
            yield made
    else:
        files = write(small_world(20), tmp_path / "snapshot")
        with closing(_locked(proven(sql="SELECT person_id, sex FROM person"), files, 1, 256)) as made:
            yield made


@pytest.fixture
def listener() -> Iterator[tuple[int, list[bytes]]]:
    """Who listens for anything that leaves."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def listen() -> None:
            with suppress(OSError):
                while True:
                    caller, _ = server.accept()
                    heard.append(caller.recv(100))
                    caller.close()

        threading.Thread(target=listen, daemon=True).start()
        yield server.getsockname()[1], heard
        server.shutdown(socket.SHUT_RDWR)


def reaching(place: Path, port: int) -> list[str]:
    """Statements that read, write, load or ask elsewhere."""
    there, net = [f"{place}/{name}" for name in ("x.txt", "x.csv", "x.json")], f"http://127.0.0.1:{port}/x"
    readers = ("read_text", "read_blob", "read_csv", "read_csv_auto", "read_json", "read_json_auto", "sniff_csv")
    readers += ("read_ndjson", "read_json_objects", "read_ndjson_objects", "parquet_scan", "read_parquet", "glob")
    readers += ("parquet_metadata", "parquet_schema", "parquet_file_metadata", "parquet_kv_metadata")
    paths = [
        *there,
        f"{place}/x.parquet",
        f"{place}/*",
        "/etc/passwd",
        "/proc/self/environ",
        net,
        f"s3://127.0.0.1:{port}/x",
    ]
    found = [f"SELECT * FROM {reader}('{path}')" for reader in readers for path in paths]
    found += [f"SELECT * FROM '{path}'" for path in paths]
    found += [f"COPY (SELECT 1) TO '{place}/out.{form}' (FORMAT {form})" for form in ("csv", "parquet", "json")]
    found += [f"COPY t FROM '{path}'" for path in paths]
    found += [f"ATTACH '{place}/{name}'" for name in ("x.db", "new.db")] + [f"ATTACH '{place}/x.db' (READ_ONLY)"]
    found += [f"EXPORT DATABASE '{place}/all'", f"IMPORT DATABASE '{place}/all'", f"ATTACH '{net}' (READ_ONLY)"]
    found += [
        f"{verb} {name}"
        for verb in ("INSTALL", "LOAD", "FORCE INSTALL")
        for name in ("httpfs", "sqlite", "postgres", "spatial", "excel", f"'{place}/x.duckdb_extension'")
    ]
    found += ["UPDATE EXTENSIONS", "CREATE SECRET (TYPE s3)", "CREATE PERSISTENT SECRET s (TYPE http)"]
    found += ["SELECT getenv('HOME')", "CHECKPOINT", f"PRAGMA import_database('{place}/all')", "SELECT * FROM frame"]
    return found  # fmt: skip


def test_a_connection_reaches_nothing_it_was_not_given(
    engine: duckdb.DuckDBPyConnection, outside: Path, listener: tuple[int, list[bytes]], tried: Tried
) -> None:
    port, heard = listener
    before = sorted(path.name for path in outside.iterdir())
    frame = [SECRET]  # noqa: F841 - a name of Python that the engine might look up
    for statement in reaching(outside, port):
        tried()
        with suppress(duckdb.Error):
            rows = engine.execute(statement).fetchall()
            assert SECRET not in repr(rows), statement
            assert not rows or statement == "CHECKPOINT", (statement, rows)
    assert heard == []
    assert sorted(path.name for path in outside.iterdir()) == before
    tried.at_least(200)


def test_every_one_of_them_is_answered_where_nothing_is_closed(outside: Path, tried: Tried) -> None:
    """The same statements on an open connection: those that need neither network nor extension do succeed."""
    done = 0
    with duckdb.connect() as engine:
        for statement in reaching(outside, 9):
            if "127.0.0.1" not in statement and not statement.startswith(
                ("INSTALL", "FORCE", "LOAD", "UPDATE", "CREATE")
            ):
                with suppress(duckdb.Error):
                    engine.execute(statement).fetchall()
                    done += 1
    tried(done)
    assert done > 30
    shutil.rmtree(outside / "all", ignore_errors=True)


def test_no_setting_can_be_changed_any_more(engine: duckdb.DuckDBPyConnection, tried: Tried) -> None:
    names = [
        str(row[0]) for row in engine.execute("SELECT name FROM duckdb_settings() WHERE value IS NOT NULL").fetchall()
    ]
    before = engine.execute("SELECT name, value FROM duckdb_settings() ORDER BY name").fetchall()
    for name in names:
        for statement in (f"SET {name} = true", f"SET GLOBAL {name} = '1'", f"RESET {name}", f"PRAGMA {name} = '1'"):
            tried()
            with suppress(duckdb.Error):
                engine.execute(statement)
    after = engine.execute("SELECT name, value FROM duckdb_settings() ORDER BY name").fetchall()
    assert after == before
    tried.at_least(400)


def known() -> list[tuple[str, str]]:
    """Every function of the engine with its kind."""
    with duckdb.connect() as engine:
        rows = engine.execute("SELECT DISTINCT function_name, function_type FROM duckdb_functions()").fetchall()
    return sorted((str(name), str(kind)) for name, kind in rows if str(name).isidentifier())


CALLS = ("{0}()", "{0}(sex)", "{0}(year_of_birth)", "{0}(year_of_birth, 5)", "{0}('x', 'y')", "{0}(person_id)")
OF_MANY = ("{0}(measurement_date)", "{0}(measurement_concept_id)", "{0}(*)", "{0}(measurement_date, 2)")
PLACES = {
    "scalar": tuple(f"SELECT person_id, {call} AS v FROM person" for call in CALLS),
    "aggregate": tuple(f"SELECT person_id, {call} AS v FROM measurement GROUP BY person_id" for call in OF_MANY),
    "table": ("SELECT person_id, sex FROM {0}('x')", "SELECT p.person_id, p.sex FROM person p, {0}('x') t"),
    "table_macro": ("SELECT person_id, sex FROM {0}()",),
    "pragma": ("SELECT person_id, sex FROM {0}()", "PRAGMA {0}", "CALL {0}()"),
}
# written here by hand: whole numbers and dates in, totals of one person out
ALLOWED = {"abs", "avg", "count", "greatest", "least", "max", "min", "mod", "sum"}
ALLOWED |= {"arg_max", "arg_min", "argmax", "argmin", "max_by", "min_by"}
ALLOWED |= {"any_value", "nullif"}  # written as max, and as CASE: neither reaches an engine


def test_of_all_functions_of_the_engine_only_those_that_are_proven_pass(tried: Tried) -> None:
    passed = set()
    for name, kind in known():
        for shape in PLACES.get(kind, PLACES["scalar"]):
            tried()
            with suppress(Invalid):
                proven(sql=shape.format(name))
                passed.add(name)
    assert passed <= ALLOWED, sorted(passed - ALLOWED)
    tried.at_least(1_000)
