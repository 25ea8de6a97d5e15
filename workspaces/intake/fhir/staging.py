"""The types of resources that are read, and how a delivery of them becomes staged rows."""

import json
from contextlib import AbstractContextManager
from pathlib import Path

from workspaces.engine import Engine, one, quiet, run
from workspaces.intake.deliveries import Delivery, Limits, Staged
from workspaces.intake.fhir import changes, organization, patient
from workspaces.intake.fhir.allergy_intolerance import ALLERGY_INTOLERANCE
from workspaces.intake.fhir.condition import CONDITION
from workspaces.intake.fhir.diagnostic_report import DIAGNOSTIC_REPORT
from workspaces.intake.fhir.encounter import ENCOUNTER
from workspaces.intake.fhir.immunization import IMMUNIZATION
from workspaces.intake.fhir.medication_request import MEDICATION_REQUEST
from workspaces.intake.fhir.observation import OBSERVATION
from workspaces.intake.fhir.procedure import PROCEDURE
from workspaces.intake.fhir.resource import COMMON, MACROS, Structure

EVENTS = {
    resource.kind: resource
    for resource in (
        ALLERGY_INTOLERANCE,
        CONDITION,
        DIAGNOSTIC_REPORT,
        ENCOUNTER,
        IMMUNIZATION,
        MEDICATION_REQUEST,
        OBSERVATION,
        PROCEDURE,
    )
}
"""The types that say something about a person; beside them stand `Patient` and `Organization`. Others are counted."""


def stage(engine: Engine, delivery: Delivery, limits: Limits, *, scratch: Path) -> Staged:  # noqa: ARG001
    """Fill the staged tables from every supported type; others are counted."""
    engine.execute(MACROS)
    staged = Staged()
    with _readable("that lists changes", delivery):
        changed = changes.note_changes(engine, delivery, limits)
    for kind, paths in sorted(delivery.files.items()):
        with _readable(f"of type {kind}", delivery):
            files = {"files": [str(path) for path in paths], "line_bytes": limits.line_bytes}
            _stage_kind(engine, kind, files, delivery, staged, changed=changed)
    engine.execute(
        "INSERT INTO staged_event (target, local_id, started, fault)"
        " SELECT 'death', local_id, death, fault FROM staged_person WHERE death IS NOT NULL"
    )
    return staged


def _readable(which: str, delivery: Delivery) -> AbstractContextManager[None]:
    return quiet(
        code="intake:unreadable",
        sentence=f"A file {which} from {delivery.source.organisation} cannot be read as NDJSON.",
        next_step="Send the delivery again, one resource a line.",
    )


def _stage_kind(
    engine: Engine, kind: str, values: dict[str, object], delivery: Delivery, staged: Staged, *, changed: bool
) -> None:
    structure = _structure(kind)
    if structure is None:
        staged.unsupported[kind] = one(engine, f"SELECT count(*) FROM {changes.READ}", values)  # noqa: S608
        return
    lines = changes.lines(changes=changed)
    values = {**values, "structure": json.dumps(structure), "kind": kind}
    if kind == patient.KIND:
        run(engine, patient.script(lines), values)
    elif kind == organization.KIND:
        _count_organisations(engine, lines, {**values, "organisation": delivery.source.organisation}, staged)
    else:
        run(engine, EVENTS[kind].query(lines), values)
    if changed:
        staged.left_out["corrected_or_deleted"] += changes.outdated(engine, values)


def _structure(kind: str) -> Structure | None:
    apart = {patient.KIND: patient.STRUCTURE, organization.KIND: organization.STRUCTURE}
    return {**COMMON, **EVENTS[kind].structure} if kind in EVENTS else apart.get(kind)


def _count_organisations(engine: Engine, lines: str, values: dict[str, object], staged: Staged) -> None:
    query = organization.query(lines)
    (statement,) = engine.extract_statements(query)
    found = engine.execute(statement, {name: values[name] for name in statement.named_parameters}).fetchall()
    total, broken, own = (int(number) for number in found[0])
    staged.unsupported[organization.KIND] = total
    if total > broken and not own:
        staged.alarms.append("No Organization of the delivery carries the ODS code that it is declared to come from.")
