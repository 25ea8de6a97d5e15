"""A request that came in beside a script becomes a draft if the job seals it: one bit, told when the end is told."""

import json
from datetime import timedelta

import pytest

from disclosure.checks import submitting
from disclosure.requests import parse_request
from gateway.jobs import run_job as jobs
from gateway.jobs.scan_transfer import scan_transfer
from gateway.models import Job, Release, Transfer
from gateway.vocabulary import Command, ReleaseState, TransferState
from tests.factories.gateways import approved_project, cleared_snapshot, settle_town
from tests.unit.rooms.test_run_job import House, ended
from workspaces.catalogue.errors import Invalid
from workspaces.rooms.base import Ended

REQUEST = {
    "title": "People by sex",
    "view": {"form": {"columns": [{"name": "sex", "person": "sex"}]}},
    "statistics": [{"name": "people", "kind": "count", "by": ["sex"]}],
    "epsilon": "0.5",
}
DIGEST = parse_request(REQUEST).digest()


class Sealing(House):
    """A room in which a script writes `writes(run)` where `tre submit` writes."""

    writes = staticmethod(lambda run: submitting.seal(run, DIGEST))

    def start(self, name, plan):
        super().start(name, plan)
        self.code = plan.workspace / "code"
        run = json.loads((self.code / ".run.json").read_text())["run"]
        (plan.workspace / "out").mkdir(exist_ok=True)
        (plan.workspace / "out" / submitting.SEALED).write_bytes(self.writes(run))


@pytest.fixture
def ran(tmp_path, monkeypatch):
    """Runs a script that came in with a request; gives the town, the job, and what visits the job's task."""

    def run(writes=None, *, text=None, how=Ended.FINISHED):
        town = settle_town(tmp_path / "town")
        project = approved_project(town)
        cleared_snapshot(town, project)
        workspace = town.do("researcher", Command.OPEN_WORKSPACE, project).created_id
        house = Sealing(town, ended(how, 0))
        house.writes = writes or house.writes
        monkeypatch.setattr(jobs, "snapshot_room", lambda *_: tmp_path)
        for name, content in (("count.json", text or json.dumps(REQUEST)), ("count.py", "print('hello')\n")):
            brought = {"name": name, "text": content}
            transfer = town.do("researcher", Command.BRING_IN, workspace, brought).created_id
            scan_transfer(house, transfer)
            town.clock.pass_(seconds=1)
        job = town.do("researcher", Command.RUN_JOB, transfer).created_id
        return town, house, job, jobs.run_job(house, job)

    return run


def drafts(town):
    return town.read(lambda work: work.all(Release, Release.state == ReleaseState.DRAFT))


def test_what_was_sealed_is_a_draft_once_the_end_is_told_and_no_sooner(ran):
    town, house, job, again = ran()
    kept = town.read(lambda work: work.need(Job, job))
    assert (kept.usable, again) == (True, kept.shown_at)
    assert drafts(town) == []
    town.clock.now = again - timedelta(seconds=1)
    assert jobs.run_job(house, job) == again
    town.clock.now = again
    assert jobs.run_job(house, job) is None
    (draft,) = drafts(town)
    assert (draft.request, draft.author_id) == (REQUEST, town.people["researcher"])
    assert jobs.run_job(house, job) is None  # delivered again
    assert len(drafts(town)) == 1
    assert json.loads((house.code / "count.json").read_text()) == REQUEST


@pytest.mark.parametrize(
    "writes",
    [
        lambda _: b"",
        lambda _: submitting.seal("job-of-yesterday", DIGEST),
        lambda run: submitting.seal(run, "0" * 64),
        lambda _: json.dumps({**REQUEST, "title": "rows of people"}).encode(),
        lambda run: submitting.seal(run, DIGEST) + b" and a row",
    ],
    ids=["nothing", "of another run", "of another request", "a text of the room", "with a text of the room"],
)
def test_nothing_else_comes_out_and_the_job_is_not_usable(ran, writes):
    town, house, job, again = ran(writes)
    assert again is None
    assert town.read(lambda work: work.need(Job, job)).usable is False
    town.clock.pass_(days=1)
    jobs.run_job(house, job)
    assert drafts(town) == []


def test_a_job_that_fails_submits_nothing(ran):
    town, house, job, _ = ran(how=Ended.KILLED)
    town.clock.pass_(days=1)
    jobs.run_job(house, job)
    assert drafts(town) == []


def test_only_a_request_comes_in_as_json_and_no_request_is_run(ran):
    town, house, _, _ = ran(text='{"rows": [1, 2]}')
    (first,) = town.read(lambda work: work.all(Transfer, Transfer.name == "count.json"))
    assert (first.state, first.findings) == (TransferState.REFUSED, ["request:title"])
    workspace = first.workspace_id
    given = {"name": "other.json", "text": json.dumps(REQUEST)}
    transfer = town.do("researcher", Command.BRING_IN, workspace, given).created_id
    scan_transfer(house, transfer)
    with pytest.raises(Invalid) as why:
        town.do("researcher", Command.RUN_JOB, transfer)
    assert why.value.code == "script:wrong_kind"


def test_the_command_seals_in_a_room_and_says_so_elsewhere(tmp_path, monkeypatch):
    from click.testing import CliRunner

    monkeypatch.setattr(submitting, "OUT", tmp_path / "out")
    monkeypatch.setattr(submitting, "RUN", tmp_path / "run.json")
    (tmp_path / "request.json").write_text(json.dumps(REQUEST))
    asked = [str(tmp_path / "request.json")]
    outside = CliRunner().invoke(submitting.submit, asked)
    assert isinstance(outside.exception, Invalid)
    (tmp_path / "run.json").write_text('{"run": "job-1"}')
    assert CliRunner().invoke(submitting.submit, asked).output == f"sealed {DIGEST}\n"
    assert (tmp_path / "out" / submitting.SEALED).read_bytes() == submitting.seal("job-1", DIGEST)
