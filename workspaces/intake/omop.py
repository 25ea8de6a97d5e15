"""GP practices: tables of OMOP CDM 5.3 or 5.4 (what is read is the same in both) as CSV, Parquet or DuckDB.

Standard concepts; the NHS number stands in person_source_value.
"""

from pathlib import Path

from workspaces.catalogue.errors import Invalid
from workspaces.engine import Engine, one
from workspaces.intake.deliveries import Delivery, Limits, Staged, need_extract_date, need_folder
from workspaces.intake.sources import Source
from workspaces.intake.tabular import Tables, Wanted, find_tables, need_columns, open_tables

rank = 0

_PERSON = {
    "local_id": "person_id",
    "number": "person_source_value",
    "gender": "gender_concept_id",
    "year": "year_of_birth",
    "month": "month_of_birth",
    "day": "day_of_birth",
    "birth": "birth_datetime",
    "ethnic_category": "race_source_value",
    "location_id": "location_id",
}

_NAMES = ("concept", "source_value", "started", "ended", "quantity", "unit")

# Concept, source value, start, end, quantity and unit of each table.
_EVENTS: dict[str, tuple[str | None, ...]] = {
    "visit_occurrence": ("visit_concept_id", "visit_source_value", "visit_start_date", "visit_end_date", None, None),
    "condition_occurrence": (
        "condition_concept_id",
        "condition_source_value",
        "condition_start_date",
        None,
        None,
        None,
    ),
    "drug_exposure": (
        "drug_concept_id",
        "drug_source_value",
        "drug_exposure_start_date",
        None,
        "days_supply",
        None,
    ),
    "measurement": (
        "measurement_concept_id",
        "measurement_source_value",
        "measurement_date",
        None,
        "value_as_number",
        "unit_source_value",
    ),
    "procedure_occurrence": (
        "procedure_concept_id",
        "procedure_source_value",
        "procedure_date",
        None,
        None,
        None,
    ),
    "observation": ("observation_concept_id", "observation_source_value", "observation_date", None, None, None),
    "death": (None, "cause_source_value", "death_date", None, None, None),
}
_REQUIRED = {
    "person": ("person_id", "person_source_value", "gender_concept_id", "year_of_birth"),
    "location": ("location_id", "county"),
    **{
        table: tuple(name for name in ("person_id", concept, start) if name)
        for table, (concept, _, start, *_) in _EVENTS.items()
    },
}


_WANTED: Wanted = {
    "person": _PERSON,
    "location": {"location_id": "location_id", "county": "county"},
    "cdm_source": {"version": "cdm_version"},
    **{table: {"local_id": "person_id", **dict(zip(_NAMES, _EVENTS[table], strict=True))} for table in _EVENTS},
}


def receive(folder: Path, source: Source, limits: Limits) -> Delivery:
    """Find the tables and check the columns of those we know; `person` must be there."""
    tables = find_tables(need_folder(folder, source), limits)
    if "person" not in tables:
        raise Invalid(
            "intake:file_missing",
            f"The practice {source.organisation} sent no table of people.",
            "Send the whole delivery again.",
        )
    need_columns(tables, _REQUIRED, limits)
    alarms = () if "observation" in tables else ("There is no observation table, so Type 1 opt-outs are not known.",)
    return Delivery(
        source, need_extract_date(source), {table: (path,) for table, path in tables.items()}, alarms=alarms
    )


def stage(engine: Engine, delivery: Delivery, limits: Limits, *, scratch: Path) -> Staged:
    """Fill the staged tables; the status of every number is the one the source vouches for."""
    staged = Staged()
    found = {table: path for table, (path,) in delivery.files.items()}
    tables = open_tables(found, _WANTED, scratch=scratch, limits=limits)
    _need_version(engine, tables, delivery.source)
    _stage_people(engine, delivery, tables)
    for table in sorted(set(found) - {"person", "location"}):
        if table in _EVENTS:
            _stage_events(engine, table, tables)
        else:
            staged.unsupported[table] = tables.count(engine, table)
    return staged


def _need_version(engine: Engine, tables: Tables, source: Source) -> None:
    """`Invalid` when the delivery says that it is of another version than 5.3 or 5.4: 6.0 has no death table."""
    if "cdm_source" not in tables.tables:
        return
    tables.read(engine, "cdm_source", into="one_file")
    if one(engine, "SELECT count(*) FROM one_file WHERE NOT regexp_matches(version, '(^|[^0-9.])5[.][34]([^0-9]|$)')"):
        raise Invalid(
            "intake:cdm_version",
            f"The practice {source.organisation} sent tables of another version than OMOP CDM 5.3 or 5.4.",
            "Send one of these versions, and say so in cdm_source.",
        )


def _stage_people(engine: Engine, delivery: Delivery, tables: Tables) -> None:
    broken = tables.read(engine, "person", into="one_file")
    if "location" in tables.tables:
        broken += tables.read(engine, "location", into="location")
    else:
        engine.execute("CREATE TEMP TABLE location (location_id VARCHAR, county VARCHAR)")
    engine.execute(
        """
        INSERT INTO staged_person
        SELECT local_id, number, $status, false, CASE WHEN birth IS NOT NULL THEN birth WHEN month IS NULL THEN year
                ELSE concat_ws('-', year, two_digits(month), two_digits(day)) END,
            gender, ethnic_category, county, NULL, NULL
        FROM one_file LEFT JOIN (SELECT location_id, min(county) AS county FROM location GROUP BY ALL)
            USING (location_id)
        """,
        {"status": delivery.source.nhs_number_status},
    )
    engine.execute("INSERT INTO staged_person (fault) SELECT 'broken_line' FROM range($broken)", {"broken": broken})


def _stage_events(engine: Engine, table: str, tables: Tables) -> None:
    broken = tables.read(engine, table, into="one_file")
    engine.execute(
        """
        INSERT INTO staged_event
        SELECT $target, local_id,
            list_filter(['OMOP|' || concept, 'SOURCE|' || source_value], lambda key: key IS NOT NULL),
            started, ended, quantity, unit, NULL
        FROM one_file
        """,
        {"target": table},
    )
    engine.execute(
        "INSERT INTO staged_event (target, fault) SELECT $target, 'broken_line' FROM range($broken)",
        {"target": table, "broken": broken},
    )
