"""The census counts what the files hold, and is believed only where it can be read."""

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workspaces.catalogue.census import KEY, SAMPLING, Census, from_text, to_text
from workspaces.engine import open_engine, write_parquet
from workspaces.snapshots.minimise import Written, write_sampling

EVENTS = {1: 3, 2: 1, 4: 5}


def counted(folder, people, events):
    with open_engine(scratch=folder) as engine:
        engine.execute("CREATE TABLE identity (person_id INTEGER, sample_key UBIGINT)")
        engine.execute("CREATE TABLE death (person_id INTEGER)")
        if people:
            engine.executemany("INSERT INTO identity VALUES (?, ?)", [(person, person * 99) for person in people])
        if events:
            engine.executemany(
                "INSERT INTO death VALUES (?)", [(p,) for p, rows in events.items() for _ in range(rows)]
            )
        rows = write_parquet(engine, "FROM death", folder / "death.parquet")
        written = write_sampling(
            engine, folder, {"death": Written(folder / "death.parquet", ("person_id",), rows, rows)}
        )
    with duckdb.connect() as plain:
        found = plain.execute(
            "SELECT decode(value) FROM parquet_kv_metadata(?) WHERE decode(key) = ?", [str(written.path), KEY]
        ).fetchall()
    return from_text(found[0][0])


def test_the_footer_of_the_sampling_keys_holds_the_census(tmp_path):
    found = counted(tmp_path, [1, 2, 3, 4], EVENTS)
    assert found == {"death": Census(9, 5, 1, 4), SAMPLING: Census(4, 1, 1, 4)}
    assert found[SAMPLING].dense
    assert found[SAMPLING].covers(found["death"])


def test_tables_without_rows_have_a_census_too(tmp_path):
    found = counted(tmp_path, [], {})
    assert found == {"death": Census(0, 0, 0, 0), SAMPLING: Census(0, 0, 0, 0)}


@pytest.mark.parametrize(
    ("sampling", "table", "covered"),
    [
        (Census(4, 1, 1, 4), Census(9, 5, 1, 4), True),
        (Census(4, 1, 1, 4), Census(0, 0, 0, 0), True),
        (Census(4, 1, 1, 4), Census(9, 5, 0, 4), False),
        (Census(4, 1, 1, 4), Census(9, 5, 1, 5), False),
        (Census(4, 1, 1, 5), Census(9, 5, 1, 4), False),  # somebody of 1 to 5 has no key
        (Census(4, 2, 1, 4), Census(9, 5, 1, 4), False),
        (Census(0, 0, 0, 0), Census(9, 5, 1, 4), False),
    ],
)
def test_sampling_keys_cover_a_table_only_if_nobody_can_be_missing(sampling, table, covered):
    assert sampling.covers(table) is covered


NUMBERS = st.builds(Census, *[st.integers(0, 2**40)] * 4)


@given(st.dictionaries(st.sampled_from(["person", "death", SAMPLING]), NUMBERS))
def test_what_was_written_is_read(tables):
    assert from_text(to_text(tables)) == tables


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        "7",
        '{"person": 3}',
        '{"person": {"rows": 1}}',
        '{"a": {"rows": true, "most": 1}}',
        '{"a": {"rows": 1.0, "most": 1, "first": 1, "last": 1}}',
    ],
)
def test_anything_else_is_no_census(text):
    assert from_text(text) == {}
