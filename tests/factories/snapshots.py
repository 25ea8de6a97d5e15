"""A small snapshot on disk: synthetic people with a sex, one blood pressure each and a diagnosis for some."""

import duckdb

from disclosure.engines.plan import SnapshotFiles
from disclosure.requests import parse_request
from disclosure.terms import Terms
from workspaces.catalogue.columns import Type
from workspaces.catalogue.tables import TABLES

SQL_TYPES = {Type.TEXT: "VARCHAR"}
SBP, HYPERTENSION = 3004249, 320128

GRANTED = Terms(
    tables={
        "person": ("sex", "age_band", "year_of_birth"),
        "measurement": ("measurement_concept_id", "measurement_date", "value_as_number"),
        "condition_occurrence": ("condition_concept_id",),
    },
    delta_e15=500_000_000,
    public_population=20_000,
    threshold_delta0_e15=100_000,
)

VIEW = {
    "form": {
        "columns": [
            {"name": "sex", "person": "sex"},
            {"name": "age_band", "person": "age_band"},
            {"name": "born", "person": "year_of_birth"},
            {
                "name": "hypertension",
                "exists": {
                    "table": "condition_occurrence",
                    "where": [{"column": "condition_concept_id", "is": HYPERTENSION}],
                },
            },
            {
                "name": "sbp",
                "latest": {
                    "table": "measurement",
                    "value": "value_as_number",
                    "date": "measurement_date",
                    "where": [{"column": "measurement_concept_id", "is": SBP}],
                },
            },
        ]
    }
}

STATISTICS = [
    {"name": "people", "kind": "count", "by": ["sex"]},
    {"name": "hypertension_share", "kind": "proportion", "of": "hypertension", "by": ["sex"]},
    {"name": "total_sbp", "kind": "sum", "of": "sbp", "lower": 80, "upper": 200, "by": ["sex"]},
    {"name": "mean_sbp", "kind": "mean", "of": "sbp", "lower": 80, "upper": 200, "by": ["sex"]},
    {"name": "sbp_bins", "kind": "histogram", "of": "sbp", "edges": [80, 120, 140, 200], "by": ["sex"]},
]

MORE = [
    {"name": "sbp_spread", "kind": "spread", "of": "sbp", "lower": 80, "upper": 200, "by": ["sex"]},
    {"name": "sbp_median", "kind": "quantiles", "of": "sbp", "lower": 80, "upper": 200, "quantiles": ["0.5"]},
    {"name": "by_sex", "kind": "comparison", "of": "hypertension", "group": "sex", "groups": ["male", "female"]},
    {"name": "sex_by_hypertension", "kind": "table", "by": ["sex", "hypertension"]},
    # a year of birth is no length of time, but it has the unit of one
    {"name": "per_year", "kind": "rate", "of": "sbp", "upper": 200, "time": "born", "time_upper": 1990, "by": ["sex"]},
    {
        **{"name": "at_standard_age", "kind": "standardised", "of": "hypertension", "upper": 1},
        **{"time": "born", "time_upper": 1990, "age": "age_band", "by": ["sex"]},
    },
    {
        **{"name": "free_of_it", "kind": "survival", "of": "hypertension"},
        **{"time": "born", "upper": 2000, "step": 100, "by": ["sex"]},
    },
    {
        **{"name": "by_birth", "kind": "linear", "of": "sbp", "lower": 80, "upper": 200, "by": ["sex"]},
        "on": [{"of": "born", "lower": 1920, "upper": 2000}, {"of": "hypertension"}],
    },
    {
        **{"name": "who_has_it", "kind": "logistic", "of": "hypertension"},
        "on": [{"of": "sex", "reference": "male"}, {"of": "age_band"}],
    },
]

EVENTS = [
    {
        **{"name": "measured", "kind": "periods", "by": ["sex"]},
        "events": {
            **{"table": "measurement", "date": "measurement_date", "per": "month"},
            **{"first": "2023-11", "last": "2024-02", "at_most": 2},
        },
    },
    {
        **{"name": "diagnosed", "kind": "codes", "by": ["sex"]},
        "events": {"table": "condition_occurrence", "split": "condition_concept_id", "at_most": 1},
    },
    {
        **{"name": "demand", "kind": "forecast", "by": ["sex"], "ahead": 2},
        "events": {
            **{"table": "measurement", "date": "measurement_date"},
            **{"first": "2023-03", "last": "2024-02", "at_most": 2},
        },
    },
]


def request(**changes):
    """A release request over the small view; every statistic unless told otherwise."""
    return parse_request(
        {"title": "Blood pressure", "view": VIEW, "statistics": STATISTICS, "epsilon": "0.5", **changes}
    )


def snapshot(folder, people, *, whole=True):
    """Writes `people` (dictionaries with sex, sbp, hypertension) as a snapshot's files.

    `whole` tables have every column of the catalogue (unknown where a person has none), others the granted ones only.
    """
    room = folder / "room"
    room.mkdir(parents=True)
    rows = list(enumerate(people, start=1))
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE person (person_id INTEGER, sex TEXT, age_band TEXT, year_of_birth INTEGER)")
        connection.execute(
            "CREATE TABLE measurement (person_id INTEGER, measurement_concept_id INTEGER, measurement_date DATE,"
            " value_as_number DOUBLE)"
        )
        connection.execute("CREATE TABLE condition_occurrence (person_id INTEGER, condition_concept_id INTEGER)")
        connection.execute("CREATE TABLE sampling (person_id INTEGER, sample_key UBIGINT)")
        _insert(connection, "person", [(n, each["sex"], each.get("age_band"), each.get("born")) for n, each in rows])
        measured = [(n, SBP, "2024-01-01", float(each["sbp"])) for n, each in rows if each["sbp"] is not None]
        _insert(connection, "measurement", measured)
        _insert(connection, "condition_occurrence", [(n, HYPERTENSION) for n, each in rows if each["hypertension"]])
        _insert(connection, "sampling", [(n, n * 2654435761) for n, _ in rows])
        for table in ("person", "measurement", "condition_occurrence"):
            _write(connection, table, room, TABLES[table].columns if whole else ())
        connection.table("sampling").write_parquet(str(folder / "sampling.parquet"))
    return SnapshotFiles(room, folder / "sampling.parquet")


def _write(connection, table, room, columns):
    held = connection.table(table).columns
    absent = [
        f"NULL::{SQL_TYPES.get(column.type, column.type)} AS {column.name}"
        for column in columns
        if column.name not in held
    ]
    connection.table(table).project(", ".join(["*", *absent])).write_parquet(str(room / f"{table}.parquet"))


def _insert(connection, table, rows):
    if rows:
        marks = ", ".join("?" * len(rows[0]))
        connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608
