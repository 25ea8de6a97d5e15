"""Erasure: people whom the vault may never hold again, and every load rewritten without them.

Of somebody erased only a token is kept, 64 bits of a keyed permutation of the NHS number: enough to leave them out
of what sources send later, useless without the key. Every load is rewritten whoever was in it, so that neither names
nor times of files tell which source knew the person; counts stay those of what was sent.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workspaces.catalogue.errors import Invalid
from workspaces.engine import Engine, open_engine, write_parquet
from workspaces.intake.vault import Load, Vault, write_durably
from workspaces.numbers import keyed


def token_of(number: str, key: bytes) -> str:
    """What is kept of an NHS number of ten digits: 16 hexadecimal digits."""
    return f"{int(keyed(np.array([int(number)], dtype=np.int64), key)[0]):016x}"


def remember(vault: Vault, name: str, token: str) -> None:
    """From now on no load that comes in holds this person; those that are there wait for `erase`."""
    write_durably(vault.erasures / f"{name}.json", json.dumps({"token": token}).encode())


def state_of(vault: Vault) -> str:
    """A name for who is erased by now; empty while that is nobody."""
    tokens = tokens_of(vault)
    return sha256(tokens.tobytes()).hexdigest()[:16] if len(tokens) else ""


def erase(vault: Vault) -> int:
    """Rewrite every load that was written before the newest erasure; gives how many.

    Each is in place whole before the old one is destroyed, and from then on the old one counts no more. Cut off
    anywhere and called again, it goes on; nothing is done twice. Builds and loads wait meanwhile.
    """
    state = state_of(vault)
    with vault.alone():
        vault.destroy_replaced()
        old = [load for load in vault.all() if load.erased != state]
        for load in old:
            _rewrite(vault, load)
    return len(old)


def _rewrite(vault: Vault, load: Load) -> None:
    with vault.scratch() as scratch:
        kept = scratch / "load"
        kept.mkdir(mode=0o700)
        vault.copy_open(load, kept)
        erased = strip(vault, kept, scratch)
        vault.put_in_place(kept, replace(load, revision=load.revision + 1, erased=erased))
    vault.destroy_replaced()


def strip(vault: Vault, folder: Path, scratch: Path) -> str:
    """Write each table of a folder anew without the people erased; gives the name for who they are."""
    state = state_of(vault)
    paths = sorted(folder.glob("*.parquet")) if state else []
    with open_engine(scratch=scratch, folders=(folder,)) as engine:
        if paths:
            find_forgotten(engine, vault, paths)
        for path in paths:
            engine.read_parquet(str(path)).create_view("one_table", replace=True)
            write_parquet(engine, "FROM one_table ANTI JOIN forgotten USING (nhs_number)", scratch / path.name)
            os.replace(scratch / path.name, path)
    return state


def find_forgotten(engine: Engine, vault: Vault, paths: Sequence[Path]) -> None:
    """Fill `forgotten` (nhs_number) with those of these Parquet files who are erased."""
    names = [str(path) for path in paths]
    query = "SELECT DISTINCT nhs_number FROM read_parquet($names, union_by_name = true) WHERE nhs_number > 0"
    numbers = np.asarray(engine.execute(query, {"names": names}).fetchnumpy()["nhs_number"], dtype=np.int64)
    tokens = tokens_of(vault)
    gone = numbers[np.isin(keyed(numbers, _key(vault)), tokens)] if len(tokens) else numbers[:0]
    engine.register("gone", {"nhs_number": gone})
    engine.execute("CREATE OR REPLACE TEMP TABLE forgotten AS FROM gone")
    engine.unregister("gone")


def tokens_of(vault: Vault) -> NDArray[np.uint64]:
    """The token of everybody erased, in order."""
    texts = (json.loads(path.read_bytes())["token"] for path in vault.erasures.glob("*.json"))
    return np.array(sorted({int(text, 16) for text in texts}), dtype=np.uint64)


def _key(vault: Vault) -> bytes:
    if vault.key is None:
        raise Invalid(
            "intake:erasures_unread",
            "The vault was opened without the key of its erasures.",
            "Open it with that key; nothing was read or written.",
        )
    return vault.key
