"""`bench snapshots`: a whole build beside DuckDB's own sorted copy of the same columns; memory, disk, refresh.

Each run is a fresh process over the same made-up vault; ours and the reference alternate.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB

from infra.bench.releases import alternating
from infra.bench.report import MIB, Measure, measure
from infra.bench.vaults import vault_of
from workspaces.snapshots.deidentify import PseudonymKey, pseudonymise

BUILD_BAR, MEMORY_MIB, DISK_BAR, PSEUDONYM_BAR, REFRESH_BAR, ALLOW_BAR = 1.3, 4096, 2.2, 1.5, 1.1, 0.05
_LOOK_SECONDS = 0.1


def measures(base: Path, people: int, events: int, rounds: int) -> Iterator[Measure]:
    """Every measure of the benchmark, in order."""
    vault_of(base, people, events)
    done: dict[str, list[dict[str, Any]]] = {"copy": [], "build": [], "refresh": []}
    for _ in range(rounds):
        for what, runs in done.items():
            runs.append(alone(what, base, people, events))
    seconds = {what: median(each["seconds"] for each in runs) for what, runs in done.items()}
    built = done["build"]
    yield measure("bar", "whole build", seconds["build"], "sorted copy by DuckDB", seconds["copy"], BUILD_BAR)
    most = max(each["mib"] for each in built)
    yield measure("bar", "build: peak MiB", most, "4 GiB", MEMORY_MIB, 1.0)
    disk, kept = max(each["disk"] for each in built), built[0]["bytes"]
    yield measure("bar", "build: peak MiB on disk", disk / MIB, "what it keeps", kept / MIB, DISK_BAR)
    yield pseudonyms(people, rounds)
    refreshed = median(sum(each["steps"].values()) for each in done["refresh"])
    yield measure("bar", "refresh: new version, end of the old", refreshed, "a build", seconds["build"], REFRESH_BAR)
    allowed = median(each["steps"]["opt-out"] for each in built)
    yield measure("bar", "working out who is allowed", allowed, "the build", seconds["build"], ALLOW_BAR)
    for step in built[0]["steps"]:
        took = median(each["steps"][step] for each in built)
        yield measure("info", f"step: {step}", took, "the build", seconds["build"])


def pseudonyms(people: int, rounds: int) -> Measure:
    """Dense numbers in pseudonym order, beside one AES pass over the same blocks and one sort."""
    numbers = np.random.default_rng(1).permutation(np.arange(9_990_000_000, 9_990_000_000 + people))
    blocks = b"".join((b"%010d" % number).ljust(16, b"\0") for number in numbers.tolist())

    def bare() -> object:
        encryptor = Cipher(AES256(bytes(32)), ECB()).encryptor()  # noqa: S305 the reference does what ours does
        sealed = encryptor.update(blocks) + encryptor.finalize()
        return np.argsort(np.frombuffer(sealed, dtype=np.uint64)[::2])

    ours, reference = alternating(rounds, lambda: pseudonymise(numbers, PseudonymKey(bytes(32))), bare)
    return measure("bar", "pseudonyms", ours, "one AES pass + argsort", reference, PSEUDONYM_BAR)


def alone(what: str, base: Path, people: int, events: int) -> dict[str, Any]:
    """One run in a fresh process; with it the most that lay on disk at once: what it kept and what it spilled."""
    command = [sys.executable, str(Path(__file__).with_name("snapshot_alone.py")), what, str(base)]
    places = (base / "alone", base / f"snapshots-{people}-{events}" / "vault" / "scratch")
    before, most = _lies_in(places[1:]), 0
    process = subprocess.Popen([*command, str(people), str(events)], stdout=subprocess.PIPE)  # noqa: S603
    begun = perf_counter()
    while process.poll() is None:
        most = max(most, _lies_in(places) - before)
        time.sleep(_LOOK_SECONDS)
    told, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"the {what} ended with {process.returncode}")
    return {"process_s": perf_counter() - begun, "disk": most, **json.loads(told)}


def _lies_in(places: tuple[Path, ...]) -> int:
    """Bytes of every file below these folders; one that goes meanwhile does not count."""
    found = 0
    for path in (path for place in places for path in place.rglob("*")):
        try:
            found += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:
            continue
    return found
