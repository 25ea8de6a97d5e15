"""What is made to fill memory or disk is refused or counted in bounded memory: lines, nesting, archives, columns."""

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from infra.seeds.malformed import RIGHT, manifest
from tests.factories.records import House, source
from workspaces.catalogue.errors import Invalid
from workspaces.intake import Format

MIB = 2**20
MOST = 1_200  # MiB that a load of a bomb may hold at its height; the engine's own bound is 2,048
CHILD = """
import json, resource, sys
from pathlib import Path
from tests.factories.records import House, source
from workspaces.catalogue.errors import Invalid
from workspaces.intake import Format
form, folder, root = sys.argv[1:]
try:
    report = House(Path(root)).load(source(Format(form), "RRV"), Path(folder))
    told = {"rows": report.rows, "quarantined": report.quarantined}
except Invalid as why:
    told = {"code": why.code}
told["mib"] = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) // 1024
print(json.dumps(told))
"""


def measured(tmp_path, form, folder, most=MOST):
    """What a process of its own says of the load, and the most memory that it held (MiB)."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, form.value, str(folder), str(tmp_path / "house")],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        check=True,
    )
    told = json.loads(done.stdout)
    assert told["mib"] < most
    return told


def right(tmp_path, form):
    folder = tmp_path / "in"
    folder.mkdir()
    for name, content in RIGHT[form].items():
        (folder / name).write_bytes(content)
    return folder


def line_of(path, size, start=b"", end=b"\n"):
    """A line of that many bytes, most of them a hole in the file."""
    with path.open("ab") as file:
        file.write(start)
        file.truncate(file.tell() + size)
        file.seek(0, 2)
        file.write(end)


LINES = [
    (Format.FHIR, "Condition.ndjson", b'{"resourceType": "Condition", "note": "'),
    (Format.FHIR, "Patient.ndjson", b""),
    (Format.OMOP, "condition_occurrence.csv", b"1,320128,2024-03-06"),
    (Format.OMOP, "condition_occurrence.csv", b'1,"'),
    (Format.CLIENT_LEVEL_DATA, "events.csv", b""),
]
LONGEST = [(*LINES[place], 2**31) for place in (0, 3)]


@pytest.mark.parametrize(("form", "name", "start", "size"), [*((*line, 48 * MIB) for line in LINES), *LONGEST])
def test_a_line_without_an_end(tmp_path, form, name, start, size):
    folder = right(tmp_path, form)
    line_of(folder / name, size, start)
    assert measured(tmp_path, form, folder)["code"] == "intake:line_too_long"


@pytest.mark.parametrize(
    ("form", "name", "code"),
    [
        (Format.OMOP, "condition_occurrence.csv", "intake:line_too_long"),
        (Format.FHIR, "manifest.json", "intake:file_too_large"),
    ],
)
def test_a_first_line_without_an_end(tmp_path, form, name, code):
    folder = right(tmp_path, form)
    (folder / name).write_bytes(b"")
    line_of(folder / name, 2**32)
    assert measured(tmp_path, form, folder)["code"] == code


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
@pytest.mark.parametrize("kind", ["Patient", "Condition", "Organization", "Basic", "Bundle"])
def test_nested_without_a_bottom(tmp_path, kind, opening, closing):
    folder = right(tmp_path, Format.FHIR)
    deep = f"{opening * 10_000}1{closing * 10_000}"
    entry = {"Patient": "identifier", "Condition": "code", "Bundle": "entry"}.get(kind, "identifier")
    (folder / "deep.ndjson").write_text(f'{{"resourceType": "{kind}", "id": "x", "{entry}": {deep}}}\n')
    output = [{"type": each, "url": f"{each}.ndjson"} for each in ("Patient", "Condition")]
    listed = {"type": kind, "url": "deep.ndjson"}
    deleted = {"deleted": [listed]} if kind == "Bundle" else {}
    (folder / "manifest.json").write_bytes(manifest(output if deleted else [*output, listed], **deleted))
    told = measured(tmp_path, Format.FHIR, folder)
    assert told.get("code", "intake:unreadable") == "intake:unreadable"
    assert "code" in told or told["rows"]["person"] == 1


@pytest.mark.slow
def test_a_column_that_unpacks_to_gigabytes(tmp_path):
    """20,000 rows of one text of 100 kB: 2 GB, in a file of some kilobytes; bounded by what the engine may use."""
    folder = right(tmp_path, Format.OMOP)
    (folder / "condition_occurrence.csv").unlink()
    path = folder / "condition_occurrence.parquet"
    with duckdb.connect() as engine:
        query = "SELECT 1 AS person_id, repeat('x', 100000) AS condition_concept_id FROM range(20000)"
        engine.sql(query).project("*, DATE '2024-03-06' AS condition_start_date").write_parquet(
            str(path), compression="zstd"
        )
    assert path.stat().st_size < 30 * MIB
    told = measured(tmp_path, Format.OMOP, folder, most=2_048 + 512)
    assert told.get("quarantined", {"unknown_code": 20_000}) == {"unknown_code": 20_000}


@pytest.mark.parametrize("suffix", ["parquet", "duckdb"])
def test_very_many_columns(tmp_path, suffix):
    folder = right(tmp_path, Format.OMOP)
    (folder / "condition_occurrence.csv").unlink()
    columns = ", ".join(f"1 AS c{number}" for number in range(5_000))
    names = "1 AS person_id, 1 AS condition_concept_id, 1 AS condition_start_date"
    with duckdb.connect(str(folder / "x.duckdb") if suffix == "duckdb" else ":memory:") as engine:
        engine.execute(f"CREATE TABLE condition_occurrence AS SELECT {names}, {columns}")
        if suffix == "parquet":
            engine.execute(f"COPY condition_occurrence TO '{folder}/condition_occurrence.parquet'")
    with pytest.raises(Invalid, match="too_many_columns"):
        House(tmp_path / "house").load(source(Format.OMOP, "RRV"), folder)
