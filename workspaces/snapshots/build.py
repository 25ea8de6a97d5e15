"""One snapshot build: seven steps in order, none of which can be skipped.

Everything a person's rows become depends on that person's own records and on constants fixed beforehand
(privacy model P2). A step that loses somebody without a reason fails the build; a build that fails stores
nothing that can be found.
"""

from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from workspaces.catalogue.errors import Invalid
from workspaces.engine import Bounds, Engine, one, open_engine
from workspaces.intake.vault import Vault, need_loads
from workspaces.opt_outs.list import OptOutList
from workspaces.snapshots import sources, storage
from workspaces.snapshots.deidentify import PseudonymKey, coarsen_people, number_people, stay_known
from workspaces.snapshots.manifest import describe
from workspaces.snapshots.minimise import (
    PSEUDONYM,
    Written,
    need_approved,
    write_pseudonyms,
    write_sampling,
    write_table,
)
from workspaces.snapshots.objects import ObjectStore
from workspaces.snapshots.plan import STEPS, BuiltSnapshot, SnapshotPlan, Step
from workspaces.snapshots.risk import assess
from workspaces.snapshots.room_copy import make_room_copy

Sign = Callable[[bytes], bytes]
Progress = Callable[[str], None]


def build(
    *,
    plan: SnapshotPlan,
    vault: Vault,
    opt_outs: OptOutList | None,
    pseudonyms: PseudonymKey,
    store: ObjectStore,
    now: datetime,
    sign: Sign,
    progress: Progress = lambda _step: None,
    bounds: Bounds | None = None,
) -> BuiltSnapshot:
    """Build and store the snapshot of `plan`; built before from the same plan, it gives the one that is stored,
    unless somebody was erased since.

    Raises `Invalid` and stores nothing findable: a column not approved, no list or one too old, an empty or
    damaged vault, too many rows quarantined, a pseudonym collision, counts that do not add up.
    """
    need_approved(plan.tables)
    if (built := storage.built_before(store, plan)) is not None:
        if sources.are_as_read(vault, built.manifest):
            return built
        storage.destroy(store, plan.snapshot_id)
    opt_outs = _need_fresh(opt_outs, now, plan.max_list_age_days)
    with (
        vault.scratch() as scratch,
        open_engine(scratch=scratch, folders=sources.folders(vault, opt_outs), bounds=bounds) as engine,
    ):
        progress(STEPS[0])
        loads = need_loads(vault)
        sources.check_bytes(vault, loads)
        sources.open_tables(engine, vault, loads, tuple(plan.tables))

        progress(STEPS[1])
        sources.check_quarantine(loads, plan.max_quarantine_share)

        progress(STEPS[2])
        steps = _apply_opt_outs(engine, opt_outs, exempt=bool(plan.exemption))

        progress(STEPS[3])
        people = number_people(engine, pseudonyms=pseudonyms, sample_key=plan.sample_key)
        coarsen_people(engine, cut_date=plan.cut_date)
        steps = (*steps, Step(STEPS[3], steps[-1].people_out, people))

        progress(STEPS[4])
        tables = _minimise(engine, scratch, plan)
        steps = (*steps, Step(STEPS[4], people, tables["sampling"].rows))

        progress(STEPS[5])
        _need_sums(steps)
        risk = assess(engine, {name: written for name, written in tables.items() if name != "sampling"})
        staying = _staying(engine, scratch, plan)
        stored = _with_room_copy(engine, scratch, plan, tables, staying, risk)
        exempted = one(engine, "SELECT count(*) FROM exempted")
        manifest = describe(plan, loads, opt_outs, pseudonyms, steps, exempted, stored, risk, now)

        progress(STEPS[6])
        return storage.keep(store, plan, manifest, stored, sign)


def _need_fresh(opt_outs: OptOutList | None, now: datetime, max_age_days: int) -> OptOutList:
    if opt_outs is None:
        raise Invalid("opt_outs:no_list", "There is no opt-out list.", "Run the exchange with the national service.")
    if not opt_outs.fresh(now, max_age_days):
        raise Invalid(
            "opt_outs:not_fresh",
            "The opt-out list is older than policy allows.",
            "Run the exchange with the national service again.",
        )
    return opt_outs


def _apply_opt_outs(engine: Engine, opt_outs: OptOutList, *, exempt: bool) -> tuple[Step, ...]:
    """Who must not enter, by what the loads say (validate), then by what people chose (opt-out)."""
    people, removed = sources.decide(engine, opt_outs, exempt=exempt)
    excluded = {reason: removed[reason] for reason in sources.EXCLUDED if reason in removed}
    opted_out = {reason: removed[reason] for reason in sources.OPTED_OUT if reason in removed}
    left = people - sum(excluded.values())
    return (
        Step(STEPS[0], people, people),
        Step(STEPS[1], people, left, excluded),
        Step(STEPS[2], left, left - sum(opted_out.values()), opted_out),
    )


def _minimise(engine: Engine, scratch: Path, plan: SnapshotPlan) -> dict[str, Written]:
    folder = scratch / "snapshot"
    folder.mkdir(mode=0o700)
    tables = {
        name: write_table(engine, folder, name, columns, plan.period) for name, columns in sorted(plan.tables.items())
    }
    return {**tables, "sampling": write_sampling(engine, folder, tables)}


def _staying(engine: Engine, scratch: Path, plan: SnapshotPlan) -> dict[str, Written]:
    """The room's table of pseudonyms that stay, where the grant says so."""
    if not plan.longitudinal:
        return {}
    stay_known(engine, plan.longitudinal)
    return {PSEUDONYM: write_pseudonyms(engine, scratch / "snapshot")}


def _with_room_copy(
    engine: Engine,
    scratch: Path,
    plan: SnapshotPlan,
    tables: dict[str, Written],
    staying: dict[str, Written],
    risk: dict[str, Any],
) -> dict[str, Written]:
    """What is stored: the tables, or where k is demanded the room's copy beside those that draws read."""
    if not plan.room_k:
        return {**tables, **staying}
    drawn = {name: written for name, written in tables.items() if name != "sampling"}
    copy = make_room_copy(engine, scratch / "room", {**drawn, **staying}, plan.room_k)
    risk["room"] = {"k": plan.room_k, "coarsened": copy.coarsened, "withheld": copy.withheld}
    own = {f"{storage.DRAWN}{name}": written for name, written in drawn.items()}
    return {**copy.tables, **own, "sampling": tables["sampling"]}


def _need_sums(steps: tuple[Step, ...]) -> None:
    follows = all(before.people_out == after.people_in for before, after in pairwise(steps))
    if not follows or not all(step.adds_up() for step in steps):
        raise Invalid(
            "snapshot:counts_do_not_add_up",
            "A step of the build lost people without a reason.",
            "Report this as a defect; nothing was stored.",
        )
