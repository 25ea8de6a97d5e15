"""kill -9 of web, workers, all at once, migrations, the object store and (on PostgreSQL) the database, again and again.

`TRE_KILLS` says how often: 12 in `./run check`, 200 in `./run prove`. Afterwards all comes to rest by itself, and
nothing was spent twice, drawn twice, lost, or left lying about.
"""

import json
import os
import random
import time
from collections import Counter
from contextlib import suppress
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col

from gateway.evidence import chain
from gateway.evidence.checkpoints import read, verify_checkpoints
from gateway.models import AuditEvent, Budget, Incident, Job, LedgerEntry, Release, Snapshot, Task
from gateway.store import audit_chain
from gateway.vocabulary import EntryKind, JobState, ReleaseState, SnapshotState
from tests.factories.databases import kind
from tests.factories.faults_house import Processes, Town, settle, until
from tests.factories.faults_migrating import Migrations
from tests.factories.faults_people import BUSY_SNAPSHOT, ENDED, Crowd
from tests.factories.faults_watch import Watcher
from tests.factories.tried import Tried
from workspaces.snapshots.manifest import digest_of
from workspaces.snapshots.storage import read_manifest

KILLS = int(os.environ.get("TRE_KILLS", "12"))
SEED = int(os.environ.get("TRE_SEED", "1"))
REST_SECONDS = 150.0  # draws begin one after another, each at the deadline of the one before
VICTIMS = ["web", "web child", "worker-1", "worker-2", "power"]
MIGRATES = 6  # every so many kills one falls on a migration
MOMENTS: list[tuple[Any, Any, str]] = [
    (Snapshot, SnapshotState.BUILDING, "workers"),
    (Release, ReleaseState.PLAN_CLEARED, "workers"),
    (Release, ReleaseState.RESERVED, "workers"),
    (Release, ReleaseState.DRAWING, "workers"),
    (Release, ReleaseState.IN_REVIEW, "web"),
    (Job, JobState.RUNNING, "workers"),
]
PHASES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "build": (Snapshot, (SnapshotState.BUILDING,)),
    "draw": (Release, (ReleaseState.RESERVED, ReleaseState.DRAWING)),
    "review": (Release, (ReleaseState.IN_REVIEW, ReleaseState.CONSOLIDATING, ReleaseState.ADJUDICATING)),
    "job": (Job, (JobState.RUNNING,)),
}
READABLE = {SnapshotState.BUILT, SnapshotState.CLEARED}


@pytest.mark.slow
@pytest.mark.parametrize("store", ["folder", "s3"])
def test_nothing_is_lost_drawn_twice_or_left_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tried: Tried, store: str
) -> None:
    for name in ("AWS_ENDPOINT_URL_S3", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "unset")  # so that what the house sets there is gone afterwards
    town = settle(tmp_path, store=store)
    processes, rng = Processes(town), random.Random(SEED)  # noqa: S311 - the moments need no secret
    crowd, watcher, fell = Crowd(town, processes, SEED), Watcher(town), Counter[str]()
    migrations = Migrations(town, processes, random.Random(SEED))  # noqa: S311
    victims = [*VICTIMS, *(["database"] if town.server else []), *(["store"] if town.store else [])]
    rng.shuffle(victims)
    blind = cycle(victims)
    try:
        processes.start_all()
        watcher.begin()
        crowd.begin()
        assert until(lambda: crowd.answers["200"] > 3, 60)
        for number in range(KILLS):
            time.sleep(rng.uniform(0.1, 1.5))
            processes.see_to_it()
            if number % MIGRATES == MIGRATES - 1:
                assert any(migrations.round() for _ in range(9))
                continue
            # blind, at any moment, or in the middle of something that is at work
            victim = next(blind) if number % 2 else aimed(town, crowd, rng)
            fell.update(under_way(town))
            processes.kill(victim, rng)
        tried(KILLS)
        crowd.draining = True
        rested = until(lambda: not restless(town, processes), REST_SECONDS, 0.5)
        clean = until(lambda: not left_behind(town), 20 if rested else 1, 0.5)
        crowd.end()
        watcher.end()
        with capsys.disabled():
            fell.update(migrations.phases)
            print("\n" + json.dumps({"fell on": dict(fell), **figures(town, processes, crowd, watcher)}))
        assert rested, restless(town, processes)
        assert clean, left_behind(town)
        assert until(lambda: not processes.rooms_never_ended(), 20), processes.rooms_never_ended()
        assert migrations.wrong == []
        assert migrations.phases.total() == KILLS // MIGRATES
        assert_all_is_well(town, crowd, watcher)
    finally:
        crowd.end()
        watcher.end()
        processes.stop()
        town.at.gateway.unit.dispose()
        if town.server:
            town.server.remove()
        if town.store:
            town.store.kill()
        assert until(lambda: not processes.programs_in_rooms(), 20)


