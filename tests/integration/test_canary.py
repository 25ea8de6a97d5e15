"""Names, addresses and NHS numbers are planted wherever a source can hold them; afterwards everything is searched.

The whole journey of the demonstration is played over them. They may lie in what organisations sent and, sealed, in the
vault; nowhere else: not in the database, the exchange, opt-out lists, logs, rooms, snapshots, releases, pages, or
temporary files.
"""

import gzip
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import duckdb
import pytest

from gateway.store.keys import Keys
from infra.seeds.population import write_population
from tests.factories.object_stores import free_port
from tests.factories.sealed import opened_loads

PEOPLE = 150
MAY_HOLD = ("data",)  # as organisations sent it; what the exchange wrote is gone once its list is made
CANARIES = {
    "name": "Zebedee-Quillfeather",
    "street": "17 Canaryplanted Mews",
    "phone": "+44 7700 900461",
    "mail": "zebedee.planted@canary.example",
    "note": "plantednote seen in clinic",
}


@dataclass
class Played:
    """What the journey left: its folder, what it said, and which numbers were in the data."""

    folder: Path
    said: str
    numbers: set[str]


def plant(data: Path) -> set[str]:
    """Canaries into every Patient and Observation; the NHS numbers of all."""
    numbers = set()
    for path in data.glob("fhir/*/*.ndjson"):
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        for row in rows:
            if row["resourceType"] == "Patient":
                row["name"] = [{"family": CANARIES["name"], "given": [CANARIES["name"]]}]
                row.setdefault("address", [{}])[0]["line"] = [CANARIES["street"]]
                row["telecom"] = [{"value": CANARIES["phone"]}, {"value": CANARIES["mail"]}]
                numbers |= {each["value"] for each in row["identifier"] if each["system"].endswith("nhs-number")}
            row["note"] = [{"text": CANARIES["note"]}]
            row["text"] = {"status": "generated", "div": f"<div>{CANARIES['name']} {CANARIES['note']}</div>"}
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    for path in data.glob("omop/*/person.csv"):
        with duckdb.connect() as connection:
            found = connection.execute("SELECT person_source_value FROM read_csv(?, all_varchar = true)", [str(path)])
            numbers |= {row[0] for row in found.fetchall() if row[0]}
    return {number.strip() for number in numbers if len(number.strip()) == 10}


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    folder = tmp_path_factory.mktemp("canary")
    write_population(PEOPLE, 5, folder / "given")
    numbers = plant(folder / "given")
    (folder / "temporary").mkdir()
    options = ["--once", "--data", str(folder / "given"), "--dir", str(folder / "demo"), "--port", str(free_port())]
    ran = subprocess.run(
        [sys.executable, "-m", "gateway.cli.main", "demo", *options],
        capture_output=True,
        text=True,
        timeout=600,
        env={**os.environ, "TMPDIR": str(folder / "temporary")},
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    return Played(folder / "demo", ran.stdout + ran.stderr, numbers)


@pytest.fixture(scope="module")
def opened(played: Played, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The vault as whoever has its keys reads it; on the disk it is sealed."""
    state = played.folder / "state"
    secret = json.loads((played.folder / "secrets.json").read_text())["secret_key"]
    with opened_loads(state / "vault", Keys(state / "keys", secret), tmp_path_factory.mktemp("vault")) as folder:
        yield folder


def contents(path: Path) -> Iterator[tuple[str, bytes]]:
    """A file as it lies there, and what it packs: archives, compressed text, columns."""
    raw = path.read_bytes()
    yield path.name, raw
    if raw[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(BytesIO(raw)) as archive:
            for name in archive.namelist():
                yield f"{path.name}:{name}", archive.read(name)
    elif raw[:2] == b"\x1f\x8b":
        yield f"{path.name}:unpacked", gzip.decompress(raw)
    elif raw[:4] == b"PAR1":
        with duckdb.connect() as connection:
            rows = connection.execute("SELECT * FROM read_parquet(?)", [str(path)]).fetchall()
        yield f"{path.name}:rows", "\n".join(str(row) for row in rows).encode()


def spellings(number: str) -> list[bytes]:
    return [number.encode(), f"{number[:3]} {number[3:6]} {number[6:]}".encode(), number[::-1].encode()]


def sightings(where: str, content: bytes, numbers: set[str]) -> list[str]:
    """What of the planted is found in it, by kind: a message must not show it again."""
    found = [f"{where}: {kind}" for kind, word in CANARIES.items() if word.encode() in content]
    return found + [f"{where}: an NHS number" for number in numbers if any(s in content for s in spellings(number))]


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]


@pytest.mark.slow
def test_what_was_planted_is_found_where_it_may_be(played: Played, opened: Path) -> None:
    """Or the search finds nothing anywhere."""
    assert len(played.numbers) > PEOPLE / 2
    given = [each for path in files(played.folder.parent / "given") for each in contents(path)]
    assert {found.rpartition(": ")[2] for each in given for found in sightings(*each, played.numbers)} == {
        *CANARIES,
        "an NHS number",
    }
    held = [each for path in files(opened) for each in contents(path)]
    assert any("an NHS number" in found for each in held for found in sightings(*each, played.numbers))


@pytest.mark.slow
def test_nothing_of_it_is_anywhere_else(played: Played) -> None:
    looked: dict[str, int] = {}
    for path in files(played.folder):
        place = path.relative_to(played.folder).as_posix()
        if place.startswith(MAY_HOLD):
            continue
        for where, content in contents(path):
            looked[path.suffix] = looked.get(path.suffix, 0) + 1
            assert sightings(f"{place} {where}", content, played.numbers) == []
    assert looked[".parquet"] > 5
    assert looked[".zip"] > 1
    assert looked[".db"] == 1
    assert looked[".log"] > 1
    print(looked)


@pytest.mark.slow
def test_words_and_notes_of_people_enter_not_even_the_vault(played: Played, opened: Path) -> None:
    for path in (*files(played.folder / "state"), *files(opened)):
        for where, content in contents(path):
            kinds = [found for found in sightings(where, content, set()) if found]
            assert kinds == []


@pytest.mark.slow
def test_nothing_of_it_is_said_or_left_in_temporary_files(played: Played) -> None:
    assert sightings("what was printed", played.said.encode(), played.numbers) == []
    for path in files(played.folder.parent / "temporary"):
        for each in contents(path):
            assert sightings(*each, played.numbers) == []


def test_a_sighting_is_seen_in_every_dress(tmp_path: Path) -> None:
    number = "9990000018"
    dressed: dict[str, Any] = {"plain": number, "spaced": "999 000 0018"}
    for name, text in dressed.items():
        (tmp_path / name).write_text(text, encoding="ascii")
        with zipfile.ZipFile(tmp_path / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("inside", text * 50)
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress((text * 50).encode()))
    with duckdb.connect() as connection:
        connection.sql("SELECT 9990000018 AS n FROM range(9)").write_parquet(str(tmp_path / "n.parquet"))
    for path in files(tmp_path):
        assert any(sightings(*each, {number}) for each in contents(path)), path.name
