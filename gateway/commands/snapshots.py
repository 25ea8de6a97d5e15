"""Snapshots: requested by the lead, built by the system, cleared by an IG officer."""

from datetime import date
from typing import Any

from pydantic import Field

from gateway.commands.act import Act, Given, verb
from gateway.commands.exemptions import acting
from gateway.commands.texts import Text
from gateway.models import Project, Snapshot
from gateway.vocabulary import Command, SnapshotState


@verb(Command.REQUEST_SNAPSHOT)
def request(*, act: Act, subject: Project, given: Given) -> None:
    """A new snapshot row; the build is queued with it."""
    active = act.facts.active_list
    row = Snapshot(project_id=subject.id, requested_at=act.now, opt_out_list_id=active.id if active else None)
    act.created_id = act.work.add(row).id


@verb(Command.BEGIN_SNAPSHOT)
def begin(*, act: Act, subject: Snapshot, given: Given) -> None:
    """The build uses the list that is active now, and an exemption from it if one is in force."""
    subject.opt_out_list_id = act.facts.active_list.id if act.facts.active_list else None
    subject.exemption_id = acting(act)


class Built(Given):
    """What the build says of itself; counts are exact and stay inside."""

    cut_date: date
    manifest_digest: str
    commitment: str
    nonce: str
    people: int
    removed: dict[str, int] = Field(default_factory=dict)
    exempted: int = 0
    risk: dict[str, Any] = Field(default_factory=dict)


@verb(Command.COMPLETE_SNAPSHOT, Built)
def complete(*, act: Act, subject: Snapshot, given: Built) -> None:
    """The built snapshot waits for an IG officer."""
    for name, value in given.model_dump().items():
        setattr(subject, name, value)
    subject.built_at = act.now


class Failed(Given):
    """A code and a sentence without values."""

    code: str
    sentence: str


@verb(Command.FAIL_SNAPSHOT, Failed)
def fail(*, act: Act, subject: Snapshot, given: Failed) -> None:
    """Nothing is left of a failed build."""
    subject.failure = f"{given.code}: {given.sentence}"
    act.reason = given.code


@verb(Command.CLEAR_SNAPSHOT)
def clear(*, act: Act, subject: Snapshot, given: Given) -> None:
    """The project's one readable snapshot; the one before is retired with it."""
    earlier = act.work.all(Snapshot, Snapshot.project_id == subject.project_id, Snapshot.state == SnapshotState.CLEARED)
    for row in earlier:
        row.state = SnapshotState.RETIRED
    act.work.session.flush()


class Because(Given):
    """A reason that people will read."""

    reason: Text


@verb(Command.RETIRE_SNAPSHOT, Because)
def retire(*, act: Act, subject: Snapshot, given: Because) -> None:
    """No job and no draw reads it any more."""
    act.reason = given.reason


@verb(Command.LOOK_FOR_PEOPLE)
def look_for_people(*, act: Act, subject: Snapshot, given: Given) -> None:
    """Recorded that somebody looked; the numbers looked for are not kept."""


class Renewed(Given):
    """The refresh that asks for it."""

    refresh_id: str


@verb(Command.RENEW_SNAPSHOT, Renewed)
def renew(*, act: Act, subject: Snapshot, given: Renewed) -> None:
    """A new snapshot of the same grant, to take this one's place; the build is queued with it."""
    row = Snapshot(project_id=subject.project_id, requested_at=act.now, refresh_id=given.refresh_id)
    act.created_id = act.work.add(row).id


@verb(Command.DESTROY_SNAPSHOT)
def destroy(*, act: Act, subject: Snapshot, given: Given) -> None:
    """Its files are gone from the store and from every room; the row stays as a receipt."""
