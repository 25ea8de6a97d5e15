"""Councils: Adult Social Care Client Level Data, one CSV row per event with the person's details repeated."""

from pathlib import Path

from workspaces.catalogue.errors import Invalid
from workspaces.engine import Engine
from workspaces.intake.delimited import header, need_columns, read_csv
from workspaces.intake.deliveries import Delivery, Limits, Staged, need_extract_date, need_folder
from workspaces.intake.sources import Source
from workspaces.intake.tabular import named_files

rank = 2

_COLUMNS = {
    "la_person_id": "la_person_id",
    "number": "nhs_number",
    "gender": "gender",
    "ethnic_category": "ethnicity",
    "birth": "date_of_birth",
    "place": "la_code",
    "event_type": "event_type",
    "started": "event_start_date",
    "ended": "event_end_date",
}

_PRACTICE = {"practice": "gp_practice_code"}  # of use to tracing; not every council sends it


def receive(folder: Path, source: Source, limits: Limits) -> Delivery:
    """Find the CSV files and check their columns."""
    found = named_files(need_folder(folder, source), (".csv",), limits)
    if not found:
        raise Invalid(
            "intake:file_missing", f"The council {source.organisation} sent no CSV file.", "Send the delivery again."
        )
    for path in found:
        need_columns(path, header(path, limits), tuple(_COLUMNS.values()))
    return Delivery(source, need_extract_date(source), {"client_level_data": found})


def stage(engine: Engine, delivery: Delivery, limits: Limits, *, scratch: Path) -> Staged:  # noqa: ARG001
    """Fill the staged tables. A row carries its own NHS number, so the council's identifier and the number
    together tie an event to a person: an identifier used for two numbers mixes nobody."""
    for path in delivery.files["client_level_data"]:
        broken = read_csv(engine, path, _COLUMNS | _PRACTICE, limits, into="one_file")
        engine.execute(
            """
            INSERT INTO staged_event
            SELECT 'social_care_event', to_json([la_person_id, number])::VARCHAR,
                ['CLD|' || lower(event_type)], started, ended, NULL, NULL, NULL
            FROM one_file
            """
        )
        engine.execute(
            "INSERT INTO staged_event (target, fault) SELECT 'social_care_event', 'broken_line' FROM range($broken)",
            {"broken": broken},
        )
        engine.execute(
            "INSERT INTO staged_reference SELECT to_json([la_person_id, number])::VARCHAR, la_person_id, practice"
            " FROM one_file WHERE la_person_id IS NOT NULL"
        )
        engine.execute(
            """
            INSERT INTO staged_person
            SELECT to_json([la_person_id, number])::VARCHAR, number, $status, false, birth, gender,
                ethnic_category, place, NULL, NULL
            FROM one_file
            """,
            {"status": delivery.source.nhs_number_status},
        )
    engine.execute("CREATE TEMP TABLE one_each AS SELECT DISTINCT * FROM staged_person")
    engine.execute("DELETE FROM staged_person")
    engine.execute("INSERT INTO staged_person FROM one_each")
    return Staged()