def aimed(town: Town, crowd: Crowd, rng: random.Random) -> str:
    """Wait for one kind of work to be under way; whom to kill in the middle of it."""
    where, state, victim = rng.choice(MOMENTS)

    def under_way() -> bool:
        with suppress(SQLAlchemyError), town.at.gateway.unit.reading() as work:
            return work.find(where, where.state == state) is not None
        return False

    crowd.wish = state
    if until(under_way, 5, 0.004):
        crowd.aimed[state.value] += 1
    crowd.wish = None
    if where is Job:  # a room takes its time to start
        time.sleep(rng.uniform(0, 3))
    else:
        time.sleep(rng.choice([0, rng.uniform(0, 0.05), rng.uniform(0, 0.3)]))
        if town.store and victim == "workers" and rng.random() < 0.5:
            return "store"  # while they read or write there
    return victim


def under_way(town: Town) -> set[str]:
    """In the middle of what a kill falls just now."""
    with suppress(SQLAlchemyError), town.at.gateway.unit.reading() as work:
        return {name for name, (table, states) in PHASES.items() if work.find(table, col(table.state).in_(states))}
    return set()


def restless(town: Town, processes: Processes) -> list[str]:
    """What has not ended yet."""
    processes.see_to_it()
    try:
        with town.at.gateway.unit.reading() as work:
            tasks = [f"task {row.kind} defects={row.defects}" for row in work.all(Task, Task.done_at == None)]  # noqa: E711
            ends = ENDED | {ReleaseState.DRAFT}
            releases = [f"{row.id} {row.state}" for row in work.all(Release) if row.state not in ends]
            builds = [f"{row.id} {row.state}" for row in work.all(Snapshot) if row.state in BUSY_SNAPSHOT]
            jobs = [f"{row.id} {row.state}" for row in work.all(Job) if row.state is not JobState.ENDED]
    except SQLAlchemyError:
        return ["the database does not answer"]
    return [*tasks, *releases, *builds, *jobs]


def left_behind(town: Town) -> list[str]:
    """Files that should be gone: of snapshots and draws that failed, of processes that died."""
    folder = town.at.folder
    with town.at.gateway.unit.reading() as work:
        readable = {row.id for row in work.all(Snapshot) if row.state in READABLE}
        failed = {row.id for row in work.all(Release) if row.state is ReleaseState.FAILED}
    stored = {name.split("/")[1] for name in town.at.objects.list("snapshots/")}
    opened = {path.name.split(".")[0] for path in (folder / "snapshots").glob("snp-*")}
    drafts = [*folder.glob("objects/**/..?*"), *folder.glob("**/.draft.*"), *folder.glob("**/.scratch.*/")]
    sealed = {name.split("/")[1] for name in town.at.objects.list("releases/")}
    return [*sorted((stored | opened) - readable), *map(str, drafts), *sorted(sealed & failed)]


