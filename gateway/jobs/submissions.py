"""Requests that a job seals in its room: which one belongs to a script, whether it was sealed, the draft it becomes.

A script NAME.py that came in together with a request NAME.json is declared to ask for it. Such a job is usable if it
ended well and sealed that request; the draft is made when its end is told. So of a job still one bit comes out (P13),
and nothing that a room wrote: the request is the one that came in.
"""

import json
from contextlib import suppress
from datetime import datetime
from pathlib import Path, PurePosixPath

from disclosure.checks.submitting import SEALED, seal
from disclosure.requests import parse_request
from gateway.commands.perform import perform
from gateway.jobs.house import House
from gateway.models import Job, Person, Release, Transfer, Workspace
from gateway.rules.refusals import Refusal
from gateway.store.queries.facts import actor_of
from gateway.store.unit_of_work import Work
from gateway.vocabulary import Command, ReleaseState, TransferState
from workspaces.catalogue.errors import Invalid
from workspaces.rooms.folders import read_file

OUT = "out"
RUN = ".run.json"
MOST = 1 << 12  # bytes; a seal has some 150


def request_of(work: Work, job: Job) -> Transfer | None:
    """The request that had come in for this job's script when it was queued: the newest, or None."""
    script = work.need(Transfer, job.transfer_id)
    named = Transfer.name == f"{PurePosixPath(script.name).stem}.json"
    inside = Transfer.workspace_id == job.workspace_id
    found = work.all(Transfer, named, inside, Transfer.state == TransferState.ADMITTED)
    before = [each for each in found if each.submitted_at <= job.submitted_at]
    return max(before, key=lambda each: (each.submitted_at, each.id), default=None)


def text_of(house: House, request: Transfer) -> bytes:
    """The request as it came in."""
    return (house.folder / "transfers" / request.digest).read_bytes()


def is_sealed(house: House, workspace: Workspace, job: Job, request: Transfer) -> bool:
    """Whether this very run sealed this very request."""
    digest = parse_request(json.loads(text_of(house, request))).digest()
    folder: Path = house.rooms_folder / workspace.room_key
    return read_file(folder.resolve(), OUT, SEALED, MOST) == seal(job.id, digest)


def draft(house: House, job_id: str) -> datetime | None:
    """Make the draft of an ended job once its end is told; gives when to come again, or None when nothing is left."""
    with house.gateway.unit.reading() as work:
        job = work.need(Job, job_id)
        request = request_of(work, job)
        if request is None or not job.usable or job.shown_at is None:
            return None
        if house.gateway.now() < job.shown_at:
            return job.shown_at
        body = json.loads(text_of(house, request))
        project_id = work.need(Workspace, job.workspace_id).project_id
        mine = (Release.project_id == project_id, Release.author_id == job.person_id)
        digest = Release.request_digest == parse_request(body).digest()
        if work.all(Release, *mine, digest, Release.state == ReleaseState.DRAFT):
            return None
        person = work.need(Person, job.person_id)
        actor = actor_of(work, person, house.gateway.now())
    given = {"request": body}
    with suppress(Refusal, Invalid):  # of request, grant and person alone; the log says it
        perform(house.gateway, actor=actor, command=Command.DRAFT_RELEASE, subject_id=project_id, given=given)
    return None
