"""`tre workspaces run`, `status`, `stop`, `logs`, `open`: typed by people, while a worker does its part."""

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.cli import rooms
from gateway.models import Grant, Job, Transfer
from gateway.vocabulary import Command, JobState, TransferState
from tests.factories.command_lines import tre
from tests.factories.gateways import approved_project, cleared_snapshot
from tests.factories.sites import Site, open_site, served

Typed = Callable[..., Any]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(rooms, "POLL_SECONDS", 0.02)
    found = open_site(tmp_path)
    yield found
    found.town.gateway.unit.dispose()


@pytest.fixture
def workspace(site: Site) -> str:
    project = approved_project(site.town)
    cleared_snapshot(site.town, project)
    return site.town.do("lead", Command.OPEN_WORKSPACE, project).created_id


@pytest.fixture
def typed(site: Site) -> Iterator[Typed]:
    """A line typed by somebody: its exit code, and what was printed."""
    with served(site.app) as address:

        def run(name: str, *words: str) -> Any:
            made = site.town.do(name, Command.CREATE_TOKEN, site.town.people[name], {"label": "test"})
            environment = {"TRE_URL": address, "TRE_TOKEN": made.returned["token"]}
            return tre(*words, environment=environment)

        yield run


@pytest.fixture
def script(tmp_path: Path) -> str:
    (tmp_path / "count.py").write_text("print(1)\n", encoding="utf-8")
    return str(tmp_path / "count.py")


class Worker:
    """Scans, starts and ends what there is, and lets a minute go by each time; every job ends like `usable` says."""

    def __init__(self, site: Site, *, usable: bool = True, findings: tuple[str, ...] = ()) -> None:
        self.town, self.usable, self.findings = site.town, usable, list(findings)
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.work)

    def __enter__(self) -> "Worker":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.thread.join()

    def work(self) -> None:
        while not self.stop.wait(0.05):
            for row in self.town.read(lambda work: list(work.all(Transfer, Transfer.state == TransferState.SCANNING))):
                verdict = Command.REFUSE_TRANSFER if self.findings else Command.ADMIT_TRANSFER
                self.town.do("system", verdict, row.id, {"findings": self.findings})
            for job in self.town.read(lambda work: list(work.all(Job, Job.state != JobState.ENDED))):
                if job.state is JobState.QUEUED:
                    self.town.do("system", Command.START_JOB, job.id)
                    self.town.clock.pass_(seconds=90)
                self.town.do("system", Command.END_JOB, job.id, {"usable": self.usable})
                self.town.clock.pass_(seconds=90)


@pytest.mark.parametrize(("usable", "code"), [(True, 0), (False, 3)])
def test_a_script_is_run_to_its_end(
    site: Site, typed: Typed, workspace: str, script: str, usable: bool, code: int
) -> None:
    with Worker(site, usable=usable):
        ran = typed("researcher", "workspaces", "run", workspace, script, "--wait")
    assert ran.exit_code == code, ran.output
    last = ran.stdout.splitlines()[-1]
    assert ("  usable" in last) is usable
    assert "CPU s" in last
    status = typed("lead", "workspaces", "status", workspace).stdout
    assert "Researcher: " in status
    assert "19 jobs left today" in status


def test_the_whole_answer_is_json(site: Site, typed: Typed, workspace: str, script: str) -> None:
    with Worker(site):
        ran = typed("researcher", "workspaces", "run", workspace, script, "--wait", "--json")
    assert json.loads(ran.stdout)["state"] == "ENDED"
    assert (
        json.loads(typed("lead", "workspaces", "status", workspace, "--json").stdout)["costs"]["project"]["jobs"] == 1
    )


def test_what_the_scan_holds_back_is_said(site: Site, typed: Typed, workspace: str, script: str) -> None:
    with Worker(site, findings=("scan:nhs_number",)):
        ran = typed("researcher", "workspaces", "run", workspace, script)
    assert ran.exit_code == 4
    assert "scan:nhs_number" in ran.stdout


def test_places_in_the_queue_and_stopping(site: Site, typed: Typed, workspace: str) -> None:
    transfer = site.town.do("researcher", Command.BRING_IN, workspace, {"name": "a.py", "text": "print(1)"}).created_id
    site.town.do("system", Command.ADMIT_TRANSFER, transfer, {"findings": []})
    first, second = (site.town.do("researcher", Command.RUN_JOB, transfer).created_id for _ in range(2))
    status = typed("lead", "workspaces", "status", workspace).stdout
    assert f"{second}  queued  number 2 in the queue" in status
    stopped = typed("lead", "workspaces", "stop", first)
    assert stopped.stdout.startswith(f"{first}  queued")  # its end shows on the tick
    everything = typed("researcher", "workspaces", "stop", workspace)
    assert second in everything.stdout
    site.town.clock.pass_(seconds=61)
    assert typed("lead", "workspaces", "status", workspace).stdout.count("  ended  stopped") == 2
    assert typed("outsider", "workspaces", "stop", second).exit_code != 0


def test_logs_stay_inside_unless_rows_may_be_seen(site: Site, typed: Typed, workspace: str) -> None:
    refused = typed("researcher", "workspaces", "logs", workspace)
    assert "job:stays_inside" in refused.stderr
    with site.town.gateway.unit.writing() as work:
        grant = work.find(Grant)
        assert grant is not None
        grant.tier = "NOTEBOOK"
        work.add(grant)
    assert typed("researcher", "workspaces", "logs", workspace).exit_code == 0


def test_a_workspace_is_opened_for_a_project_and_a_notebook_for_a_workspace(
    site: Site, typed: Typed, workspace: str
) -> None:
    project = approved_project(site.town)
    cleared_snapshot(site.town, project, "L2")
    assert json.loads(typed("lead", "workspaces", "open", project).stdout)["created_id"].startswith("wsp-")
    assert "room:not_granted" in typed("lead", "workspaces", "open", workspace).stderr


@pytest.mark.parametrize(
    ("name", "content", "code"), [("a.R", b"1", "wrong_kind"), ("a.py", b"\xff\xfe\0", "not_text")]
)
def test_what_is_no_script_is_not_sent(
    typed: Typed, workspace: str, tmp_path: Path, name: str, content: bytes, code: str
) -> None:
    (tmp_path / name).write_bytes(content)
    ran = typed("researcher", "workspaces", "run", workspace, str(tmp_path / name))
    assert ran.exit_code != 0
    assert f"script:{code}" in ran.stderr
