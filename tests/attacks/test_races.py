"""Every step of every journey is taken by two at once, through two workers: of each that leads elsewhere one wins.

The journeys together walk every row that leads from one state to another; a new row that none of them walks is named.
"""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest

from gateway.commands.perform import Gateway, perform
from gateway.models import RegisterEntry
from gateway.rules.refusals import Refusal
from gateway.rules.transitions import STEPS
from gateway.store import audit_chain
from gateway.vocabulary import Command, Seat
from tests.factories.gateways import EXEMPTION, REQUEST, Town, application, opened
from tests.factories.tried import Tried
from workspaces.catalogue.errors import Invalid

C = Command

WHY = {"reason": "a reason"}
BUILT = {"cut_date": "2026-06-30", "manifest_digest": "m", "commitment": "c", "nonce": "n", "people": 9}
SEALED = {"artefact_digest": "a" * 64, "package_digest": "b" * 64}
APPROVE, REFUSE, RETURN = ({"verdict": verdict, **WHY} for verdict in ("APPROVE", "REFUSE", "RETURN"))
COMMITTEE, CHECKERS = ("member1", "member2", "lay"), ("checker1", "checker2")


@dataclass
class Race:
    """A town whose every step is taken twice at the same moment; counts who won."""

    town: Town
    other: Gateway
    tried: Tried
    wins: list[int] = field(default_factory=list)
    number: int = 0

    def run(self, name: str, command: C, subject_id: str, given: Any = None) -> str:
        """Both at once; the id of what the winner made. A step that leads elsewhere has one winner."""
        line, actor = threading.Barrier(2), self.town.actor(name)

        def act(gateway: Gateway) -> tuple[str, str]:
            line.wait()
            try:
                made = perform(gateway, actor=actor, command=command, subject_id=subject_id, given=given)
            except (Refusal, Invalid) as why:
                return why.code, ""
            return "", made.created_id

        with ThreadPoolExecutor(2) as pool:
            came = list(pool.map(act, (self.town.gateway, self.other)))
        won = [made for code, made in came if not code]
        lost = [code for code, _ in came if code]
        self.tried()
        self.wins.append(len(won))
        assert won, (command, lost)
        if leads_elsewhere(command) or lost:
            assert len(won) == 1, command
            assert set(lost) <= LOSES, (command, lost)
        return won[0]

    def snapshot(self, project: str) -> str:
        made = self.run("lead", C.REQUEST_SNAPSHOT, project)
        self.run("system", C.BEGIN_SNAPSHOT, made)
        return made

    def release(self, project: str, *steps: tuple[str, C, Any]) -> str:
        """A request of its own, and what comes then."""
        self.number += 1
        asked = {**REQUEST, "title": f"Question {self.number}", "epsilon": "0.02"}
        made = self.run("researcher", C.DRAFT_RELEASE, project, {"request": asked})
        for step in (("researcher", C.SUBMIT_RELEASE, None), *steps):
            self.run(step[0], step[1], made, step[2])
        return made


LOSES = {"command:wrong_state", "vote:already_cast", "review:already_given", "refresh:running", "subject:unknown"}
LOSES |= {"workspace:open_already", "release:asked_before", "opt_outs:received_already", "review:confirmed"}


def leads_elsewhere(command: C) -> bool:
    return all(row.to is not row.state for row in STEPS if row.command is command)


@pytest.fixture
def race(town: Town, tried: Tried) -> Iterator[Race]:
    made = Race(town, Gateway(opened(town.gateway.settings.database), town.gateway.settings, town.clock), tried)
    yield made
    rows = [row for row in town.read(audit_chain.export) if not row["code"]]
    state: dict[str, str] = {}
    for row in rows:  # one order in which each found what the one before had left
        assert state.setdefault(row["subject_id"], row["state_before"]) == row["state_before"], row
        state[row["subject_id"]] = row["state_after"]


