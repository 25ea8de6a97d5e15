"""GP practices: CSV files in the shape of OMOP CDM 5.4, standard concepts, NHS number in person_source_value."""

from pathlib import Path

from workspaces.catalogue.errors import Invalid
from workspaces.engine import Engine, one
from workspaces.intake.delimited import header, need_columns, read_csv
from workspaces.intake.deliveries import Delivery, Limits, Staged, csv_files, existing, need_extract_date, need_folder
from workspaces.intake.sources import Source

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


def receive(folder: Path, source: Source, limits: Limits) -> Delivery:
    """Find the tables we know and check their columns; `person.csv` must be there."""
    files = {path.stem.lower(): (existing(path, limits),) for path in csv_files(need_folder(folder, source))}
    if "person" not in files:
        raise Invalid(
            "intake:file_missing",
            f"The practice {source.organisation} sent no person.csv.",
            "Send the whole delivery again.",
        )
    for table, (path,) in files.items():
        if table in _REQUIRED:
            need_columns(path, header(path, limits), _REQUIRED[table])
    alarms = () if "observation" in files else ("There is no observation.csv, so Type 1 opt-outs are not known.",)
    return Delivery(source, need_extract_date(source), files, alarms=alarms)


def stage(engine: Engine, delivery: Delivery, limits: Limits) -> Staged:
    """Fill the staged tables; the status of every number is the one the source vouches for."""
    staged = Staged()
    _stage_people(engine, delivery, limits)
    for table in sorted(set(delivery.files) - {"person", "location"}):
        (path,) = delivery.files[table]
        if table in _EVENTS:
            _stage_events(engine, table, path, limits)
        else:
            broken = read_csv(engine, path, {"any_value": None}, limits, into="one_file")
            staged.unsupported[table] = broken + one(engine, "SELECT count(*) FROM one_file")
    return staged


def _stage_people(engine: Engine, delivery: Delivery, limits: Limits) -> None:
    broken = read_csv(engine, delivery.files["person"][0], _PERSON, limits, into="one_file")
    place: dict[str, str | None] = {"location_id": "location_id", "county": "county"}
    if "location" in delivery.files:
        broken += read_csv(engine, delivery.files["location"][0], place, limits, into="location")
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


def _stage_events(engine: Engine, table: str, path: Path, limits: Limits) -> None:
    names = ("concept", "source_value", "started", "ended", "quantity", "unit")
    wanted = {"local_id": "person_id", **dict(zip(names, _EVENTS[table], strict=True))}
    broken = read_csv(engine, path, wanted, limits, into="one_file")
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