def figures(town: Town, processes: Processes, crowd: Crowd, watcher: Watcher) -> dict[str, object]:
    """What happened, for the output of the run."""
    with town.at.gateway.unit.reading() as work:
        releases = Counter(row.state.value for row in work.all(Release))
        snapshots = Counter(row.state.value for row in work.all(Snapshot))
        counted = {"incidents": len(work.all(Incident)), "log rows": len(work.all(AuditEvent))}
        spends = len(work.all(LedgerEntry, LedgerEntry.kind == EntryKind.SPEND))
        tries = Counter(min(row.attempts, 4) for row in work.all(Task) if row.kind == "BUILD_SNAPSHOT")
        jobs = len(work.all(Job))
    return {
        "database": kind(),
        "store": "s3" if town.store else "folder",
        "kills": processes.kills,
        "aimed at": dict(crowd.aimed),
        "acknowledged": sum(crowd.acknowledged.values()),
        "answers": dict(crowd.answers),
        "releases": dict(releases),
        "snapshots": dict(snapshots),
        "attempts of builds": dict(tries),
        "jobs": jobs,
        "rooms ended with their worker": processes.rooms_ended,
        "room programs ended by the next worker": len(processes.rooms_left),
        "spends": spends,
        "sealed objects seen": len(watcher.sealed),
        "looks at budgets": watcher.looks,
        **counted,
    }


def assert_all_is_well(town: Town, crowd: Crowd, watcher: Watcher) -> None:
    """Every promise, over all that happened."""
    assert watcher.wrong == []
    assert watcher.looks > KILLS
    assert len(watcher.sealed) >= KILLS / 6, "hardly anything was drawn: nothing was tried"
    with town.at.gateway.unit.reading() as work:
        rows, entries = audit_chain.export(work), list(work.all(LedgerEntry))
        checkpoints = [read(audit_chain.published(row)) for row in audit_chain.checkpoints(work)]
        releases, snapshots = list(work.all(Release)), list(work.all(Snapshot))
        project, pool = work.need(Budget, town.project_id), work.need(Budget, town.at.pool_id())
    _ledger(entries, releases, project, pool)
    logged = Counter((row["actor_id"], row["command"], row["subject_id"]) for row in rows if not row["code"])
    lost = {what: number - logged[what] for what, number in crowd.acknowledged.items() if logged[what] < number}
    assert lost == {}, "acknowledged commands without their row"
    known = {row.id for row in (*releases, *snapshots)}
    assert {each for each in crowd.created if each.split("-")[0] in {"rel", "snp"}} <= known
    assert chain.verify(rows).broken_at is None
    assert checkpoints
    assert verify_checkpoints(rows, checkpoints, town.at.keys.public().hex()) is None
    _bytes(town, releases, snapshots, crowd)


def _ledger(entries: list[LedgerEntry], releases: list[Release], project: Budget, pool: Budget) -> None:
    count = Counter((entry.release_id, entry.kind) for entry in entries if entry.release_id)
    assert max(count.values(), default=0) <= 1
    spent = sum(entry.micro_rho for entry in entries if entry.kind is EntryKind.SPEND)
    assert project.spent_micro_rho == pool.spent_micro_rho == spent <= project.granted_micro_rho
    assert project.reserved_micro_rho == 0
    assert pool.reserved_micro_rho == project.granted_micro_rho - spent
    drawn = {row.id for row in releases if row.artefact_digest}
    assert drawn <= {entry.release_id for entry in entries if entry.kind is EntryKind.SPEND}


def _bytes(town: Town, releases: list[Release], snapshots: list[Snapshot], crowd: Crowd) -> None:
    store = town.at.objects
    for row in (row for row in releases if row.artefact_digest):
        assert digest(store.get_bytes(f"releases/{row.id}/artefact.json")) == row.artefact_digest
        assert digest(store.get_bytes(f"releases/{row.id}/package.zip")) == row.package_digest
        assert crowd.packages.get(row.id, {row.package_digest}) == {row.package_digest}
    for snapshot in (row for row in snapshots if row.state in READABLE):
        manifest = read_manifest(store, snapshot.id, town.at.keys.public())
        assert digest_of(manifest) == snapshot.manifest_digest
        for table, facts in json.loads(manifest)["tables"].items():
            place = "draw" if table == "sampling" else "room"
            assert digest(store.get_bytes(f"snapshots/{snapshot.id}/{place}/{table}.parquet")) == facts["sha256"]


def digest(content: bytes) -> str:
    from hashlib import sha256

    return sha256(content).hexdigest()
