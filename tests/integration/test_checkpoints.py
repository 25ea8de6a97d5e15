"""Checkpoints of the log: signed with each release and once a day; what a whole new chain would hide, they show."""

import itertools
import json
from datetime import timedelta

import pytest

from gateway.evidence import chain, merkle
from gateway.evidence.checkpoints import is_signed, leaf_of, read, verify_checkpoints
from gateway.jobs.house import House
from gateway.jobs.sign_checkpoint import is_due, sign_checkpoint
from gateway.jobs.worker import run_once
from gateway.models import Checkpoint, Task
from gateway.store import audit_chain
from gateway.store.keys import Keys
from gateway.store.objects import LocalObjects
from gateway.vocabulary import Command, TaskKind
from tests.factories.gateways import approved_project, cleared_snapshot, sealed_release


@pytest.fixture
def house(town, tmp_path):
    return House(town.gateway, LocalObjects(tmp_path / "objects"), Keys(tmp_path / "keys", "k" * 32))


def log_of(town):
    return town.read(audit_chain.export)


def signed(town):
    return [read(audit_chain.published(row)) for row in town.read(audit_chain.checkpoints)]


@pytest.fixture
def grown(town, house):
    """A log with three checkpoints and rows behind the last."""
    for _ in range(3):
        approved_project(town)
        sign_checkpoint(house)
    approved_project(town)
    return log_of(town), signed(town), house.keys.public().hex()


def rechained(rows, start):
    """What somebody with the database would do: every hash from a row on made anew."""
    previous = rows[start - 2]["hash"] if start > 1 else chain.GENESIS
    for row in rows[start - 1 :]:
        row["previous"] = previous
        row["hash"] = previous = chain.row_hash(row)
    return rows


def test_a_log_agrees_with_its_checkpoints(grown):
    rows, checkpoints, key = grown
    assert len(checkpoints) == 3
    assert checkpoints[-1].size < len(rows)
    assert verify_checkpoints(rows, checkpoints, key) is None
    for checkpoint in checkpoints:
        assert merkle.root([leaf_of(row) for row in rows[: checkpoint.size]]).hex() == checkpoint.root


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_rewritten_log_is_found_between_two_checkpoints(grown, place):
    rows, checkpoints, key = grown
    before = checkpoints[place - 1].size if place else 0
    changed = before + 2
    rows[changed - 1]["actor"] = "somebody else"
    rechained(rows, changed)
    assert chain.verify(rows).broken_at is None, "the chain alone does not see it"
    found = verify_checkpoints(rows, checkpoints, key)
    assert found is not None
    assert found.broken_at == before + 1
    assert f"between row {before + 1} and row {checkpoints[place].size}" in found.why


def test_rows_cut_off_at_the_end_are_missed(grown):
    rows, checkpoints, key = grown
    rows = rows[: checkpoints[-1].size - 1]
    found = verify_checkpoints(rows, checkpoints, key)
    assert found is not None
    assert (found.broken_at, "missing at the end" in found.why) == (len(rows) + 1, True)


def test_nobody_else_can_sign(grown, tmp_path):
    rows, checkpoints, _ = grown
    other = Keys(tmp_path / "others", "o" * 32).public().hex()
    found = verify_checkpoints(rows, checkpoints, other)
    assert found is not None
    assert "no valid signature" in found.why
    for name, value in {"size": 2, "root": "0" * 64, "at": "2020-01-01T00:00:00+00:00"}.items():
        assert not is_signed(read(checkpoints[0].shown() | {name: value}), checkpoints[0].public_key)


def test_a_checkpoint_says_that_the_log_only_grew(grown):
    rows, checkpoints, _ = grown
    leaves = [leaf_of(row) for row in rows]
    for earlier, later in itertools.pairwise(checkpoints):
        path = merkle.consistency(earlier.size, leaves[: later.size])
        roots = bytes.fromhex(earlier.root), bytes.fromhex(later.root)
        assert merkle.is_consistent(earlier.size, later.size, *roots, path)


def test_signing_is_a_row_of_the_log_and_signing_nothing_new_is_not(town, house):
    sign_checkpoint(house)
    before = len(log_of(town))
    assert log_of(town)[-1]["event"] == "audit:checkpoint_signed"
    sign_checkpoint(house)  # over the row that the first left
    sign_checkpoint(house)
    assert len(log_of(town)) == before + 2


def test_due_once_a_day(town, house):
    assert is_due(house)
    sign_checkpoint(house)
    assert not is_due(house)
    town.clock.now += timedelta(days=1)
    assert is_due(house)


def test_each_release_brings_one(town, house):
    project = approved_project(town)
    cleared_snapshot(town, project)
    release = sealed_release(town, project)
    for checker in ("checker1", "checker2"):
        town.do(checker, Command.REVIEW_RELEASE, release, {"verdict": "APPROVE", "reason": "fine"})
    queued = town.read(lambda work: work.all(Task, Task.kind == TaskKind.SIGN_CHECKPOINT))
    assert [task.subject_id for task in queued] == [release]
    while run_once(house):
        pass
    checkpoint = signed(town)[-1]
    published = [row["seq"] for row in log_of(town) if row["event"] == "release:published"]
    assert checkpoint.size >= published[-1]
    assert verify_checkpoints(log_of(town), [checkpoint], house.keys.public().hex()) is None


def test_auditors_export_them(town, house):
    sign_checkpoint(house)
    told = town.do("auditor", Command.EXPORT_AUDIT, town.pool_id).returned
    again = json.loads(json.dumps(told))
    checkpoints = [read(each) for each in again["checkpoints"]]
    assert verify_checkpoints(again["rows"], checkpoints, house.keys.public().hex()) is None


@pytest.mark.parametrize("wrong", [{}, {"size": 0}, {"size": True}, {"root": None}, {"signature": 3}])
def test_what_is_no_checkpoint(grown, wrong):
    told = grown[1][0].shown() | wrong if wrong else {}
    with pytest.raises(ValueError, match="not a checkpoint"):
        read(told)


def test_a_checkpoint_of_a_size_is_signed_once(town, house):
    """Two workers at once: the second changes nothing."""
    sign_checkpoint(house)
    row = town.read(audit_chain.newest_checkpoint)
    given = {**audit_chain.published(row), "edge": row.edge, "root": "0" * 64}
    town.do("system", Command.SIGN_CHECKPOINT, town.pool_id, given)
    assert [each.root for each in town.read(lambda work: work.all(Checkpoint))] == [row.root]
