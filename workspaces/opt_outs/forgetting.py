"""Erased people leave the lists of the exchange as well: their hashes are replaced, so that no count changes."""

import os
from pathlib import Path
from secrets import token_bytes

import numpy as np
from numpy.typing import NDArray

from workspaces.engine import open_engine, write_parquet
from workspaces.intake.erasing import tokens_of
from workspaces.intake.vault import Vault
from workspaces.opt_outs.exchange import Exchange
from workspaces.opt_outs.hashing import Hashing
from workspaces.scratch import scratch_folder


def forget(vault: Vault, exchange: Exchange) -> None:
    """Take those erased out of every answered list: in their place stands nobody, and a receipt still fits.

    A request without an answer stays as it was sent, or its answer would be one to another; it is looked at again
    the next time. The same called again changes nothing.
    """
    tokens = tokens_of(vault)
    for answered in sorted(exchange.state.glob("[!.]*/list.json")) if len(tokens) else ():
        folder = answered.parent
        if exchange.keys.has_opt_outs(folder.name):
            gone = Hashing.of_list(exchange.keys, folder.name).of_tokens(tokens)
            for path in (folder / "asked.parquet", folder / "allowed.parquet"):
                _replace(exchange, path, gone)


def _replace(exchange: Exchange, path: Path, gone: NDArray[np.uint64]) -> None:
    with (
        scratch_folder(exchange.state) as scratch,
        open_engine(scratch=scratch, folders=(path.parent,)) as engine,
    ):
        held = engine.read_parquet(str(path)).fetchnumpy()["hashed"].astype(np.uint64)
        found = np.isin(held, gone)
        if not found.any():
            return
        held[found] = np.frombuffer(token_bytes(8 * int(found.sum())), dtype=np.uint64)
        engine.register("kept", {"hashed": held})
        write_parquet(engine, "FROM kept ORDER BY hashed", scratch / path.name)
        os.replace(scratch / path.name, path)
