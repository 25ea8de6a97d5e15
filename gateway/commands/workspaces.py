"""Workspaces: opened over a cleared snapshot; scripts come in scanned and run as jobs that tell little."""

from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_hex

from pydantic import Field

from gateway.commands.act import Act, Given, verb
from gateway.commands.texts import Text
from gateway.models import Job, Project, Transfer, Workspace
from gateway.vocabulary import Command
from workspaces.catalogue.errors import Invalid

MAX_TEXT = 1_048_576


@verb(Command.OPEN_WORKSPACE)
def open_workspace(*, act: Act, subject: Project, given: Given) -> None:
    """One workspace a project; its folder's name says nothing."""
    row = Workspace(project_id=subject.id, room_key=token_hex(16), opened_at=act.now)
    act.created_id = act.work.add(row).id


class Because(Given):
    """A reason that people will read."""

    reason: Text


@verb(Command.FREEZE_WORKSPACE, Because)
def freeze(*, act: Act, subject: Workspace, given: Because) -> None:
    """Nothing runs and nothing comes in any more."""
    act.reason = given.reason


class Purged(Given):
    """A refresh, the digest of its sealed receipt, and how many files it removed."""

    refresh_id: str
    receipt: str
    removed: int


@verb(Command.PURGE_WORKSPACE, Purged)
def purge(*, act: Act, subject: Workspace, given: Purged) -> None:
    """Files with rows of people are gone from the room's folder."""
    subject.refresh_id = given.refresh_id
    act.reason = f"{given.removed} files removed; receipt {given.receipt}"


class BringIn(Given):
    """A script or a release request, written outside; what may stand in it is for the scan to say."""

    JUDGED_ELSEWHERE = frozenset({"text"})
    name: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,60}\.(py|sql|json)$")
    text: str = Field(min_length=1, max_length=MAX_TEXT)


@verb(Command.BRING_IN, BringIn)
def bring_in(*, act: Act, subject: Workspace, given: BringIn) -> None:
    """Kept by digest until the scan has seen it."""
    content = given.text.encode()
    digest = sha256(content).hexdigest()
    quarantine = act.settings.folder / "transfers"
    quarantine.mkdir(mode=0o700, parents=True, exist_ok=True)
    (quarantine / digest).write_bytes(content)
    row = Transfer(
        workspace_id=subject.id,
        person_id=act.actor.person_id,
        name=given.name,
        digest=digest,
        size=len(content),
        submitted_at=act.now,
    )
    act.created_id = act.work.add(row).id


class Scanned(Given):
    """What the scan found: rule names, never content."""

    findings: list[str] = Field(default_factory=list)


@verb(Command.ADMIT_TRANSFER, Scanned)
def admit(*, act: Act, subject: Transfer, given: Scanned) -> None:
    """The file may be used in the room."""
    subject.findings = given.findings


@verb(Command.REFUSE_TRANSFER, Scanned)
def refuse(*, act: Act, subject: Transfer, given: Scanned) -> None:
    """The file stays outside."""
    subject.findings = given.findings
    act.reason = ", ".join(given.findings)


@verb(Command.RUN_JOB)
def run_job(*, act: Act, subject: Transfer, given: Given) -> None:
    """Queued; its snapshot is the one that is cleared when it starts."""
    if subject.name.endswith(".json"):
        raise Invalid("script:wrong_kind", "A request is no program.", "Run the script that it came in with.")
    row = Job(
        workspace_id=subject.workspace_id,
        transfer_id=subject.id,
        person_id=act.actor.person_id,
        submitted_at=act.now,
    )
    act.created_id = act.work.add(row).id


@verb(Command.RERUN_JOB)
def rerun_job(*, act: Act, subject: Transfer, given: Given) -> None:
    """The recorded job of a refreshed workspace, queued again in the name of who brought the script in."""
    row = Job(
        workspace_id=subject.workspace_id, transfer_id=subject.id, person_id=subject.person_id, submitted_at=act.now
    )
    act.created_id = act.work.add(row).id


@verb(Command.START_JOB)
def start_job(*, act: Act, subject: Job, given: Given) -> None:
    """Running, on the snapshot that is cleared at this moment."""
    subject.started_at = act.now
    subject.start_shown_at = next_tick(act.now, act.settings.job_tick_seconds)
    subject.snapshot_id = act.facts.snapshot.id if act.facts.snapshot else None


class Ended(Given):
    """The one bit that is told; what was measured only where the project's people may see rows."""

    usable: bool
    seconds: float | None = None
    cpu_seconds: float | None = None


@verb(Command.END_JOB, Ended)
def end_job(*, act: Act, subject: Job, given: Ended) -> None:
    """Kept until the next tick; nothing else of how it went is kept outside the room."""
    subject.seconds, subject.cpu_seconds = given.seconds, given.cpu_seconds
    if subject.stopped_at is None:
        subject.usable = given.usable
        subject.shown_at = next_tick(act.now, act.settings.job_tick_seconds)


def next_tick(now: datetime, seconds: int) -> datetime:
    """The next whole multiple of the tick since the epoch, never this very moment."""
    since = int(now.timestamp()) // seconds * seconds + seconds
    return now.replace(microsecond=0) + timedelta(seconds=since - int(now.timestamp()))
