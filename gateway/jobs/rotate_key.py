"""Replaces the signing key: the old one and the new one name each other, the handover is sealed, used, and recorded.

Whatever kills it leaves the gateway closed, and the same command goes on where it stopped: never two successors.
"""

import json
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256

from gateway.commands.perform import perform
from gateway.commands.safekeeping import Rotated
from gateway.evidence.handovers import Handover, believed, read
from gateway.jobs.house import House
from gateway.jobs.sign_checkpoint import sign_checkpoint
from gateway.models import Snapshot
from gateway.rules.facts import SYSTEM
from gateway.store import audit_chain, standing
from gateway.store.sealed_notes import HANDOVERS
from gateway.vocabulary import Command, SnapshotState
from workspaces.catalogue.errors import Invalid
from workspaces.snapshots.manifest import check_signature
from workspaces.snapshots.objects import MissingObject

_READABLE = {SnapshotState.BUILT, SnapshotState.CLEARED}


def rotate_key(house: House, *, patience: float) -> Handover:
    """The handover, closed meanwhile. Raises Invalid when work goes on for longer than `patience` seconds."""
    now = house.gateway.now()
    if standing.standing(house.folder) is None:
        need_newest(house)
    with standing.closed(house.folder, standing.ROTATING, now, patience=patience):
        was = standing.standing(house.folder)
        if was is not None and was.why != standing.ROTATING:
            raise Invalid("standing:other", "A restore or an upgrade was cut off here.", "Finish that first.")
        number = was.backup if was and was.backup else f"{len(sealed_handovers(house)) + 1:06d}"
        standing.note(house.folder, standing.Standing(standing.ROTATING, now.isoformat(), number))
        done = _sealed(house, number)
        house.keys.succeed(bytes.fromhex(done.new))
        _sign_again(house, done)
        record_missing(house)
        sign_checkpoint(house)
        standing.reopen(house.folder)
    return done


def sealed_handovers(house: House) -> list[Handover]:
    """Every handover that the store keeps, the first one first, whatever the database remembers."""
    return [read(json.loads(house.objects.get_bytes(name))) for name in house.objects.list(HANDOVERS)]


def recorded_handovers(house: House) -> list[Handover]:
    """Those that the log carries."""
    with house.gateway.unit.reading() as work:
        return audit_chain.handovers(work)


def believed_keys(house: House) -> frozenset[str]:
    """Our key and those before it, in hexadecimal."""
    return believed(house.keys.public().hex(), sealed_handovers(house))


def need_newest(house: House) -> None:
    """Raises Invalid when the signing key here was replaced by one that is not here."""
    sealed = sealed_handovers(house)
    if sealed and sealed[-1].new != house.keys.public().hex():
        raise Invalid(
            "key:replaced",
            f"The signing key was replaced on {sealed[-1].at[:10]}, and the new one is not here.",
            "Use a backup of after that day, or --without-keys where TRE_FOLDER has the new key.",
        )


def record_missing(house: House) -> None:
    """A row for each sealed handover that the log lacks: after a kill, or in a log that went back in time."""
    known = {each.number for each in recorded_handovers(house)}
    for each in sealed_handovers(house):
        if each.number not in known:
            given = Rotated(reason=each.reason())
            perform(house.gateway, actor=SYSTEM, command=Command.ROTATE_KEY, subject_id=house.pool_id(), given=given)


def _sealed(house: House, number: str) -> Handover:
    """The handover of that number: the one that a rotation sealed before it was killed, or a new one."""
    name = f"{HANDOVERS}{number}.json"
    if house.objects.exists(name):
        return read(json.loads(house.objects.get_bytes(name)))
    bare = Handover(int(number), house.gateway.now().isoformat(), house.keys.public().hex(), house.keys.next().hex())
    by_old, by_new = house.keys.sign(bare.body()).hex(), house.keys.sign_next(bare.body()).hex()
    signed = replace(bare, by_old=by_old, by_new=by_new)
    house.objects.seal(name, json.dumps(signed.shown(), sort_keys=True, indent=1).encode())
    return signed


def _sign_again(house: House, handover: Handover) -> None:
    """Manifests of living snapshots bear the new key; one that did not bear the old one, or was changed, stays so."""
    with house.gateway.unit.reading() as work:
        living = [row for row in work.all(Snapshot) if row.state in _READABLE]
    for row in living:
        place = f"snapshots/{row.id}"
        with suppress(MissingObject, Invalid):
            manifest, signature = (house.objects.get_bytes(f"{place}/manifest.{end}") for end in ("json", "sig"))
            if sha256(manifest).hexdigest() == row.manifest_digest:
                check_signature(manifest=manifest, signature=signature, public_key=bytes.fromhex(handover.old))
                house.objects.put_bytes(f"{place}/manifest.sig", house.keys.sign(manifest))
