"""Erased people leave the lists of the exchange as well: their numbers are replaced, so that no count changes."""

import json
import os
from pathlib import Path

from workspaces.engine import open_engine, write_parquet
from workspaces.intake.erasing import find_forgotten, state_of
from workspaces.intake.vault import Vault
from workspaces.opt_outs.exchange import Exchange
from workspaces.scratch import scratch_folder

# A receipt says how many a list holds; what stands in place of a number is none, and nobody else's.
_REPLACED = """
SELECT CASE WHEN f.nhs_number IS NULL THEN o.nhs_number
    ELSE (SELECT least(min(nhs_number), 0) FROM one_list) - row_number() OVER (PARTITION BY f.nhs_number IS NULL)
    END AS nhs_number
FROM one_list o LEFT JOIN forgotten f USING (nhs_number) ORDER BY nhs_number
"""


def forget(vault: Vault, exchange: Exchange) -> None:
    """Take those erased out of every answered list, and remove the messages that the lists came from.

    A request without an answer stays as it was sent, or its answer would be one to another; it is looked at again
    the next time. The same called again changes nothing.
    """
    if not state_of(vault):
        return
    for answered in sorted(exchange.state.glob("[!.]*/list.json")):
        folder = answered.parent
        for path in (folder / "asked.parquet", folder / "allowed.parquet"):
            _replace(vault, exchange, path)
        name = json.loads((folder / "request.json").read_text(encoding="utf-8"))["name"]
        for place, called in ((exchange.outbox, name), (exchange.inbox, folder.name)):
            for suffix in (".dat", ".ctl"):
                (place / f"{called}{suffix}").unlink(missing_ok=True)


def _replace(vault: Vault, exchange: Exchange, path: Path) -> None:
    with (
        scratch_folder(exchange.state) as scratch,
        open_engine(scratch=scratch, folders=(path.parent,)) as engine,
    ):
        find_forgotten(engine, vault, [path])
        engine.read_parquet(str(path)).create_view("one_list")
        write_parquet(engine, _REPLACED, scratch / path.name)
        os.replace(scratch / path.name, path)
