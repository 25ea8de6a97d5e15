"""One load, or DuckDB's own copy of the same fields, in a process of its own: seconds, peak MiB, rows.

`python -m infra.bench.intake_alone load|load-open|copy DELIVERY`
"""

import json
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from gateway.store.keys import Keys
from infra.bench.report import peak_mib
from workspaces.engine import open_engine
from workspaces.intake import Format, Source, Standing, Vault, load

_CODES = "STRUCT(coding STRUCT(system VARCHAR, code VARCHAR)[])"
_VERIFIED = f"STRUCT(url VARCHAR, valueCodeableConcept {_CODES})[]"
_READ = "read_json($path, format = 'newline_delimited', columns = {{{}}})"
_PATIENT = {
    "id": "VARCHAR",
    "identifier": f"STRUCT(system VARCHAR, value VARCHAR, extension {_VERIFIED})[]",
    "gender": "VARCHAR",
    "birthDate": "DATE",
}
_OBSERVATION = {
    "status": "VARCHAR",
    "subject": "STRUCT(reference VARCHAR)",
    "code": _CODES,
    "effectiveDateTime": "TIMESTAMP",
    "valueQuantity": "STRUCT(value DOUBLE, code VARCHAR)",
}
_FIELDS = {
    "Patient": (_PATIENT, "id, identifier[1].value AS number, gender, birthDate"),
    "Observation": (
        _OBSERVATION,
        "status, subject.reference AS person, code.coding[1].system AS system, code.coding[1].code AS code,"
        " effectiveDateTime, valueQuantity.value AS value, valueQuantity.code AS unit",
    ),
}


def load_one(delivery: Path, place: Path, *, sealed: bool) -> int:
    """A whole load; gives the measurements kept."""
    source = Source("RRV", "Benchmark", Format.FHIR, Standing.SHARED_CARE_PROCESSOR, synthetic=True)
    vault = Vault(place / "vault", keys=Keys(place / "keys", "benchmark" * 4) if sealed else None)
    return load(source=source, folder=delivery, vault=vault, clock=lambda: datetime.now(UTC)).rows["measurement"]


def copy(delivery: Path, place: Path) -> int:
    """The same fields read and written by DuckDB alone; gives the rows of Observations."""
    with open_engine(scratch=place, folders=(delivery,)) as engine:
        for kind, (structure, fields) in _FIELDS.items():
            columns = ", ".join(f"{name}: '{type_}'" for name, type_ in structure.items())
            query = f"COPY (SELECT {fields} FROM {_READ.format(columns)}) TO $to (FORMAT parquet, COMPRESSION zstd)"  # noqa: S608
            values = {"path": str(delivery / f"{kind}.ndjson"), "to": str(place / f"{kind}.parquet")}
            rows = engine.execute(query, values).fetchall()
    return int(rows[0][0])


def main(what: str, delivery: Path) -> None:
    """Do it beside the delivery, on the same disk, and tell."""
    with tempfile.TemporaryDirectory(dir=delivery.parent) as place:
        start = perf_counter()
        rows = copy(delivery, Path(place)) if what == "copy" else load_one(delivery, Path(place), sealed=what == "load")
        print(json.dumps({"seconds": perf_counter() - start, "mib": peak_mib(), "rows": rows}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
