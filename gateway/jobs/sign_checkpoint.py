"""Signs a checkpoint of the audit log, with every release and once a day, and seals a copy in the object store."""

import json
from dataclasses import replace
from datetime import datetime, timedelta

from gateway.commands.audit import Signed
from gateway.commands.perform import perform
from gateway.evidence import checkpoints
from gateway.evidence.merkle import Frontier
from gateway.jobs.house import House
from gateway.models import Checkpoint
from gateway.rules.facts import SYSTEM
from gateway.store import audit_chain
from gateway.vocabulary import Command
from workspaces.snapshots.objects import AlreadySealed

EVERY = timedelta(days=1)
PLACE = "checkpoints/"


def sign_checkpoint(house: House, subject_id: str = "") -> None:  # noqa: ARG001 - whatever it was queued with
    """Over every row that is there now; nothing when there are none behind the newest checkpoint.

    Sealed where a lock may keep it before the database knows it: a restore finds every checkpoint that anybody saw.
    """
    with house.gateway.unit.reading() as work:
        newest = audit_chain.newest_checkpoint(work)
        edge = Frontier(newest.size, [bytes.fromhex(part) for part in newest.edge]) if newest else Frontier()
        for row in audit_chain.export(work, after=edge.size):
            edge.add(checkpoints.leaf_of(row))
    if newest is not None and edge.size == newest.size:
        return
    signed = _sealed(house, edge)
    given = Signed(
        size=signed.size,
        root=signed.root,
        at=datetime.fromisoformat(signed.at),
        public_key=signed.public_key,
        signature=signed.signature,
        edge=[part.hex() for part in edge.edge],
    )
    perform(house.gateway, actor=SYSTEM, command=Command.SIGN_CHECKPOINT, subject_id=house.pool_id(), given=given)


def _sealed(house: House, edge: Frontier) -> checkpoints.Checkpoint:
    """Signed and sealed; what another worker sealed over the same rows is taken as it is."""
    key, root = house.keys.public().hex(), edge.root().hex()
    unsigned = checkpoints.Checkpoint(edge.size, root, house.gateway.now().isoformat(), key, "")
    signed = replace(unsigned, signature=house.keys.sign(unsigned.body()).hex())
    name = f"{PLACE}{signed.size:012d}-{root[:16]}.json"  # a size comes twice where a backup was put back
    try:
        house.objects.seal(name, json.dumps(signed.shown(), sort_keys=True, indent=1).encode())
    except AlreadySealed:
        return checkpoints.read(json.loads(house.objects.get_bytes(name)))
    return signed


def sealed_checkpoints(house: House) -> list[checkpoints.Checkpoint]:
    """Every checkpoint that the store keeps, whatever the database remembers."""
    return [checkpoints.read(json.loads(house.objects.get_bytes(name))) for name in house.objects.list(PLACE)]


def is_due(house: House) -> bool:
    """True when the newest checkpoint is a day old, or there is none though there are rows."""
    with house.gateway.unit.reading() as work:
        newest: Checkpoint | None = audit_chain.newest_checkpoint(work)
        if newest is None:
            return audit_chain.last(work) is not None
        return house.gateway.now() - newest.at >= EVERY
