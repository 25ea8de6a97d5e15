"""Releases: priced and submitted blind to records, cleared, reserved, drawn once, reviewed, published."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from pydantic import Field

from disclosure.checks.on_requests import check_request
from disclosure.checks.presets import preset
from disclosure.clearance import clear
from disclosure.pricing import Price
from disclosure.requests import parse_request
from gateway.commands.act import Act, Given, verb
from gateway.commands.terms import mark_of, terms_of
from gateway.commands.texts import Text
from gateway.models import Budget, Incident, LedgerEntry, Project, RegisterEntry, Release, Review
from gateway.rules import budgets
from gateway.rules.facts import Facts
from gateway.rules.refusals import Refusal
from gateway.vocabulary import Command, EntryKind, ReleaseState, Verdict

_UNDRAWN = {ReleaseState.DRAFT, ReleaseState.WITHDRAWN, ReleaseState.FAILED}


class Request(Given):
    """A release request as JSON; `disclosure.requests` says what may stand in it."""

    JUDGED_ELSEWHERE = frozenset({"request"})
    request: dict[str, Any]


class Because(Given):
    """A reason that people will read."""

    reason: Text


class Priced(NamedTuple):
    """A request under a grant: its digest, what it costs, and that with the grant's checks as people see it."""

    digest: str
    cost: Price
    told: dict[str, Any]


def priced(facts: Facts, raw: dict[str, Any]) -> Priced:
    """Digest, price and checks of a request under the project's grant; looks at nothing else."""
    if facts.grant is None:
        raise Refusal("grant:none", "The project has no grant.", "Wait for the committee.")
    request = parse_request(raw)
    terms = terms_of(facts.grant, facts.pool, mark_of(facts.grant))
    cleared = clear(request, terms)
    checks = check_request(request, cleared, terms, preset(facts.grant.preset))
    return Priced(request.digest(), cleared.price, {**shown(cleared.price), "checks": checks.shown()})


def shown(price_: Price) -> dict[str, Any]:
    """A price as people and the API see it."""
    return {
        "micro_rho": price_.micro_rho,
        "delta_e15": price_.delta_e15,
        "delta0_e15": price_.delta0_e15,
        "epsilon_this_release_alone": price_.epsilon_micro / 1_000_000,
        "deadline_seconds": price_.deadline_seconds,
        "view_sql": price_.view_sql,
        "literals": [{"text": item.text, "bits": item.bits, "where": item.where} for item in price_.literals],
        "notes": list(price_.notes),
        "lines": [
            {
                "statistic": line.statistic,
                "kind": line.kind,
                "mechanism": line.mechanism,
                "scale": float(line.scale),
                "half_width_95": None if line.half_width_95 is None else str(line.half_width_95),
                "half_width_wanted": None if line.wanted is None else str(line.wanted),
                "assumes": line.assumes,
                "cells": line.cells,
                "note": line.note,
            }
            for line in price_.lines
        ],
    }


@verb(Command.DRAFT_RELEASE, Request)
def draft(*, act: Act, subject: Project, given: Request) -> None:
    """A new draft; a request that was drawn before on this snapshot leads to what came of it, at no cost."""
    asked = priced(act.facts, given.request)
    known = _drawn_before(act, subject.id, asked.digest)
    if known is not None:
        act.created_id = known.id
        return
    row = Release(
        project_id=subject.id,
        author_id=act.actor.person_id,
        title=str(given.request["title"]),
        request=given.request,
        request_digest=asked.digest,
        price=asked.told,
        created_at=act.now,
    )
    act.created_id = act.work.add(row).id


@verb(Command.EDIT_RELEASE, Request)
def edit(*, act: Act, subject: Release, given: Request) -> None:
    """The whole request anew, with its price."""
    asked = priced(act.facts, given.request)
    subject.title, subject.request = str(given.request["title"]), given.request
    subject.request_digest, subject.price = asked.digest, asked.told


@verb(Command.SUBMIT_RELEASE)
def submit(*, act: Act, subject: Release, given: Given) -> None:
    """Priced anew against the grant as it is now, bound to the snapshot as it is now."""
    subject.request_digest, cost, told = priced(act.facts, subject.request)
    known = _drawn_before(act, subject.project_id, subject.request_digest)
    if known is not None and known.id != subject.id:
        raise Refusal("release:asked_before", "This was asked before on this snapshot.", f"Its answer is {known.id}.")
    if not budgets.covers(act.facts.budget, budgets.Loss(cost.micro_rho, cost.delta0_e15)):
        raise Refusal(
            "budget:not_covered", "The remaining budget does not cover this request.", "Ask for a smaller epsilon."
        )
    subject.price, subject.micro_rho, subject.delta_e15 = told, cost.micro_rho, cost.delta0_e15
    subject.snapshot_id = act.facts.snapshot.id if act.facts.snapshot else None
    if act.facts.grant is not None:
        subject.mark = mark_of(act.facts.grant)


@verb(Command.WITHDRAW_RELEASE)
def withdraw(*, act: Act, subject: Release, given: Given) -> None:
    """Before anything was drawn; costs nothing."""


@verb(Command.CLEAR_PLAN, Because)
def clear_plan(*, act: Act, subject: Release, given: Because) -> None:
    """One checker, before any noise; a plan that is turned back costs nothing."""
    _review(act, subject, "PLAN", Verdict.APPROVE, given.reason)


@verb(Command.RETURN_PLAN, Because)
def return_plan(*, act: Act, subject: Release, given: Because) -> None:
    """Back to its author, with the reason."""
    _review(act, subject, "PLAN", Verdict.RETURN, given.reason)
    subject.turn += 1


