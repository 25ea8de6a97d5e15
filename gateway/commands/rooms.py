"""What runs in a workspace: a notebook or desktop asked for and closed, a job stopped, logs read where they may be."""

import hmac
from datetime import datetime
from hashlib import sha256

from gateway.commands.act import Act, Given, verb
from gateway.commands.workspaces import next_tick
from gateway.models import Job, Workspace
from gateway.rules.tiers import tier_of
from gateway.rules.visibility import shown_state
from gateway.settings import Settings
from gateway.vocabulary import Command
from workspaces.catalogue.errors import Invalid
from workspaces.rooms import desktops
from workspaces.rooms.folders import read_log

LOGS = ("stdout", "stderr")


@verb(Command.START_ROOM)
def start(*, act: Act, subject: Workspace, given: Given) -> None:
    """Asked for; workers open it and keep it open."""
    if not (act.settings.rooms_url and act.settings.notebook_environment):
        raise Invalid("room:no_notebooks", "This gateway has no place for notebooks.", "Run scripts as jobs.")
    if tier_of(act.facts.grant).desktop and not desktops.installed():
        raise Invalid("room:no_desktops", "What desktops are made of is not installed here.", "Run ./run setup.")
    subject.room_asked_at, subject.room_asked_by = act.now, act.actor.person_id


@verb(Command.ENTER_ROOM)
def enter(*, act: Act, subject: Workspace, given: Given) -> None:
    """That somebody went in is recorded; each request is judged anew."""


@verb(Command.STOP_ROOM)
def stop(*, act: Act, subject: Workspace, given: Given) -> None:
    """Workers close it; files stay, what was in memory does not."""
    _close(subject)


class Why(Given):
    """Why a room ends that nobody closed."""

    reason: str


@verb(Command.END_ROOM, Why)
def end(*, act: Act, subject: Workspace, given: Why) -> None:
    """It was idle for too long, or may not go on."""
    _close(subject)
    act.reason = given.reason


def _close(subject: Workspace) -> None:
    subject.room_asked_at = subject.room_asked_by = None


@verb(Command.STOP_JOB)
def stop_job(*, act: Act, subject: Job, given: Given) -> None:
    """Ends unusable on the next tick, wherever it was: whether it had ended by itself is not told by stopping it."""
    subject.stopped_at = subject.stopped_at or act.now
    subject.usable = False
    subject.shown_at = subject.shown_at or next_tick(act.now, act.settings.job_tick_seconds)
    act.told = shown_state(subject, act.now)[0].value


@verb(Command.VIEW_LOGS)
def view_logs(*, act: Act, subject: Workspace, given: Given) -> None:
    """What the last job printed, as text."""
    folder = (act.settings.folder / "rooms" / subject.room_key).resolve()
    act.returned = {name: read_log(folder, f"{name}.txt").decode(errors="replace") for name in LOGS}


def run_name(workspace: Workspace) -> str:
    """The name by which a driver knows the run of a workspace's open notebook; another each time it is opened."""
    return f"{workspace.id}.{_moment(workspace)}"


def token_of(settings: Settings, workspace: Workspace) -> str:
    """What the notebook's server asks of whoever speaks to it: known to the gateway alone, kept nowhere."""
    said = f"room {workspace.id} {_moment(workspace)}".encode()
    return hmac.new(settings.secret_key.get_secret_value().encode(), said, sha256).hexdigest()


def _moment(workspace: Workspace) -> str:
    asked: datetime | None = workspace.room_asked_at
    return f"{asked.timestamp():.6f}" if asked else "closed"