DREW = (("checker1", C.CLEAR_PLAN, WHY), ("system", C.RESERVE_BUDGET, None), ("system", C.BEGIN_DRAW, None))
DRAWN = (*DREW, ("system", C.SEAL_ARTEFACT, SEALED))
DIFFER = (*DRAWN, ("checker1", C.REVIEW_RELEASE, APPROVE), ("checker2", C.REVIEW_RELEASE, REFUSE))
SPLIT = (*DIFFER, ("checker1", C.CONFIRM_REVIEW, APPROVE), ("checker2", C.CONFIRM_REVIEW, REFUSE))
RELEASES: dict[str, tuple[tuple[str, C, Any], ...]] = {
    "withdrawn": (("researcher", C.WITHDRAW_RELEASE, None),),
    "turned back": (("checker1", C.RETURN_PLAN, WHY),),
    "failed before": (DREW[0], ("system", C.FAIL_DRAW, None)),
    "void": (*DREW[:2], ("system", C.FAIL_DRAW, None)),
    "refused": (*DRAWN, *((name, C.REVIEW_RELEASE, REFUSE) for name in CHECKERS)),
    "returned": (*DRAWN, *((name, C.REVIEW_RELEASE, RETURN) for name in CHECKERS)),
    "released and recalled": (
        *DRAWN,
        *((name, C.REVIEW_RELEASE, APPROVE) for name in CHECKERS),
        ("ig", C.RECALL_RELEASE, WHY),
    ),
    "kept, then consolidated: approved": (
        *((name, C.KEEP_REVIEW, {"reason": "as far as I got"}) for name in CHECKERS),
        *DIFFER,
        *((name, C.CONFIRM_REVIEW, APPROVE) for name in CHECKERS),
    ),
    "consolidated: refused": (*DIFFER, *((name, C.CONFIRM_REVIEW, REFUSE) for name in CHECKERS)),
    "consolidated: returned": (*DIFFER, *((name, C.CONFIRM_REVIEW, RETURN) for name in CHECKERS)),
    "adjudicated: approved": (*SPLIT, ("checker3", C.ADJUDICATE_RELEASE, APPROVE)),
    "adjudicated: refused": (*SPLIT, ("checker3", C.ADJUDICATE_RELEASE, REFUSE)),
    "adjudicated: returned": (*SPLIT, ("checker3", C.ADJUDICATE_RELEASE, RETURN)),
    "failed in the draw": (*DREW, ("system", C.FAIL_DRAW, None)),
}


def decided(race: Race, votes: dict[str, Any], project: str = "") -> str:
    """An application through the committee, each vote pressed twice at once."""
    town = race.town
    project = project or race.run("lead", C.DRAFT_PROJECT, town.pool_id, application(epsilon="2"))
    race.run("lead", C.SUBMIT_PROJECT, project)
    for name in COMMITTEE:
        race.run(name, C.CAST_VOTE, project, votes)
    return project


def opt_outs(race: Race) -> None:
    given = {"list_date": race.town.clock().isoformat(), "digest": "d", "commitment": "c", "nonce": "n", "receipt": {}}
    made = race.run("operator", C.RECEIVE_OPT_OUTS, race.town.pool_id, {"local_id": "L1", **given})
    race.run("ig", C.ACTIVATE_OPT_OUTS, made)


def snapshots(race: Race, project: str) -> None:
    """Failed while asked for, failed while built, retired unread, retired after use and destroyed, then one in use."""
    asked = race.run("lead", C.REQUEST_SNAPSHOT, project)
    race.run("system", C.FAIL_SNAPSHOT, asked, {"code": "build:failed", "sentence": "x"})
    race.run("system", C.FAIL_SNAPSHOT, race.snapshot(project), {"code": "build:failed", "sentence": "x"})
    for before in ((), (("ig", C.CLEAR_SNAPSHOT, None),)):
        made = race.snapshot(project)
        race.run("system", C.COMPLETE_SNAPSHOT, made, BUILT)
        for name, command, given in (*before, ("ig", C.RETIRE_SNAPSHOT, WHY), ("system", C.DESTROY_SNAPSHOT, None)):
            race.run(name, command, made, given)
    made = race.snapshot(project)
    race.run("system", C.COMPLETE_SNAPSHOT, made, BUILT)
    race.run("ig", C.CLEAR_SNAPSHOT, made)


