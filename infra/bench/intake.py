"""`bench intake`: a load of NDJSON beside DuckDB reading and writing the same fields; memory, growth over five sizes.

Deliveries are made by DuckDB itself: a Patient for ten Observations, each with a value, as a trust would send them.
Ours takes the whole of a load: digest, every rule, the rows sealed under a key and on the disk. Each run is a fresh
process; ours and the reference alternate.
"""

import json
import math
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import linear_regression, median
from typing import Any

from infra.bench.report import Measure, measure
from workspaces.engine import Bounds, open_engine

LOAD_BAR, MEMORY_MIB, GROWTH_BAR, PER_PERSON = 1.5, 4096, 1.05, 10
PARTS = (5 / 86, 0.12, 0.25, 0.5, 1.0)
"""Sizes of the growth, of the whole."""

# Nine digits with a digit that checks them: a person is left out where that would be 10.
_PEOPLE = """
    SELECT n, '9' || printf('%08d', n) || c AS number FROM (SELECT n, (11 - (90 + list_sum(list_transform(
        range(8), lambda i: (9 - i) * (n // (10 ** (7 - i))::BIGINT % 10)))) % 11) % 11 AS c
        FROM range($people) AS numbers(n)) WHERE c < 10
"""
_PATIENT = f"""
    SELECT '{{"resourceType":"Patient","id":"p' || n || '","identifier":[{{"system":"https://fhir.nhs.uk/Id/nhs-number",'
        || '"value":"' || number || '","extension":[{{"url":"https://fhir.hl7.org.uk/StructureDefinition/'
        || 'Extension-UKCore-NHSNumberVerificationStatus","valueCodeableConcept":{{"coding":[{{"code":"01"}}]}}}}]}}],'
        || '"gender":"female","birthDate":"' || DATE '1930-01-01' + (hash(n) % 30000)::INTEGER || '"}}' FROM ({_PEOPLE})
"""  # noqa: S608
_OBSERVATION = f"""
    SELECT '{{"resourceType":"Observation","id":"o' || n || '-' || j || '","status":"final","subject":{{"reference":'
        || '"Patient/p' || n || '"}},"code":{{"coding":[{{"system":"http://loinc.org","code":"8480-6"}}]}},'
        || '"effectiveDateTime":"' || DATE '2016-01-04' + (hash(n, j) % 3600)::INTEGER || 'T10:00:00Z","valueQuantity":'
        || '{{"value":' || 80 + hash(j, n) % 120 || ',"unit":"mmHg","code":"mm[Hg]"}}}}'
    FROM ({_PEOPLE}), range({PER_PERSON}) AS turns(j)
"""  # noqa: S608
_FILES = {"Patient.ndjson": _PATIENT, "Observation.ndjson": _OBSERVATION}
_LINES = "FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x01'"


def delivery_of(base: Path, observations: int) -> Path:
    """A trust's delivery of that size below `base`: made at its first use, read from then on."""
    folder = base / f"intake-{observations}"
    if not (folder / "manifest.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        with open_engine(scratch=folder, bounds=Bounds(memory_mib=8_192, threads=2)) as engine:
            for name, query in _FILES.items():
                written = query.replace("$people", str(max(1, observations // PER_PERSON)))
                engine.execute(f"COPY ({written}) TO $path ({_LINES})", {"path": str(folder / name)})
        output = [{"type": name.partition(".")[0], "url": name} for name in _FILES]
        told = {"transactionTime": "2026-06-30T00:00:00Z", "request": "", "output": output}
        (folder / "manifest.json").write_text(json.dumps(told), encoding="utf-8")
    return folder


def measures(base: Path, observations: int, rounds: int) -> Iterator[Measure]:
    """Every measure of the benchmark, in order."""
    whole = delivery_of(base, observations)
    loads, copies = [], []
    for _ in range(rounds):
        copies.append(alone("copy", whole))
        loads.append(alone("load", whole))
    ours, reference = (median(each["seconds"] for each in runs) for runs in (loads, copies))
    yield measure("bar", f"load of {observations:,} Observations", ours, "DuckDB reads, writes", reference, LOAD_BAR)
    most = max(each["mib"] for each in loads)
    yield measure("bar", "load: peak MiB", most, "4 GiB", MEMORY_MIB, 1.0)
    open_ = median(alone("load-open", whole)["seconds"] for _ in range(rounds))
    yield measure("info", "a load sealed under its key", ours, "the same, open", open_)
    yield growth(base, observations, ours)


def growth(base: Path, observations: int, whole: float) -> Measure:
    """The exponent of seconds over sizes: 1 is in proportion."""
    sizes = [max(100, int(observations * part)) for part in PARTS]
    seconds = [*(alone("load", delivery_of(base, size))["seconds"] for size in sizes[:-1]), whole]
    slope = linear_regression([math.log(size) for size in sizes], [math.log(each) for each in seconds]).slope
    return measure("bar", "growth exponent of five sizes", slope, "in proportion", 1.0, GROWTH_BAR)


def alone(what: str, delivery: Path) -> dict[str, Any]:
    """What a process of its own says of one run: `seconds`, `mib`, `rows`."""
    command = [sys.executable, "-m", "infra.bench.intake_alone", what, str(delivery)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)  # noqa: S603
    told: dict[str, Any] = json.loads(done.stdout)
    return told
