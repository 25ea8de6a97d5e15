"""Proves a restored database before anybody uses it: its chain, its checkpoints, its ledger, every sealed digest.

Whatever does not agree is refused, but for one thing: checkpoints over rows behind the backup, which are named so
that the log can say what it lost.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from hashlib import sha256

from gateway.commands.terms import object_name, package_name
from gateway.evidence import chain
from gateway.evidence.checkpoints import Checkpoint, is_signed_by, read, verify_checkpoints
from gateway.evidence.handovers import believed
from gateway.evidence.restorations import Restoration
from gateway.jobs.house import House
from gateway.jobs.rotate_key import sealed_handovers
from gateway.jobs.sign_checkpoint import sealed_checkpoints
from gateway.models import Budget, LedgerEntry, Pool, Release, Snapshot
from gateway.store import audit_chain
from gateway.store.backups import Backup
from gateway.store.sealed_notes import Kind, buried
from gateway.store.unit_of_work import Work
from gateway.vocabulary import EntryKind, SnapshotState
from workspaces.catalogue.errors import Invalid
from workspaces.intake.deliveries import fingerprint
from workspaces.snapshots.manifest import digest_of
from workspaces.snapshots.objects import MissingObject
from workspaces.snapshots.storage import read_manifest

_READABLE = {SnapshotState.BUILT, SnapshotState.CLEARED}


@dataclass(frozen=True)
class Proof:
    """What was held against what: counts, the restoration to record, and what is not there (sentences)."""

    restoration: Restoration
    rows: int
    checkpoints: int
    releases: int
    unreadable: tuple[str, ...]
    findings: tuple[str, ...]


def prove(house: House, backup: Backup) -> Proof:
    """Raises Invalid naming the first thing that does not agree."""
    key, handovers = house.keys.public().hex(), sealed_handovers(house)
    sealed = _sealed(house, believed(key, handovers))
    with house.gateway.unit.reading() as work:
        rows = audit_chain.export(work)
        own = [read(audit_chain.published(row)) for row in audit_chain.checkpoints(work)]
        _ledger(work)
        releases = work.all(Release, Release.artefact_digest != "")
        readable = [row for row in work.all(Snapshot) if row.state in _READABLE]
    _need(len(rows) == backup.rows, "chain", f"The log has {len(rows)} rows, the backup {backup.rows}")
    verdict = chain.verify(rows, backup.head)
    _need(verdict.broken_at is None, "chain", f"At row {verdict.broken_at} of the log: {verdict.why}")
    broken = verify_checkpoints(rows, [*own, *(each for each in sealed if each.size <= backup.rows)], key, handovers)
    if broken is not None:
        _need(False, "checkpoint", f"At row {broken.broken_at} of the log: {broken.why}")
    over = buried_ids(house)
    for release in releases:
        if release.id not in over:
            _sealed_release(house, release)
    lost = [row for row in readable if row.id not in over and not _whole(house, row)]
    abandoned = tuple(sorted({(each.size, each.root) for each in sealed if each.size > backup.rows}))
    return Proof(
        restoration=Restoration(backup.id, backup.rows, backup.head, abandoned),
        rows=len(rows),
        checkpoints=len({(each.size, each.root) for each in (*own, *sealed)}),
        releases=len(releases),
        unreadable=tuple(row.id for row in lost),
        findings=tuple(f"Snapshot {row.id} is not in the store any more: it is retired." for row in lost),
    )


def missing_loads(house: House, loads: list[dict[str, object]]) -> Iterator[str]:
    """Sentences about the vault: loads of the backup's time that are not here, files that are not as they were."""
    vault = house.records()
    for told in loads:
        if vault.find(str(told["digest"])) is None:
            yield f"The load {str(told['digest'])[:16]} is not in the vault: load it again."
    for load in vault.all():
        for table, digest in load.files.items():
            path = vault.path_of(table, load)
            if not path.is_file() or fingerprint(path) != digest:
                _need(False, "vault", f"The load {load.digest[:16]} is not as it was kept ({table})")


def buried_ids(house: House) -> set[str]:
    """Ids of what ended, whatever it was."""
    return {note.id for note in buried(house.objects)}


def shredded_ids(house: House) -> set[str]:
    """Ids of what may have no key any more."""
    return {note.id for note in buried(house.objects, Kind.KEY, Kind.SNAPSHOT)}


def _sealed(house: House, keys: Collection[str]) -> list[Checkpoint]:
    found = sealed_checkpoints(house)
    for each in found:
        _need(is_signed_by(each, keys), "checkpoint", f"The sealed checkpoint of {each.size} rows is not under our key")
    return found


def _ledger(work: Work) -> None:
    """Each budget is what its entries add up to; the pool's is what all draws were charged."""
    spent: dict[str, int] = {}
    for entry in work.all(LedgerEntry, LedgerEntry.kind == EntryKind.SPEND):
        for holder in (entry.project_id, entry.pool_id):
            spent[holder] = spent.get(holder, 0) + entry.micro_rho
    pools = {pool.id for pool in work.all(Pool)}
    for budget in work.all(Budget):
        told = spent.get(budget.id, 0)
        # a project that was charged past its part has given all of it
        held = budget.spent_micro_rho == told if budget.id in pools else budget.spent_micro_rho <= told
        _need(held, "ledger", f"The ledger says {told} of the budget {budget.id}, its row {budget.spent_micro_rho}")


def _sealed_release(house: House, release: Release) -> None:
    named = {object_name(release): release.artefact_digest, package_name(release): release.package_digest}
    for name, digest in named.items():
        try:
            found = sha256(house.objects.get_bytes(name)).hexdigest()
        except MissingObject:
            found = ""
        _need(found == digest, "digest", f"The store does not hold what was sealed for {release.id}")


def _whole(house: House, snapshot: Snapshot) -> bool:
    try:
        manifest = read_manifest(house.objects, snapshot.id, house.keys.public())
    except Invalid:
        return False
    return digest_of(manifest) == snapshot.manifest_digest


def _need(met: bool, what: str, sentence: str) -> None:
    if not met:
        raise Invalid(f"restore:{what}", f"{sentence}.", "Use another backup; keep this one for the investigation.")
