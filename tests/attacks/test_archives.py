"""Archives that are more than they seem: bombs, liars, two files in one, and packed files where plain ones belong."""

import gzip
import io
import lzma
import tracemalloc
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import duckdb
import pytest

from gateway.evidence.package import canonical
from gateway.evidence.verification import verify_package
from tests.factories.records import House, number, patient, source, write_fhir, write_manifest
from tests.factories.tried import Tried
from workspaces.catalogue.errors import Invalid
from workspaces.intake import Format
from workspaces.scanning.scripts import scan

ARTEFACT = {"format": "tre-release/1", "statistics": [], "cells": []}
DEEP = b"[" * 100_000
MANY = b'{"cells":[],"statistics":[' + b'{"name":"a"},' * 99_999 + b'{"name":"a"}]}'
MIB = 1024 * 1024


def zipped(files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED, *, comment: bytes = b"") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
        archive.comment = comment
    return out.getvalue()


BOTH = {"artefact.json": canonical(ARTEFACT), "about.json": canonical({"mark": "BLIND", "release_id": "R"})}


def lying(name: str, size: int) -> bytes:
    """A megabyte of zeros whose directory says another size."""
    data = bytearray(zipped({**BOTH, name: b"\0" * MIB}))
    for found in (data.rfind(name.encode()) - 46 + 24, data.find(name.encode()) - 30 + 22):
        data[found : found + 4] = size.to_bytes(4, "little")
    return bytes(data)


