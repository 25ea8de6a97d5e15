"""Eyes on the house while it is being killed: budgets at every instant, and every sealed byte in the store."""

import threading
from dataclasses import dataclass, field
from hashlib import sha256

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from tests.factories.faults_house import Town

# one statement, so that it sees one instant on either database
BUDGETS = text(
    """SELECT b.id, b.granted_micro_rho, b.reserved_micro_rho, b.spent_micro_rho,
    (SELECT coalesce(sum(micro_rho), 0) FROM ledger_entry e WHERE e.project_id = b.project_id AND kind = 'SPEND'),
    (SELECT coalesce(sum(CASE WHEN kind = 'RESERVE' THEN micro_rho WHEN kind IN ('SPEND', 'VOID') THEN -micro_rho
     ELSE 0 END), 0) FROM ledger_entry e WHERE e.project_id = b.project_id)
    FROM budget b WHERE b.project_id IS NOT NULL"""
)


@dataclass
class Watcher:
    """Looks until it is told to stop; `wrong` holds what must never be seen."""

    town: Town
    wrong: list[str] = field(default_factory=list)
    looks: int = 0
    sealed: dict[str, str] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def begin(self) -> None:
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def end(self) -> None:
        self._stop.set()
        if self._thread:
            self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.03):
            self.look_at_objects()
            try:
                self.look_at_budgets()
            except SQLAlchemyError:
                self._stop.wait(0.2)

    def look_at_budgets(self) -> None:
        """What is spent is what the ledger says, and never more than was granted."""
        with self.town.at.gateway.unit.reading() as work:
            rows = work.session.connection().execute(BUDGETS).all()
        self.looks += 1
        for id_, granted, reserved, spent, in_ledger, set_aside in rows:
            if min(reserved, spent) < 0 or spent + reserved > granted:
                self.wrong.append(f"budget {id_}: {spent} spent and {reserved} reserved of {granted}")
            if (spent, reserved) != (in_ledger, set_aside):
                self.wrong.append(f"budget {id_}: ({spent}, {reserved}) but ledger ({in_ledger}, {set_aside})")

    def look_at_objects(self) -> None:
        """Bytes of a release, once there, never change: that would be a second draw."""
        for path in (self.town.stored / "releases").glob("*/[!.]*[!l]"):  # .partial is what the server has not yet
            name = "/".join(path.parts[-2:])
            try:
                digest = sha256(path.read_bytes()).hexdigest()
            except FileNotFoundError:
                continue
            if self.sealed.setdefault(name, digest) != digest:
                self.wrong.append(f"{name} changed its bytes")
                self.sealed[name] = digest
