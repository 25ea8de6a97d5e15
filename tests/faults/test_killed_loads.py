"""kill -9 during loads, at random moments: no committed load is lost, none is half there, and the next goes on.

`TRE_KILLS` says how often: 5 in `./run check`, 200 in `./run prove`.
"""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from gateway.store.keys import Keys
from tests.factories.records import NOW, gp_condition, gp_person, number, source, write_csv
from tests.factories.tried import Tried
from workspaces.intake import Format, Vault, load
from workspaces.intake.deliveries import fingerprint

KILLS = int(os.environ.get("TRE_KILLS", "5"))
SEED = int(os.environ.get("TRE_SEED", "1"))
SECRET = "secret" * 8
PEOPLE = 2_000
PROGRAM = """
import sys
from pathlib import Path
from gateway.store.keys import Keys
from tests.factories.records import NOW, source
from workspaces.intake import Format, Vault, load
root, folder = map(Path, sys.argv[1:])
print("begun", flush=True)
vault = Vault(root / "vault", keys=Keys(root / "keys", "secret" * 8))
load(source=source(Format.OMOP, "F83001"), folder=folder, vault=vault, clock=lambda: NOW)
print("loaded", flush=True)
"""


def deliver(root, turn):
    """A delivery of which no other turn has the bytes."""
    folder = root / f"delivery-{turn}"
    folder.mkdir()
    people = [gp_person(str(each), number(each)) for each in range(PEOPLE)]
    write_csv(folder / "person.csv", people)
    rows = [gp_condition(str(each), f"20{10 + turn % 10}-01-{1 + turn // 10 % 28:02}") for each in range(PEOPLE)]
    write_csv(folder / "condition_occurrence.csv", rows)
    write_csv(folder / "observation.csv", [], {"person_id": "", "observation_concept_id": "", "observation_date": ""})
    return folder


def begin(root, folder):
    """A load in a process of its own, as it begins."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(root), str(folder)],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"begun\n"
    return process


def whole(vault):
    """Digests of all loads, each of whose files is as it was written and opens."""
    for held in vault.all():
        for table, digest in held.files.items():
            assert fingerprint(vault.path_of(table, held)) == digest
        (path,) = vault.files("person", (held,))
        assert duckdb.read_parquet(path).shape[0] == held.rows["person"] == PEOPLE
    vault.close()
    return {held.digest for held in vault.all()}


@pytest.mark.slow
def test_no_load_is_half_there_or_lost(tmp_path: Path, tried: Tried) -> None:
    vault = Vault(tmp_path / "vault", keys=Keys(tmp_path / "keys", SECRET))
    start = time.monotonic()
    assert begin(tmp_path, deliver(tmp_path, 0)).communicate()[0] == b"loaded\n"
    took, held, turn, cut = time.monotonic() - start, whole(vault), random.Random(SEED), 0  # noqa: S311
    assert len(held) == 1
    for kill in range(1, KILLS + 1):
        folder = deliver(tmp_path, kill)
        process = begin(tmp_path, folder)
        time.sleep(turn.uniform(0, took) if kill > 1 else 0)  # the first comes before anything is there
        process.kill()
        told = process.communicate()[0]
        found = whole(vault)
        assert held <= found
        assert len(found - held) == 1 or b"loaded" not in told
        cut += found == held
        again = load(source=source(Format.OMOP, "F83001"), folder=folder, vault=vault, clock=lambda: NOW)
        assert again.already_loaded == (found != held)
        held = whole(vault)
        assert again.digest in held
        assert not [each for each in (vault.root / "scratch").iterdir() if each.is_dir()]
        assert len(list(vault.loads.iterdir())) == len(held) == kill + 1
        tried()
    assert cut