def rooms(race: Race, project: str) -> None:
    """A workspace with a script let in and one kept out, runs that end, never began, are stopped; then frozen."""
    workspace = race.run("lead", C.OPEN_WORKSPACE, project)
    script = {"name": "counts.sql", "text": "SELECT 1"}
    race.run("system", C.REFUSE_TRANSFER, race.run("lead", C.BRING_IN, workspace, script), {"findings": ["scan:text"]})
    transfer = race.run("lead", C.BRING_IN, workspace, script)
    race.run("system", C.ADMIT_TRANSFER, transfer, {"findings": []})
    for started in (True, False):
        job = race.run("lead", C.RUN_JOB, transfer)
        if started:
            race.run("system", C.START_JOB, job)
        race.run("system", C.END_JOB, job, {"usable": True})
    race.run("lead", C.STOP_JOB, race.run("lead", C.RUN_JOB, transfer))
    race.run("ig", C.FREEZE_WORKSPACE, workspace, WHY)


def orders(race: Race) -> None:
    """Erasures that two officers decide about, and a refresh."""
    who = {"issuer": "test", "subject": "ig2", "name": "Ig2", "email": "ig2@example.org"}
    town = race.town
    town.people["ig2"] = town.do("system", C.WELCOME_PERSON, town.pool_id, who).created_id
    town.do("system", C.APPOINT_PERSON, town.people["ig2"], {"role": Seat.IG_OFFICER.value})
    given = {"ground": "OBJECTION", "token": "0123456789abcdef"}
    for command, said in ((C.REFUSE_ERASURE, {**WHY, "refusal": "PUBLIC_HEALTH"}), (C.APPROVE_ERASURE, WHY)):
        order = race.run("ig", C.PROPOSE_ERASURE, town.pool_id, given)
        race.run("ig2", command, order, said)
    race.run("system", C.COMPLETE_ERASURE, order)
    race.run("system", C.END_REFRESH, race.run("system", C.BEGIN_REFRESH, town.pool_id))


def exemptions(race: Race) -> None:
    """Refused at once, refused by the committee, in force and ended."""
    town, project = race.town, decided(race, APPROVE)
    entry = town.read(lambda work: work.find(RegisterEntry, RegisterEntry.project_id == project)).id
    race.run("ig", C.PUBLISH_ENTRY, entry)
    steps = (("ig2", C.SECOND_EXEMPTION), ("member1", C.APPROVE_EXEMPTION), ("ig", C.END_EXEMPTION))
    for taken, refused in ((0, True), (1, True), (3, False)):
        made = race.run("ig", C.PROPOSE_EXEMPTION, project, EXEMPTION)
        for name, command in steps[:taken]:
            race.run(name, command, made, WHY)
        if refused:
            race.run("ig", C.REFUSE_EXEMPTION, made, WHY)


def certificates(race: Race) -> None:
    """Refused; accepted and revoked."""
    held = {"kind": "IG_TRAINING", "reference": "T-1", "issued_on": race.town.clock().date().isoformat()}
    for steps in ((C.REFUSE_CERTIFICATE,), (C.ACCEPT_CERTIFICATE, C.REVOKE_CERTIFICATE)):
        made = race.run("lead", C.PRESENT_CERTIFICATE, race.town.people["lead"], held)
        for command in steps:
            race.run("ig", command, made, WHY)


def walked(town: Town) -> set[tuple[str, str, str, str]]:
    rows = [row for row in town.read(audit_chain.export) if not row["code"]]
    return {(row["noun"], row["state_before"], row["command"], row["state_after"]) for row in rows}


def test_of_two_who_take_a_step_at_once_one_does(race: Race) -> None:
    town = race.town
    opt_outs(race)
    decided(race, REFUSE)
    project = decided(race, APPROVE, decided(race, RETURN))
    entry = town.read(lambda work: work.find(RegisterEntry, RegisterEntry.project_id == project)).id
    race.run("ig", C.PUBLISH_ENTRY, entry)
    race.run("ig", C.SUSPEND_PROJECT, project, WHY)
    race.run("ig", C.RESUME_PROJECT, project, WHY)
    snapshots(race, project)
    for steps in RELEASES.values():
        race.release(project, *steps)
    race.run("ig", C.SUSPEND_PROJECT, project, WHY)
    race.run("ig", C.RESUME_PROJECT, project, WHY)  # which gives back what the failed draw froze
    rooms(race, project)
    orders(race)
    exemptions(race)
    certificates(race)
    race.run("ig", C.CLOSE_PROJECT, project, WHY)
    missing = sorted(_rows() - {row[1:] for row in walked(town)})
    assert not missing, missing
    assert race.wins.count(1) > 100


def _rows() -> set[tuple[str, str, str]]:
    return {(row.state.value, row.command.value, row.to.value) for row in STEPS if row.to is not row.state}
