"""A snapshot build: begun under the newest active list, handed to the library, told to the door."""

from contextlib import suppress
from datetime import date
from importlib.metadata import version
from secrets import token_bytes

from gateway.commands.exemptions import cited
from gateway.commands.perform import perform
from gateway.commands.snapshots import Built, Failed
from gateway.evidence.commitments import commit
from gateway.jobs.house import House
from gateway.jobs.opt_out_lists import list_of
from gateway.models import Exemption, Grant, Pool, Snapshot
from gateway.rules.facts import SYSTEM
from gateway.rules.refusals import Refusal
from gateway.vocabulary import Command, SnapshotState
from workspaces.catalogue.errors import Invalid
from workspaces.snapshots import PseudonymKey, SnapshotPlan, build

CODE_VERSION = version("tre-gateway")


def build_snapshot(house: House, snapshot_id: str) -> None:
    """Build once; a refusal or bad input fails the snapshot with its code."""
    with house.gateway.unit.reading() as work:
        snapshot = work.need(Snapshot, snapshot_id)
    if snapshot.state not in {SnapshotState.REQUESTED, SnapshotState.BUILDING}:
        return
    try:
        if snapshot.state is SnapshotState.REQUESTED:
            perform(house.gateway, actor=SYSTEM, command=Command.BEGIN_SNAPSHOT, subject_id=snapshot.id)
        with house.records().held():  # an erasure comes before it, or finds it built and has it built anew
            built = _build(house, snapshot_id)
            perform(house.gateway, actor=SYSTEM, command=Command.COMPLETE_SNAPSHOT, subject_id=snapshot.id, given=built)
    except (Refusal, Invalid) as why:
        failed = Failed(code=why.code, sentence=why.sentence)
        with suppress(Refusal):
            perform(house.gateway, actor=SYSTEM, command=Command.FAIL_SNAPSHOT, subject_id=snapshot.id, given=failed)


def _build(house: House, snapshot_id: str) -> Built:
    with house.gateway.unit.reading() as work:
        snapshot = work.need(Snapshot, snapshot_id)
        grant = work.find(Grant, Grant.project_id == snapshot.project_id)
        pool = work.find(Pool)
        exemption = work.get(Exemption, snapshot.exemption_id) if snapshot.exemption_id else None
    if grant is None or pool is None or snapshot.opt_out_list_id is None:
        raise Refusal("snapshot:no_grant", "There is no grant or no opt-out list.", "Ask the committee.")
    vault = house.records()
    plan = plan_of(house, grant, snapshot, vault.cut_date(), exemption)
    built = build(
        plan=plan,
        vault=vault,
        opt_outs=list_of(house, snapshot.opt_out_list_id),
        pseudonyms=_key_of(house, snapshot).of_build(snapshot_id),
        store=house.objects,
        now=house.gateway.now(),
        sign=house.keys.sign,
    )
    # by digest: a build that was cut off here and begun again makes another manifest
    house.objects.seal(f"manifests/{snapshot_id}-{built.manifest_digest[:16]}.json", built.manifest)
    nonce = token_bytes(32)
    return Built(
        cut_date=plan.cut_date,
        manifest_digest=built.manifest_digest,
        commitment=commit(nonce, built.manifest_digest),
        nonce=nonce.hex(),
        people=built.people,
        removed=dict(built.removed_by_reason),
        exempted=built.exempted,
        risk=dict(built.risk),
    )


def _key_of(house: House, snapshot: Snapshot) -> PseudonymKey:
    return PseudonymKey(house.keys.project(snapshot.project_id))


def plan_of(
    house: House, grant: Grant, snapshot: Snapshot, cut_date: date, exemption: Exemption | None = None
) -> SnapshotPlan:
    """The frozen plan that follows from the decision."""
    return SnapshotPlan(
        snapshot_id=snapshot.id,
        project_id=snapshot.project_id,
        tables={table: tuple(columns) for table, columns in grant.tables.items()},
        period=(grant.period_start, grant.period_end),
        cut_date=cut_date,
        max_list_age_days=house.gateway.settings.list_max_age_days,
        sample_key=house.keys.pool(house.pool_id()),
        code_version=CODE_VERSION,
        room_k=max(grant.room_k, house.gateway.settings.room_k),
        exemption=cited(exemption) if exemption else {},
        longitudinal=_key_of(house, snapshot).longitudinal() if grant.longitudinal else b"",
    )
