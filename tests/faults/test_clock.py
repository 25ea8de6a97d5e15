"""The clock jumps back by an hour between any two commands: nothing breaks, nothing old becomes new."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from gateway.evidence import chain
from gateway.evidence.checkpoints import read, verify_checkpoints
from gateway.jobs.house import House
from gateway.jobs.sign_checkpoint import sign_checkpoint
from gateway.models import OptOutList, Release, Task
from gateway.rules.refusals import Refusal
from gateway.store import audit_chain
from gateway.store.keys import Keys
from gateway.store.objects import LocalObjects
from gateway.store.queries import tasks
from gateway.vocabulary import Command, ReleaseState
from tests.factories.gateways import Town, active_list, approved_project, cleared_snapshot, submitted_release

HOUR = {"hours": -1.0}
APPROVE = {"verdict": "APPROVE", "reason": "nothing stands out"}
BYTES = {"artefact_digest": "a" * 64, "package_digest": "b" * 64}
JOURNEY = (
    ("checker1", Command.CLEAR_PLAN, {"reason": "public keys"}),
    ("system", Command.RESERVE_BUDGET, None),
    ("system", Command.BEGIN_DRAW, None),
    ("system", Command.SEAL_ARTEFACT, BYTES),
    ("checker1", Command.REVIEW_RELEASE, APPROVE),
    ("checker2", Command.REVIEW_RELEASE, APPROVE),
    ("researcher", Command.DOWNLOAD_OUTPUT, None),
)


def with_older_list(town: Town) -> str:
    """A project whose list is two days old."""
    project_id = approved_project(town)
    cleared_snapshot(town, project_id)
    town.clock.pass_(days=2)
    return project_id


@pytest.mark.parametrize("back_before", range(len(JOURNEY)))
def test_a_release_goes_its_way_whenever_the_clock_jumps(town: Town, tmp_path: Path, back_before: int) -> None:
    house = House(town.gateway, LocalObjects(tmp_path / "objects"), Keys(tmp_path / "keys", "k" * 32))
    release_id = submitted_release(town, with_older_list(town))
    sign_checkpoint(house)
    for number, (name, command, given) in enumerate(JOURNEY):
        if number == back_before:
            town.clock.pass_(**HOUR)
        town.do(name, command, release_id, given)
    sign_checkpoint(house)
    assert town.read(lambda work: work.get(Release, release_id).state) is ReleaseState.RELEASED
    rows = town.read(audit_chain.export)
    times = [datetime.fromisoformat(row["at"]) for row in rows]
    assert times != sorted(times), "the clock did not jump"
    assert chain.verify(rows).broken_at is None
    signed = [read(audit_chain.published(row)) for row in town.read(audit_chain.checkpoints)]
    assert len(signed) == 2
    assert verify_checkpoints(rows, signed, house.keys.public().hex()) is None


@pytest.mark.parametrize("age", [timedelta(minutes=-30), timedelta(days=8)])
def test_a_list_from_the_future_counts_as_little_as_a_stale_one(town: Town, age: timedelta) -> None:
    """A jump back gives a list a negative age; that must not pass for a young one."""
    project_id = approved_project(town)
    list_id = active_list(town)
    with town.gateway.unit.writing() as work:
        work.need(OptOutList, list_id).list_date = town.clock() - age
    with pytest.raises(Refusal) as why:
        town.do("lead", Command.REQUEST_SNAPSHOT, project_id)
    assert why.value.code == "opt_outs:not_fresh"


def queued(town: Town) -> None:
    active_list(town)
    town.do("lead", Command.REQUEST_SNAPSHOT, approved_project(town))


def test_what_was_queued_before_a_jump_back_is_taken_up_at_once(town: Town) -> None:
    queued(town)
    town.clock.pass_(**HOUR)
    assert tasks.lease(town.gateway.unit, town.clock(), 60) is not None


def test_a_lease_taken_before_a_jump_back_is_not_held_for_an_hour(town: Town) -> None:
    """Its holder died: another takes the task up as if the clock had not moved, and the dead one's word is no more."""
    queued(town)
    unit, clock = town.gateway.unit, town.clock
    dead = tasks.lease(unit, clock(), 60)
    assert dead
    assert tasks.lease(unit, clock(), 60) is None
    clock.pass_(**HOUR)
    taken = tasks.lease(unit, clock(), 60)
    assert taken
    assert taken.id == dead.id
    tasks.finish(unit, dead, clock(), "by a ghost")
    assert not tasks.renew(unit, dead, clock(), 60)
    assert town.read(lambda work: work.get(Task, taken.id).done_at) is None


def test_a_lease_in_force_is_not_taken_for_one_of_before_a_jump(town: Town) -> None:
    queued(town)
    assert tasks.lease(town.gateway.unit, town.clock(), 60)
    for _ in range(5):
        town.clock.pass_(seconds=10)
        assert tasks.lease(town.gateway.unit, town.clock(), 60) is None
