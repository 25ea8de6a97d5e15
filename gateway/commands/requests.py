"""Release requests: priced and submitted blind to records."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlmodel import col

from disclosure.checks.on_requests import check_request
from disclosure.checks.presets import preset
from disclosure.clearance import clear
from disclosure.pricing import Price
from disclosure.requests import parse_request
from gateway.commands.act import Act, Given, verb
from gateway.commands.terms import terms_of
from gateway.models import Project, Release, Submission
from gateway.rules import budgets
from gateway.rules.facts import Actor, Facts
from gateway.rules.marks import is_informed, mark_of
from gateway.rules.refusals import Refusal
from gateway.store.unit_of_work import Work
from gateway.vocabulary import Command, ReleaseState
from workspaces.catalogue.errors import Invalid
from workspaces.twin.marginals import TITLE, request_for

_UNBEGUN = (ReleaseState.DRAFT, ReleaseState.WITHDRAWN, ReleaseState.FAILED)
_UNDRAWN = {ReleaseState.DRAFT, ReleaseState.WITHDRAWN, ReleaseState.FAILED}


class Request(Given):
    """A release request as JSON; `disclosure.requests` says what may stand in it."""

    JUDGED_ELSEWHERE = frozenset({"request"})
    request: dict[str, Any]


class Priced(NamedTuple):
    """A request under a grant: its digest, what it costs, and that with the grant's checks as people see it."""

    digest: str
    cost: Price
    told: dict[str, Any]


def priced(author: Actor, facts: Facts, raw: dict[str, Any]) -> Priced:
    """Digest, price and checks of an author's request under the project's grant; looks at nothing else."""
    if facts.grant is None:
        raise Refusal("grant:none", "The project has no grant.", "Wait for the committee.")
    request = parse_request(raw)
    terms = terms_of(facts.grant, facts.pool, mark_of(facts.grant, informed=is_informed(author, facts)))
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
    asked = priced(act.actor, act.facts, given.request)
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


@verb(Command.COPY_RELEASE)
def copy(*, act: Act, subject: Release, given: Given) -> None:
    """A draft of one's own with the same request, priced anew; submitted unchanged it leads to the old answer."""
    asked = priced(act.actor, act.facts, subject.request)
    row = Release(
        project_id=subject.project_id,
        author_id=act.actor.person_id,
        title=subject.title,
        request=subject.request,
        request_digest=asked.digest,
        price=asked.told,
        created_at=act.now,
        copy_of=subject.id,
    )
    act.created_id = act.work.add(row).id


@verb(Command.EDIT_RELEASE, Request)
def edit(*, act: Act, subject: Release, given: Request) -> None:
    """The whole request anew, with its price."""
    asked = priced(act.actor, act.facts, given.request)
    subject.title, subject.request = str(given.request["title"]), given.request
    subject.request_digest, subject.price = asked.digest, asked.told


@verb(Command.SUBMIT_RELEASE)
def submit(*, act: Act, subject: Release, given: Given) -> None:
    """Priced anew against the grant as it is now, bound to the snapshot as it is now."""
    subject.request_digest, cost, told = priced(act.actor, act.facts, subject.request)
    if act.facts.grant is not None:
        _check_twin(act.work, subject, act.facts.grant.tables)
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
        subject.mark = mark_of(act.facts.grant, informed=is_informed(act.actor, act.facts))
    act.work.add(
        Submission(
            release_id=subject.id,
            turn=subject.turn,
            request=subject.request,
            request_digest=subject.request_digest,
            price=told,
            at=act.now,
        )
    )


def _check_twin(work: Work, release: Release, tables: Mapping[str, Iterable[str]]) -> None:
    """Raises Invalid where a request bears the twin's title and is not the twin's, or not the first (P18)."""
    if release.title != TITLE:
        return
    if release.request_digest != parse_request(request_for(tables)).digest():
        raise Invalid("twin:another", f"The title {TITLE} is for the twin's own marginals.", "Choose another title.")
    begun = (Release.title == TITLE, Release.id != release.id, col(Release.state).not_in(_UNBEGUN))
    if work.all(Release, *begun):
        raise Invalid("twin:once", "The pool's twin is drawn once, and has been asked for.", "Use the one there is.")


@verb(Command.WITHDRAW_RELEASE)
def withdraw(*, act: Act, subject: Release, given: Given) -> None:
    """Before anything was drawn; costs nothing."""


def _drawn_before(act: Act, project_id: str, digest: str) -> Release | None:
    snapshot_id = act.facts.snapshot.id if act.facts.snapshot else None
    same = act.work.all(
        Release,
        Release.project_id == project_id,
        Release.request_digest == digest,
        Release.snapshot_id == snapshot_id,
    )
    return next((row for row in same if row.state not in _UNDRAWN or row.deadline_at is not None), None)
