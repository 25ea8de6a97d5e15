"""Random walks through the door: whatever anybody tries, no budget is overspent and the chain holds."""

import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from gateway.evidence.chain import verify
from gateway.models import Budget, LedgerEntry, Release
from gateway.rules.refusals import Refusal
from gateway.store import audit_chain
from gateway.vocabulary import Command, EntryKind, ReleaseState
from tests.factories.gateways import REQUEST, SEATS, approved_project, cleared_snapshot, settle_town
from workspaces.catalogue.errors import Invalid

PEOPLE = [*SEATS, "system"]
ON_RELEASES = [
    (Command.SUBMIT_RELEASE, None),
    (Command.WITHDRAW_RELEASE, None),
    (Command.CLEAR_PLAN, {"reason": "ok"}),
    (Command.RETURN_PLAN, {"reason": "no"}),
    (Command.RESERVE_BUDGET, None),
    (Command.BEGIN_DRAW, None),
    (Command.FAIL_DRAW, None),
    (Command.SEAL_ARTEFACT, {"artefact_digest": "a" * 64, "package_digest": "b" * 64}),
    (Command.REVIEW_RELEASE, {"verdict": "APPROVE", "reason": "ok"}),
    (Command.REVIEW_RELEASE, {"verdict": "REFUSE", "reason": "no"}),
    (Command.KEEP_REVIEW, {"reason": "so far"}),
    (Command.CONFIRM_REVIEW, {"verdict": "APPROVE", "reason": "ok"}),
    (Command.CONFIRM_REVIEW, {"verdict": "REFUSE", "reason": "no"}),
    (Command.ADJUDICATE_RELEASE, {"verdict": "RETURN", "reason": "again"}),
    (Command.COPY_RELEASE, None),
    (Command.DOWNLOAD_OUTPUT, None),
    (Command.RECALL_RELEASE, {"reason": "wrong"}),
]


APPROVE = {"verdict": "APPROVE", "reason": "ok"}
ONWARD: dict[ReleaseState, list[tuple[str, Command, Any]]] = {
    ReleaseState.DRAFT: [("lead", Command.SUBMIT_RELEASE, None), ("researcher", Command.SUBMIT_RELEASE, None)],
    ReleaseState.SUBMITTED: [("checker1", Command.CLEAR_PLAN, {"reason": "ok"})],
    ReleaseState.PLAN_CLEARED: [("system", Command.RESERVE_BUDGET, None)],
    ReleaseState.RESERVED: [("system", Command.BEGIN_DRAW, None)],
    ReleaseState.DRAWING: [
        ("system", Command.SEAL_ARTEFACT, {"artefact_digest": "a" * 64, "package_digest": "b" * 64})
    ],
    ReleaseState.SEALED: [("checker1", Command.REVIEW_RELEASE, APPROVE)],
    ReleaseState.IN_REVIEW: [("checker2", Command.REVIEW_RELEASE, APPROVE)],
}


class Walk(RuleBasedStateMachine):
    """Anybody tries anything on any release of one project."""

    @initialize()
    def settle(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.town = settle_town(Path(self.folder.name))
        self.project = approved_project(self.town, epsilon="1")
        cleared_snapshot(self.town, self.project)
        self.releases: list[str] = []

    @rule(who=st.sampled_from(["lead", "researcher"]), number=st.integers(1, 3))
    def draft(self, who: str, number: int) -> None:
        request = {"request": {**REQUEST, "title": f"Table {number}", "epsilon": "0.9"}}
        with suppress(Refusal):
            self.releases.append(self.town.do(who, Command.DRAFT_RELEASE, self.project, request).created_id)

    @rule(who=st.sampled_from(PEOPLE), what=st.sampled_from(ON_RELEASES), data=st.data())
    def attempt(self, who: str, what: tuple[Command, Any], data: st.DataObject) -> None:
        if not self.releases:
            return
        release_id = data.draw(st.sampled_from(self.releases))
        with suppress(Refusal, Invalid):
            self.town.do(who, what[0], release_id, what[1])

    @rule(data=st.data())
    def proceed(self, data: st.DataObject) -> None:
        """The step that leads on, so that walks reach the end as well."""
        if not self.releases:
            return
        release_id = data.draw(st.sampled_from(self.releases))
        state = self.town.read(lambda work: work.need(Release, release_id).state)
        for who, command, given in ONWARD.get(state, ()):
            with suppress(Refusal):
                self.town.do(who, command, release_id, given)

    @invariant()
    def nothing_is_overspent_and_the_ledger_adds_up(self) -> None:
        if not hasattr(self, "town"):
            return
        for row in self.town.read(lambda work: work.all(Budget)):
            assert row.reserved_micro_rho >= 0
            assert row.reserved_micro_rho + row.spent_micro_rho <= row.granted_micro_rho
        spent = self.town.read(lambda work: work.all(LedgerEntry, LedgerEntry.kind == EntryKind.SPEND))
        project = self.town.read(lambda work: work.need(Budget, self.project))
        assert project.spent_micro_rho == sum(entry.micro_rho for entry in spent)

    @invariant()
    def what_was_sealed_was_spent(self) -> None:
        if not hasattr(self, "town"):
            return
        drawn = {ReleaseState.SEALED, ReleaseState.IN_REVIEW, ReleaseState.RELEASED, ReleaseState.REFUSED}
        for row in self.town.read(lambda work: work.all(Release)):
            entries = self.town.read(
                lambda work, key=row.id: [e.kind for e in work.all(LedgerEntry, LedgerEntry.release_id == key)]
            )
            assert (EntryKind.SPEND in entries) or row.state not in drawn

    def teardown(self) -> None:
        if hasattr(self, "town"):
            assert verify(self.town.read(audit_chain.export)).broken_at is None
            self.town.gateway.unit.dispose()
            self.folder.cleanup()


TestWalk = Walk.TestCase
TestWalk.settings = settings(max_examples=8, stateful_step_count=30, deadline=None)