@verb(Command.RESERVE_BUDGET)
def reserve_budget(*, act: Act, subject: Release, given: Given) -> None:
    """Set aside under the lock."""
    if act.facts.budget is not None:
        budgets.reserve(act.facts.budget, _loss(subject))
    _ledger(act, subject, EntryKind.RESERVE)


@verb(Command.BEGIN_DRAW)
def begin_draw(*, act: Act, subject: Release, given: Given) -> None:
    """Spent, and the deadline fixed, before any byte of the snapshot is opened (privacy model P6)."""
    for budget in _budgets(act):
        budgets.spend(budget, _loss(subject))
    _ledger(act, subject, EntryKind.SPEND)
    seconds = float(subject.price["deadline_seconds"]) * act.settings.draw_pace
    subject.deadline_at = act.now + timedelta(seconds=seconds)


def _budgets(act: Act) -> list[Budget]:
    return [budget for budget in (act.facts.budget, act.facts.pool_budget) if budget is not None]


class Sealed(Given):
    """The digests of the artefact and the package that lie in the store."""

    artefact_digest: str = Field(pattern=r"^[0-9a-f]{64}$")
    package_digest: str = Field(pattern=r"^[0-9a-f]{64}$")


@verb(Command.SEAL_ARTEFACT, Sealed)
def seal(*, act: Act, subject: Release, given: Sealed) -> None:
    """From here on these bytes are what is reviewed and released."""
    subject.artefact_digest, subject.package_digest = given.artefact_digest, given.package_digest


@verb(Command.FAIL_DRAW)
def fail_draw(*, act: Act, subject: Release, given: Given) -> None:
    """Nothing begun: the reservation is void. Begun: spent, draws frozen, an incident opened."""
    if subject.state is ReleaseState.RESERVED and act.facts.budget is not None:
        budgets.void(act.facts.budget, _loss(subject))
        _ledger(act, subject, EntryKind.VOID)
    if subject.state is ReleaseState.DRAWING and act.facts.project is not None:
        act.facts.project.draws_frozen = True
        act.work.add(
            Incident(
                at=act.now,
                kind="draw",
                project_id=subject.project_id,
                subject_id=subject.id,
                sentence="A draw failed after it had begun.",
            )
        )


class Judge(Given):
    """A verdict with its reason."""

    verdict: Verdict
    reason: Text


@verb(Command.VIEW_ARTEFACT)
def view_artefact(*, act: Act, subject: Release, given: Given) -> None:
    """Recorded; the bytes are served by whoever asked, after this."""


@verb(Command.REVIEW_RELEASE, Judge)
def review(*, act: Act, subject: Release, given: Judge) -> None:
    """Blind to the other review."""
    _review(act, subject, "ARTEFACT", given.verdict, given.reason)


@verb(Command.ADJUDICATE_RELEASE, Judge)
def adjudicate(*, act: Act, subject: Release, given: Judge) -> None:
    """A third checker settles a difference."""
    _review(act, subject, "ADJUDICATION", given.verdict, given.reason)


@verb(Command.SETTLE_RELEASE)
def settle(*, act: Act, subject: Release, given: Given) -> None:
    """The outcome is the row that was chosen."""


@verb(Command.PUBLISH_RELEASE)
def publish(*, act: Act, subject: Release, given: Given) -> None:
    """Named in the register, with what anybody may know of it."""
    subject.released_at = act.now
    entry = act.work.find(RegisterEntry, RegisterEntry.project_id == subject.project_id)
    if entry is not None:
        entry.fields = {**entry.fields, "releases": [*entry.fields["releases"], _public(subject, act.now)]}
        entry.version += 1


def _public(release: Release, now: datetime) -> dict[str, Any]:
    return {
        "id": release.id,
        "title": release.title,
        "mark": release.mark.value,
        "released_on": now.date().isoformat(),
        "epsilon_this_release_alone": release.price["epsilon_this_release_alone"],
        "micro_rho": release.micro_rho,
        "artefact_digest": release.artefact_digest,
    }


@verb(Command.DOWNLOAD_OUTPUT)
def download(*, act: Act, subject: Release, given: Given) -> None:
    """Recorded; whoever serves the package checks its digest again."""


@verb(Command.RECALL_RELEASE, Because)
def recall(*, act: Act, subject: Release, given: Because) -> None:
    """Marked for everybody; copies that left cannot be fetched back."""
    subject.recall_reason = given.reason
    act.reason = given.reason


def _drawn_before(act: Act, project_id: str, digest: str) -> Release | None:
    snapshot_id = act.facts.snapshot.id if act.facts.snapshot else None
    same = act.work.all(
        Release,
        Release.project_id == project_id,
        Release.request_digest == digest,
        Release.snapshot_id == snapshot_id,
    )
    return next((row for row in same if row.state not in _UNDRAWN or row.deadline_at is not None), None)


def _loss(release: Release) -> budgets.Loss:
    return budgets.Loss(release.micro_rho, release.delta_e15)


def _review(act: Act, release: Release, stage: str, verdict: Verdict, reason: str) -> None:
    act.work.add(
        Review(
            release_id=release.id,
            turn=release.turn,
            stage=stage,
            person_id=act.actor.person_id,
            verdict=verdict,
            reason=reason,
            at=act.now,
        )
    )


def _ledger(act: Act, release: Release, kind: EntryKind) -> None:
    act.work.add(
        LedgerEntry(
            at=act.now,
            pool_id=act.facts.pool.id,
            project_id=release.project_id,
            release_id=release.id,
            kind=kind,
            micro_rho=release.micro_rho,
            delta_e15=release.delta_e15,
        )
    )
