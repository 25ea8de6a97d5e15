"""One answer of the national service, as a list of people who may be used until it is too old."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from workspaces.catalogue.errors import Invalid
from workspaces.opt_outs.hashing import Hashing, ListKeys
from workspaces.opt_outs.receipt import Receipt

AGE_CEILING_DAYS = 21
"""No policy can let a list grow older: an opt-out takes at most so long to act everywhere."""


@dataclass(frozen=True)
class OptOutList:
    """An allow list: whoever is not on it is left out, for whatever reason.

    `list_date` is the moment at which the service was asked, not the one at which the answer was read, so an
    answer left lying does not look fresh. `allowed` and `asked` are Parquet files of one column `hashed`: keyed hashes,
    of use only with `hashing` and only until the list is too old, when both are destroyed.
    """

    folder: Path
    list_date: datetime
    receipt: Receipt
    hashing: Hashing

    @property
    def allowed(self) -> Path:
        """Those without an opt-out."""
        return self.folder / "allowed.parquet"

    @property
    def asked(self) -> Path:
        """Those whom the service was asked about."""
        return self.folder / "asked.parquet"

    @property
    def digest(self) -> str:
        """Digest of the receipt, and through it of the answer."""
        return self.receipt.digest

    def fresh(self, now: datetime, max_age_days: int) -> bool:
        """True while the list is no older than policy and the ceiling allow; a date to come is not fresh."""
        age = now - self.list_date
        return timedelta(0) <= age <= timedelta(days=min(max_age_days, AGE_CEILING_DAYS))


def open_list(folder: Path, keys: ListKeys) -> OptOutList:
    """The list kept in that folder; raises `Invalid` when there is none, or none any more."""
    try:
        receipt = Receipt(**json.loads((folder / "list.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        raise _no_list() from None
    if not keys.has_opt_outs(receipt.local_id):
        raise _no_list()
    hashing = Hashing.of_list(keys, receipt.local_id)
    return OptOutList(folder, datetime.fromisoformat(receipt.asked_at), receipt, hashing)


def _no_list() -> Invalid:
    return Invalid(
        "opt_outs:no_list", "There is no opt-out list of that name.", "Run the exchange with the national service."
    )
