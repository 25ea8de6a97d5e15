"""A release package: one zip with tables, the sealed artefact, what is known about it, and a page to read.

The same artefact and the same `about` give the same bytes. Everything in it comes from those two: no clock, no file,
no record.
"""

import csv
import io
import json
import re
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.evidence.crate import METADATA, PROFILE, crate
from gateway.evidence.figures import key_columns, unit_of
from gateway.evidence.page import page

EPOCH = (1980, 1, 1, 0, 0, 0)
# also in wide letters, and behind signs that nobody sees or that part cells elsewhere
_FORMULA = re.compile(r"^[\s\x00-\x1f\u200b\ufeff\",;]*[=+\-@|%\t\r\n\uff1d\uff0b\uff0d\uff20\u2212]")


def make_package(artefact: Mapping[str, Any], about: Mapping[str, Any]) -> bytes:
    """The zip's bytes. `about["mark"]` is BLIND or INFORMED; raises ValueError for anything else.

    `about` may also hold release_id, project, project_title, drawn_on (ISO date), register_entry, artefact_digest,
    pool (a sentence on the pool), commitments (name -> commitment) and checks (the verdict on the released values).
    With `profile` the package is a research object as well, which also tells code, request_checks and decisions.
    All of it is printed as it stands.
    """
    if about.get("mark") not in ("BLIND", "INFORMED"):
        raise ValueError("a package is marked BLIND or INFORMED")
    # in the order in which it will be read again, so that whoever makes it anew gets the same page
    artefact, about = json.loads(canonical(artefact)), json.loads(canonical(about))
    files = {"index.html": page(artefact, about).encode()}
    files |= {f"{table_name(each)}.csv": table(artefact, each).encode() for each in artefact["statistics"]}
    files |= {"artefact.json": canonical(artefact), "about.json": canonical(about)}
    if about.get("profile") == PROFILE:  # packages that were sealed before hold no such document
        files[METADATA] = canonical(crate(artefact, about, files))
    return _zip(files)


def to_sign(about: Mapping[str, Any]) -> bytes:
    """What a package's signature is over: all that is known beside the figures, and by its digest the artefact."""
    return canonical({name: value for name, value in about.items() if name != "signature"})


def canonical(value: Mapping[str, Any]) -> bytes:
    """Canonical JSON: sorted keys, no spaces, ASCII. Equal to the bytes whose digest seals an artefact."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode()


def table_name(statistic: Mapping[str, Any]) -> str:
    """A file name for a statistic's table."""
    return "table-" + re.sub(r"[^a-z0-9_]+", "_", str(statistic["name"]).lower())[:60]


def table(artefact: Mapping[str, Any], statistic: Mapping[str, Any]) -> str:
    """One statistic's cells as CSV (RFC 4180): keys with labels, value, interval, whether too noisy to use."""
    cells = [cell for cell in artefact["cells"] if cell["statistic"] == statistic["name"]]
    keys = key_columns(statistic)
    out = io.StringIO()
    writer = csv.writer(out)
    header = [name for key in keys for name in (key, f"{key}_label")]
    writer.writerow([safe(name) for name in (*header, "value", "low_95", "high_95", "too_noisy", "unit")])
    for cell in cells:
        writer.writerow(_row(cell, keys, statistic))
    return out.getvalue()


def _row(cell: Mapping[str, Any], keys: Sequence[str], statistic: Mapping[str, Any]) -> list[str]:
    named = [safe(text) for key in keys for text in (cell["keys"][key], cell["labels"][key])]
    numbers = ["" if cell[name] is None else str(cell[name]) for name in ("value", "low", "high")]
    return [*named, *numbers, "yes" if cell["too_noisy"] else "no", safe(unit_of(statistic, cell))]


def safe(value: object) -> str:
    """Text that a spreadsheet does not take for a formula (a leading apostrophe is its mark for text)."""
    text = str(value)
    return f"'{text}" if _FORMULA.match(text) else text


def _zip(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
            archive.writestr(entry, data)
    return out.getvalue()
