"""Both verbs in one call, for use without a gateway: a request as JSON or a dictionary, a folder of Parquet tables."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from disclosure.artefact import Artefact
from disclosure.clearance import clear
from disclosure.engines.plan import SnapshotFiles
from disclosure.release import draw
from disclosure.requests import parse_request
from disclosure.terms import Terms


def answer(request: Mapping[str, Any], terms: Terms, folder: str | Path) -> Artefact:
    """The released values of a request over `folder`, which holds room/TABLE.parquet and draw/sampling.parquet.

    Priced first: Invalid (a code, a sentence, a next step) is raised before anything is read, FileNotFoundError where a
    table that is needed is not there, DrawFailed after that. Each call spends what its price says, `micro_rho` of the
    body, again: keeping the account is the caller's part.
    """
    asked, place = parse_request(request), Path(folder)
    files = SnapshotFiles(room=place / "room", sampling=place / "draw" / "sampling.parquet")
    cleared = clear(asked, terms)
    for needed in (files.sampling, *(files.room / f"{table}.parquet" for table in sorted(cleared.tables))):
        if not needed.exists():
            raise FileNotFoundError(
                f"{needed} is not there: a folder holds room/TABLE.parquet and draw/sampling.parquet"
            )
    cost = cleared.price
    return draw(asked, terms, files, charged_micro_rho=cost.micro_rho, charged_delta0_e15=cost.delta0_e15)
