"""Every class of the retention table goes when its time has come, not a day before, and once."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import SQLModel

from gateway.backup import taking
from gateway.jobs.house import House
from gateway.jobs.retention import apply_retention
from gateway.models import (
    ApiToken,
    AuditEvent,
    Incident,
    Job,
    Load,
    Notice,
    OptOutList,
    Project,
    Session,
    Task,
    Workspace,
)
from gateway.rules.retention import REMOVED, SWEPT
from gateway.store.keys import Keys
from gateway.store.objects import LocalObjects
from gateway.vocabulary import JobState, OptOutListState, ProjectState, TaskKind
from tests.factories.gateways import SECRET, Town, approved_project

LONG = timedelta(days=9999)


@pytest.fixture
def house(town: Town) -> House:
    folder = town.gateway.settings.folder
    return House(town.gateway, LocalObjects(folder / "objects"), Keys(folder / "keys", SECRET))


def one_of_each(town: Town, ended: datetime, room: str) -> dict[str, SQLModel]:
    """Of each class a row whose time began at that moment."""
    lead, pool, n = town.people["lead"], town.pool_id, str(ended.timestamp())
    times: dict[str, Any] = {"created_at": ended - LONG, "expires_at": ended}
    received = {"local_id": n, "list_date": ended, "digest": "d", "commitment": "c", "nonce": "n"}
    return {
        "sign-ins": Session(id_hash=n, last_seen_at=ended, **times),
        "personal tokens": ApiToken(person_id=lead, token_hash=n, label="l", **times),
        "notices": Notice(at=ended, person_id=lead, event="e", subject_id="s"),
        "tasks of workers": Task(kind=TaskKind.RUN_JOB, subject_id="s", due_at=ended, done_at=ended),
        "runs of jobs": Job(
            state=JobState.ENDED, workspace_id=room, transfer_id="t", person_id=lead, submitted_at=ended
        ),
        "quarantine counts of loads": Load(
            digest=n, organisation="o", format="f", standing="s", loaded_at=ended, rows={"a": 1}, quarantined={"r": 3}
        ),
        "receipts of opt-out lists": OptOutList(
            pool_id=pool, received_at=ended, receipt={"asked": 3}, state=OptOutListState.SUPERSEDED, **received
        ),
        "refused applications": Project(
            pool_id=pool, title="t", application={"who": "names"}, state=ProjectState.REFUSED, created_at=ended
        ),
        "incidents": Incident(at=ended, kind="k", subject_id="s", sentence="s", closed_at=ended),
    }


def rows(town: Town, each: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = town.read(lambda work: [row.model_dump() for row in work.all(each.table)])
    return found


def retained(town: Town) -> list[str]:
    found = town.read(lambda work: work.all(AuditEvent, AuditEvent.event == "retention:applied"))
    return [row.reason for row in found]


def test_each_class_ends_on_its_day_once(town: Town, house: House) -> None:
    """The planted rows are older or younger than the class's period by an hour."""
    project_id = approved_project(town)
    now = town.clock()
    with town.gateway.unit.writing() as work:
        room = work.add(Workspace(project_id=project_id, room_key="k", opened_at=now))
        for each in SWEPT:
            for hours in (-1, 1):
                begun = now - timedelta(days=each.days or 0, hours=-hours)
                work.add(one_of_each(town, begun, room.id)[each.name])
    before = {each.name: rows(town, each) for each in SWEPT}
    apply_retention(house)
    for each in SWEPT:
        left = rows(town, each)
        changed = [row for row in before[each.name] if row not in left]
        assert len(changed) == 1, each.name
        if each.emptied:
            (now_,) = (row for row in left if row not in before[each.name])
            assert {name: now_[name] for name in each.emptied} == dict(each.emptied)
        else:
            assert len(left) == len(before[each.name]) - 1
    (reason,) = retained(town)
    assert reason == ", ".join(f"{each.name}: 1" for each in SWEPT)
    apply_retention(house)
    assert len(retained(town)) == 1, "nothing due, nothing in the log"


def test_what_is_in_use_never_ends(town: Town, house: House) -> None:
    now = town.clock() - LONG
    planted = one_of_each(town, now, "")
    active, draft = planted["receipts of opt-out lists"], planted["refused applications"]
    opened, waiting = planted["incidents"], planted["tasks of workers"]
    with town.gateway.unit.writing() as work:
        for row, name, value in (
            (active, "state", OptOutListState.ACTIVE),
            (draft, "state", ProjectState.DRAFT),
            (opened, "closed_at", None),
            (waiting, "done_at", None),
        ):
            setattr(row, name, value)
            work.add(row)
    apply_retention(house)
    assert retained(town) == []
    assert REMOVED not in {row["title"] for row in rows(town, SWEPT[7])}


def test_keys_in_old_backups_go_too(town: Town, house: House) -> None:
    made = taking.take(house, house.folder / "backups")
    town.clock.pass_(days=house.gateway.settings.key_backup_days)
    apply_retention(house)
    assert not (made / "keys").exists()
    assert (made / "database").exists()


def test_every_swept_class_says_when_and_why() -> None:
    assert len({each.name for each in SWEPT}) == len(SWEPT) == 9
    assert all(each.days and each.since and each.ground for each in SWEPT)
