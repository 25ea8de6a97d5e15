"""Valid deliveries with bytes changed, cut, repeated or moved: loaded or refused, never half, and no value is told.

`TRE_INTAKE_EXAMPLES` says how many for each reader (a small number in every run, 25,000 in `./run prove`; a fortieth of
it for those that need a process of their own).
"""

import os
import random
import tempfile
from pathlib import Path

import duckdb
import pytest

from infra.seeds.malformed import NUMBER, RIGHT, manifest, patient
from tests.factories.records import House, source
from tests.factories.tried import Tried
from workspaces.catalogue.errors import Invalid
from workspaces.intake import Format

EXAMPLES = int(os.environ.get("TRE_INTAKE_EXAMPLES", "12"))
SEED = int(os.environ.get("TRE_SEED", "1"))
MARK = "Zyxwvut"
TEXT = [
    *(bytes([byte]) for byte in b'\n\r",\\{}[]:\0\xff-.0'),
    b"null",
    b"1e400",
    MARK.encode(),
    b"\xef\xbb\xbf",
    b"\\ud800",
]


def changed(content, turn):
    """The content with a few places changed, one of them at least."""
    found = bytearray(content)
    for _ in range(turn.choice((1, 1, 1, 2, 5))):
        place, kind = turn.randrange(len(found) or 1), turn.randrange(6)
        if kind == 0:
            found[place : place + 1] = bytes([turn.randrange(256)])
        elif kind == 1:
            found[place : place + 1] = bytes([found[place] ^ 1 << turn.randrange(8)]) if found else b"x"
        elif kind == 2:
            found[place:place] = turn.choice(TEXT)
        elif kind == 3:
            del found[place : place + turn.choice((1, 2, 20, 2_000))]
        elif kind == 4:
            other = turn.randrange(len(found) or 1)
            found[place:place] = found[other : other + turn.choice((1, 8, 200))]
        else:
            found[place : place + 4] = turn.choice((b"\0\0\0\0", b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"    "))
    return bytes(found)


def fhir():
    export = {**RIGHT[Format.FHIR], "Patient.ndjson": patient(deceasedDateTime="2025-01-01", note=MARK)}
    gone = b'{"resourceType": "Bundle", "entry": [{"request": {"method": "DELETE", "url": "Condition/9"}}]}\n'
    listed = [{"type": each, "url": f"{each}.ndjson"} for each in ("Patient", "Condition")]
    told = manifest(listed, deleted=[{"type": "Bundle", "url": "gone.ndjson"}])
    return export | {"gone.ndjson": gone, "manifest.json": told}


def omop(way):
    """The practice's tables as Parquet files or a database, their bytes."""
    with tempfile.TemporaryDirectory() as root:
        with duckdb.connect(f"{root}/practice.duckdb" if way == "duckdb" else ":memory:") as engine:
            for name, content in RIGHT[Format.OMOP].items():
                Path(root, name).write_bytes(content)
                table = name.removesuffix(".csv")
                engine.read_csv(f"{root}/{name}", all_varchar=True).create(table)
                if way == "parquet":
                    engine.table(table).write_parquet(f"{root}/{table}.parquet")
        return {path.name: path.read_bytes() for path in sorted(Path(root).glob(f"*.{way}"))}


READERS = {
    "fhir": (Format.FHIR, fhir, 1),
    "omop-csv": (Format.OMOP, lambda: RIGHT[Format.OMOP], 1),
    "cld": (Format.CLIENT_LEVEL_DATA, lambda: RIGHT[Format.CLIENT_LEVEL_DATA], 1),
    "omop-parquet": (Format.OMOP, lambda: omop("parquet"), 40),
    "omop-duckdb": (Format.OMOP, lambda: omop("duckdb"), 40),
}


def outcome(form, files):
    """`loaded`, or the code of the refusal. Nothing of the delivery is told, and nothing half is left."""
    with tempfile.TemporaryDirectory() as root:
        house, folder = House(Path(root)), Path(root) / "in"
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_bytes(content)
        try:
            report = house.load(source(form, "RRV"), folder)
            told, code = repr((report.rows, report.quarantined, report.unsupported, report.alarms)), "loaded"
        except Invalid as why:
            told, code = str(why), why.code
        assert MARK not in told
        assert NUMBER not in told
        assert len(house.vault.all()) == len(list(house.vault.loads.iterdir())) == (code == "loaded")
        assert not [each for each in (house.vault.root / "scratch").iterdir() if each.is_dir()]
        return code


@pytest.mark.parametrize("reader", READERS)
def test_a_byte_changed_is_loaded_or_refused(reader: str, tried: Tried) -> None:
    form, make, share = READERS[reader]
    files, turn, ends = make(), random.Random(f"{SEED} {reader}"), set()  # noqa: S311
    assert outcome(form, files) == "loaded"
    for _ in range(max(3, EXAMPLES // share)):
        name = turn.choice(sorted(files))
        content = changed(files[name], turn)
        try:
            ends.add(outcome(form, {**files, name: content}))
        except Exception as trouble:
            trouble.add_note(f"{reader} {name}: {content!r}")
            raise
        tried()
    assert ends
