"""`tre snapshots build` against a living gateway: it asks, waits, and says in words how it ended."""

import json
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from gateway.cli import builds
from gateway.models import Snapshot
from gateway.vocabulary import Command
from tests.factories.command_lines import tre
from tests.factories.gateways import active_list, approved_project
from tests.factories.sites import Site, open_site, served
from workspaces.catalogue.errors import Invalid

BUILT = {"cut_date": "2026-06-30", "manifest_digest": "m", "commitment": "c", "nonce": "n", "people": 9}


@dataclass
class Asked:
    """A lead at the command line, and a worker that does something once the snapshot is there."""

    site: Site
    project: str
    environment: dict[str, str]

    def build(self, *options: str, work: Callable[[str], None] | None = None) -> Any:
        worker = threading.Thread(target=self._worked, args=(work,)) if work else None
        if worker:
            worker.start()
        ran = tre("snapshots", "build", self.project, *options, environment=self.environment)
        if worker:
            worker.join()
        return ran

    def _worked(self, work: Callable[[str], None]) -> None:
        pause = threading.Event()
        for _ in range(600):
            found = self.site.town.read(lambda each: each.all(Snapshot))
            if found:
                work(found[-1].id)
                return
            pause.wait(0.05)

    def do(self, *commands: tuple[Command, Any]) -> Callable[[str], None]:
        def work(snapshot_id: str) -> None:
            for command, given in ((Command.BEGIN_SNAPSHOT, None), *commands):
                self.site.town.do("system", command, snapshot_id, given)

        return work


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Asked]:
    monkeypatch.setattr(builds, "PAUSE_SECONDS", 0.02)
    site = open_site(tmp_path)
    project = approved_project(site.town)
    active_list(site.town)
    made = site.town.do("lead", Command.CREATE_TOKEN, site.town.people["lead"], {"label": "test"})
    with served(site.app) as address:
        yield Asked(site, project, {"TRE_URL": address, "TRE_TOKEN": made.returned["token"]})
    site.town.gateway.unit.dispose()


def test_it_waits_until_the_snapshot_is_built(asked: Asked) -> None:
    ran = asked.build("--json", work=asked.do((Command.COMPLETE_SNAPSHOT, BUILT)))
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert json.loads(ran.stdout)["state"] == "BUILT"


def test_a_build_that_failed_is_told_with_its_reason(asked: Asked) -> None:
    failed = {"code": "snapshot:list_too_old", "sentence": "The opt-out list is older than 7 days."}
    ran = asked.build(work=asked.do((Command.FAIL_SNAPSHOT, failed)))
    assert (ran.exit_code, ran.stdout) == (1, "")
    assert ran.stderr.startswith("snapshot:list_too_old: The build failed. The opt-out list is older than 7 days. ")


def test_a_build_that_takes_longer_goes_on(asked: Asked) -> None:
    ran = asked.build("--wait", "0")
    snapshot = asked.site.town.read(lambda work: work.find(Snapshot).id)
    assert (ran.exit_code, ran.stdout) == (1, "")
    assert ran.stderr.startswith("snapshot:not_built_yet: ")
    assert f"tre snapshots status {snapshot}" in ran.stderr


def test_what_the_gateway_refuses_is_refused_here(asked: Asked) -> None:
    asked.project = "prj-0000000000000000"
    ran = asked.build()
    assert (ran.exit_code, ran.stderr.split(": ")[0]) == (1, "subject:unknown")


class Terminal(StringIO):
    """Somebody watches."""

    def isatty(self) -> bool:
        return True


def test_progress_is_for_a_terminal_and_outlives_a_gateway_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([{"state": "REQUESTED"}, None, {"state": "BUILDING"}, {"state": "BUILT"}])

    def looked(*_: str) -> Any:
        answer = next(answers)
        if answer is None:
            raise Invalid("client:unreachable", "The gateway does not answer.", "Check TRE_URL.")
        return answer

    shown = Terminal()
    monkeypatch.setattr(builds, "get", looked)
    monkeypatch.setattr(builds, "PAUSE_SECONDS", 0.15)
    monkeypatch.setattr(sys, "stderr", shown)
    assert builds._awaited("snp-1", 60) == {"state": "BUILT"}
    for words in ("waits for a worker", "no answer just now", "being built"):
        assert f"snp-1 {words}" in shown.getvalue()
