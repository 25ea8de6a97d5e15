"""Signs a checkpoint of the audit log, with every release and once a day, and seals a copy in the object store."""

import json
from datetime import timedelta

from gateway.commands.audit import Signed
from gateway.commands.perform import perform
from gateway.evidence import checkpoints
from gateway.evidence.merkle import Frontier
from gateway.jobs.house import House
from gateway.models import Checkpoint
from gateway.rules.facts import SYSTEM
from gateway.store import audit_chain
from gateway.vocabulary import Command

EVERY = timedelta(days=1)


def sign_checkpoint(house: House, subject_id: str = "") -> None:  # noqa: ARG001 - whatever it was queued with
    """Over every row that is there now; nothing when there are none behind the newest checkpoint."""
    _sign(house)
    _publish(house)


def _sign(house: House) -> None:
    with house.gateway.unit.reading() as work:
        newest = audit_chain.newest_checkpoint(work)
        edge = Frontier(newest.size, [bytes.fromhex(part) for part in newest.edge]) if newest else Frontier()
        for row in audit_chain.export(work, after=edge.size):
            edge.add(checkpoints.leaf_of(row))
    if newest is not None and edge.size == newest.size:
        return
    at, key = house.gateway.now(), house.keys.public().hex()
    unsigned = checkpoints.Checkpoint(edge.size, edge.root().hex(), at.isoformat(), key, "")
    signature = house.keys.sign(unsigned.body()).hex()
    given = Signed(
        size=edge.size,
        root=unsigned.root,
        at=at,
        public_key=key,
        signature=signature,
        edge=[part.hex() for part in edge.edge],
    )
    perform(house.gateway, actor=SYSTEM, command=Command.SIGN_CHECKPOINT, subject_id=house.pool_id(), given=given)


def _publish(house: House) -> None:
    """A copy of the newest where a lock may keep it; a worker that died before this is made up for by the next."""
    with house.gateway.unit.reading() as work:
        newest = audit_chain.newest_checkpoint(work)
    if newest is None:
        return
    told = {"size": newest.size, "root": newest.root, "at": newest.at.isoformat()}
    told |= {"public_key": newest.public_key, "signature": newest.signature}
    content = json.dumps(told, sort_keys=True, indent=1).encode()
    house.objects.seal(f"checkpoints/{newest.size:012d}.json", content)


def is_due(house: House) -> bool:
    """True when the newest checkpoint is a day old, or there is none though there are rows."""
    with house.gateway.unit.reading() as work:
        newest: Checkpoint | None = audit_chain.newest_checkpoint(work)
        if newest is None:
            return audit_chain.last(work) is not None
        return house.gateway.now() - newest.at >= EVERY