def shared(entries: int) -> bytes:
    """Every entry of the directory leads to the same bytes of the file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", b"\0" * 60 * MIB)
        for n in range(entries):
            archive.filelist.append(archive.filelist[0])
            archive.NameToInfo[f"a{n}"] = archive.filelist[0]
        archive._didModify = True
    return out.getvalue()


def encrypted() -> bytes:
    data = bytearray(zipped(BOTH))
    for place in (data.find(b"PK\x03\x04") + 6, data.find(b"PK\x01\x02") + 8):
        data[place] |= 1
    return bytes(data)


HONEST = zipped(BOTH)
PACKAGES: dict[str, Callable[[], bytes]] = {
    "eighty megabytes of zeros": lambda: zipped({**BOTH, **{f"z{n}": b"\0" * 16 * MIB for n in range(5)}}),
    "more entries than a package has": lambda: zipped({**BOTH, **{f"e{n}": b"" for n in range(2_000)}}),
    "entries that share their bytes": lambda: shared(50),
    "an entry larger than it says": lambda: lying("z", 10),
    "an entry smaller than it says": lambda: lying("z", 2**31),
    "a dictionary of gigabytes": lambda: zipped(BOTH, zipfile.ZIP_LZMA),
    "another compression": lambda: zipped(BOTH, zipfile.ZIP_BZIP2),
    "encrypted entries": encrypted,
    "a name twice": lambda: zipped(BOTH)[:-22] + zipped(BOTH),
    "a name that leads out": lambda: zipped({**BOTH, "../../etc/passwd": b"x"}),
    "an absolute name": lambda: zipped({**BOTH, "/etc/passwd": b"x"}),
    "a page before the zip": lambda: b"<html><script>alert(1)</script>" + zipped(BOTH),
    "a program before the zip": lambda: b"#!/bin/sh\nexit 0\n" + zipped(BOTH),
    "a picture before the zip": lambda: b"GIF89a" + b"\0" * 20 + zipped(BOTH),
    "a document behind the zip": lambda: zipped(BOTH) + b"%PDF-1.7\n%%EOF",
    "a page in the comment": lambda: zipped(BOTH, comment=b"<html><script>alert(1)</script>"),
    "another zip behind the zip": lambda: zipped({"x": b"x"}) + zipped(BOTH),
    "a tar": lambda: b"artefact.json".ljust(100, b"\0") + b"\0" * 412 + zipped(BOTH),
    "gzip around it": lambda: gzip.compress(zipped(BOTH)),
    "xz around it": lambda: lzma.compress(zipped(BOTH)),
    "JSON without a bottom": lambda: zipped({**BOTH, "artefact.json": DEEP}),
    "JSON with a number without an end": lambda: zipped({**BOTH, "artefact.json": b'{"a":' + b"9" * 10_000 + b"}"}),
    "a hundred thousand tables": lambda: zipped({**BOTH, "artefact.json": MANY}),
    "nothing": lambda: b"",
    "an end and nothing before it": lambda: b"PK\x05\x06" + b"\0" * 18,
    "a directory that begins behind the file": lambda: zipped(BOTH)[:-6] + b"\xff\xff\xff\x7f\0\0",
    "cut in the middle": lambda: zipped(BOTH)[:150],
    "longer than any package": lambda: b"PK\x03\x04" + b"\0" * (65 * MIB),
}  # fmt: skip


@pytest.mark.parametrize("name", list(PACKAGES))
def test_a_package_that_is_more_than_a_package_is_refused_cheaply(name: str) -> None:
    data = PACKAGES[name]()
    tracemalloc.start()
    found = verify_package(data)
    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.broken, name
    assert used < 80 * MIB, used


def test_what_the_others_were_made_of_is_a_package_but_for_its_page() -> None:
    """It is refused for what is missing in it, not for its form: so each of the others is refused for its own fault."""
    assert "not one that this gateway writes" in verify_package(zipped(BOTH)).broken


PACKED = ("gz", "zst")  # what the engine unpacks by itself where a name says so


@pytest.mark.parametrize("ending", PACKED)
@pytest.mark.parametrize("kind", ["Patient", "Observation", "Basic"])
def test_a_packed_delivery_is_read_as_it_lies_there(tmp_path: Path, ending: str, kind: str) -> None:
    """Eight megabytes in a few thousand bytes: hardly a line of it is counted."""
    house, folder = House(tmp_path), tmp_path / "in"
    folder.mkdir()
    lines = 'SELECT \'{"resourceType":"Patient"}\' FROM range(300000)'
    named = {"gz": "gzip", "zst": "zstd"}[ending]
    with duckdb.connect() as engine:
        how = f"FORMAT csv, HEADER false, QUOTE '', COMPRESSION {named}"
        engine.execute(f"COPY ({lines}) TO '{folder}/any.ndjson.{ending}' ({how})")
    assert (folder / f"any.ndjson.{ending}").stat().st_size < 100_000
    write_fhir(folder, [patient("a", number(2))])
    output = [{"type": "Patient", "url": "Patient.ndjson"}, {"type": kind, "url": f"any.ndjson.{ending}"}]
    write_manifest(folder, output)
    with suppress(Invalid):
        report = house.load(source(Format.FHIR, "RRV"), folder)
        assert sum(report.quarantined.values()) + sum(report.unsupported.values()) < 1_000


SCRIPTS = {
    "a zip behind a comment": b"# counts\n" + HONEST,
    "a zip": HONEST,
    "gzip": gzip.compress(b"print(1)"),
    "a document": b"%PDF-1.7\nprint(1)",
    "a database": b"SQLite format 3\0",
    "a program": b"\x7fELF\x02\x01\x01",
    "a picture": b"\x89PNG\r\n\x1a\n",
    "a table": b"PAR1" + b"x" * 20 + b"PAR1",
    "rich text": b"{\\rtf1 print(1)}",
    "two encodings": "print(1)".encode("utf-16"),
    "a mark that turns the line": "x = 1  # \u202e)1(tnirp".encode(),
    "signs nobody sees": "print\u200b(1)".encode(),
    "the end of a text in its middle": b"print(1)\n\x1aPK\x03\x04",
}


@pytest.mark.parametrize("name", list(SCRIPTS))
def test_a_script_that_is_also_something_else_stays_outside(name: str) -> None:
    with pytest.raises(Invalid) as why:
        scan("counts.py", SCRIPTS[name])
    assert why.value.code in {"scan:binary", "scan:text", "scan:hidden"}


def test_a_script_of_a_megabyte_more_is_not_read(tried: Tried) -> None:
    for name, content in (("a.py", b"#" * (MIB + 1)), ("a.sql", b"\n" * (2 * MIB))):
        with pytest.raises(Invalid, match="scan:size"):
            scan(name, content)
        tried()
    assert scan("a.py", b"#" * MIB).size == MIB
