"""Projects: drafted and submitted by a lead, voted on by the committee, settled by quorum."""

import json
from datetime import timedelta
from typing import Any

from disclosure.accounting import share_of_pool
from gateway.commands.act import Act, Because, Given, verb
from gateway.commands.applications import Application, Wanted, check
from gateway.models import Budget, Grant, LedgerEntry, Membership, Pool, Project, RegisterEntry
from gateway.rules import budgets, committees, conditions
from gateway.rules.facts import Facts
from gateway.rules.refusals import Refusal, Why
from gateway.store.queries.history import refusals
from gateway.store.queries.people import called
from gateway.vocabulary import Command, EntryKind, ProjectState, Verdict
from workspaces.catalogue.errors import Invalid
from workspaces.catalogue.tables import TABLES

MICRO = 1_000_000
UNKNOWN_MEMBER = "application:unknown_member"
UNKNOWN_A_DAY = 20


@verb(Command.DRAFT_PROJECT, Application)
def draft(*, act: Act, subject: Pool, given: Application) -> None:
    """A new application; who drafts it leads it."""
    check(given, act.now.date())
    row = Project(pool_id=subject.id, title=given.title, application=given.model_dump(mode="json"), created_at=act.now)
    project = act.work.add(row)
    act.work.add(Membership(project_id=project.id, person_id=act.actor.person_id, leads=True))
    _set_members(act, project, given)
    act.created_id = project.id


@verb(Command.EDIT_PROJECT, Application)
def edit(*, act: Act, subject: Project, given: Application) -> None:
    """The whole application anew."""
    check(given, act.now.date())
    subject.title = given.title
    subject.application = given.model_dump(mode="json")
    _set_members(act, subject, given)


@verb(Command.SUBMIT_PROJECT)
def submit(*, act: Act, subject: Project, given: Given) -> None:
    """To the committee; a returned application starts a new round, the old votes stay."""
    _need_pool(act.facts, _asked(act.facts, _said(subject)))
    subject.committee = act.facts.pool.committee
    if subject.state is ProjectState.RETURNED:
        subject.round += 1


@verb(Command.SETTLE_PROJECT)
def settle(*, act: Act, subject: Project, given: Given) -> None:
    """An approval carries the grant, its budget and a draft of the register entry; a refusal the draft alone."""
    approvals = sum(vote.verdict is Verdict.APPROVE for vote in act.facts.votes)
    wished = len(_conditions(act.facts))
    act.reason = f"{approvals} of {len(act.facts.votes)} for approval" + (f", {wished} conditions" if wished else "")
    outcome = committees.outcome(act.facts.votes, committees.read(subject.committee))
    if outcome is Verdict.APPROVE:
        _grant(act, subject)
        _register(act, subject, "Approved")
    if outcome is Verdict.REFUSE:
        _register(act, subject, "Refused")


@verb(Command.SUSPEND_PROJECT, Because)
def suspend(*, act: Act, subject: Project, given: Because) -> None:
    """Access stops at once."""
    act.reason = given.reason


@verb(Command.RESUME_PROJECT, Because)
def resume(*, act: Act, subject: Project, given: Because) -> None:
    """Access comes back; draws that an incident froze may go on."""
    subject.draws_frozen = False
    act.reason = given.reason


@verb(Command.CLOSE_PROJECT, Because)
def close(*, act: Act, subject: Project, given: Because) -> None:
    """The project ends; what it did not spend goes back to the pool."""
    if act.facts.budget is not None and act.facts.pool_budget is not None:
        unspent = budgets.left(act.facts.budget)
        budgets.void(act.facts.pool_budget, unspent)
        act.facts.budget.granted_micro_rho -= unspent.micro_rho
        act.facts.budget.granted_delta_e15 -= unspent.delta_e15
    act.reason = given.reason


def _set_members(act: Act, project: Project, given: Application) -> None:
    for old in act.work.all(Membership, Membership.project_id == project.id):
        if not old.leads:
            act.work.session.delete(old)
    act.work.session.flush()
    for person_id in dict.fromkeys(_member(act, name) for name in given.members):
        if person_id != act.actor.person_id:
            act.work.add(Membership(project_id=project.id, person_id=person_id))


def _member(act: Act, name: str) -> str:
    """The id of the one person of that address or id; who asks for too many that are not there is told no more."""
    if refusals(act.work, act.actor, UNKNOWN_MEMBER, act.now - timedelta(days=1)) >= UNKNOWN_A_DAY:
        raise Refusal(
            "application:too_many_guesses",
            f"You named {UNKNOWN_A_DAY} members today who are not known here.",
            "Ask your colleagues which address they sign in with, and name them tomorrow.",
            Why.TOO_MANY,
        )
    found = called(act.work, name)
    if len(found) > 1:
        raise Invalid(
            "application:ambiguous_member",
            "A member's email address belongs to more than one person here.",
            "Name that member by the person id on their account page, which begins with per-.",
        )
    if not found:
        raise Invalid(UNKNOWN_MEMBER, "A member is not known here.", "Members sign in once before they are named.")
    return found[0].id


def _grant(act: Act, project: Project) -> None:
    wished = _conditions(act.facts)
    application = _read(conditions.applied(project.application, wished))
    allotment = _asked(act.facts, application)
    _need_pool(act.facts, allotment)
    act.work.add(
        Grant(
            project_id=project.id,
            decided_at=act.now,
            tables={wanted.table: list(_columns(wanted)) for wanted in application.data},
            period_start=application.period_start,
            period_end=application.period_end,
            ends_on=application.ends_on,
            epsilon_micro=int(application.epsilon * MICRO),
            delta_e15=act.facts.pool.delta_e15,
            micro_rho=allotment.micro_rho,
            delta0_e15=allotment.delta_e15,
            preset=application.preset,
            tier=application.tier,
            reviews=application.reviews,
            agreeing=application.agreeing or application.reviews,
            room_k=application.room_k,
            longitudinal=application.longitudinal,
            conditions=[{"control": each.control.value, "value": each.value} for each in wished],
        )
    )
    _open_budget(act, project, allotment)


def fits_pool(facts: Facts) -> bool:
    """True when the pool has room for the grant that an application asks for."""
    if facts.project is None:
        return False
    granted = _read(conditions.applied(facts.project.application, _conditions(facts)))
    return budgets.covers(facts.pool_budget, _asked(facts, granted))


def _conditions(facts: Facts) -> list[conditions.Condition]:
    """The conditions of those who approve, each once."""
    approving = [vote for vote in facts.votes if vote.verdict is Verdict.APPROVE]
    return list(dict.fromkeys(each for vote in approving for each in conditions.read(vote.conditions)))


def _said(project: Project) -> Application:
    return _read(project.application)


def _read(application: dict[str, Any]) -> Application:
    return Application.model_validate_json(json.dumps(application))


def _asked(facts: Facts, application: Application) -> budgets.Loss:
    """The grant in the ledger's currency; of the pool's delta-0 it gets the part that its rho is of the pool's."""
    pool = facts.pool_budget
    loss = share_of_pool(
        int(application.epsilon * MICRO),
        facts.pool.delta_e15,
        pool_micro_rho=pool.granted_micro_rho if pool else 0,
        pool_delta0_e15=pool.granted_delta_e15 if pool else 0,
        left_delta0_e15=budgets.left(pool).delta_e15 if pool else 0,
    )
    return budgets.Loss(loss.micro_rho, loss.delta0_e15)


def _need_pool(facts: Facts, allotment: budgets.Loss) -> None:
    if not budgets.covers(facts.pool_budget, allotment):
        raise Refusal(
            "budget:pool_short", "The pool's lifetime budget does not cover this grant.", "Ask for a smaller epsilon."
        )


def _columns(wanted: Wanted) -> list[str]:
    return list(dict.fromkeys((TABLES[wanted.table].person_key, *wanted.columns)))


def _open_budget(act: Act, project: Project, allotment: budgets.Loss) -> None:
    if act.facts.pool_budget is not None:
        budgets.reserve(act.facts.pool_budget, allotment)
    act.work.add(
        Budget(
            id=project.id,
            pool_id=project.pool_id,
            project_id=project.id,
            granted_micro_rho=allotment.micro_rho,
            granted_delta_e15=allotment.delta_e15,
        )
    )
    act.work.add(
        LedgerEntry(
            at=act.now,
            pool_id=project.pool_id,
            project_id=project.id,
            kind=EntryKind.GRANT,
            micro_rho=allotment.micro_rho,
            delta_e15=allotment.delta_e15,
        )
    )


def _register(act: Act, project: Project, decision: str) -> None:
    """The entry's fields carry the names of HDR UK's data use register (version 2); refusals are told as well."""
    said = conditions.applied(project.application, _conditions(act.facts))
    approved = decision == "Approved"
    fields: dict[str, Any] = {
        "project_id_text": project.id,
        "organisation_name": said["organisation"],
        "project_title": said["title"],
        "lay_summary": said["lay_summary"],
        "public_benefit_statement": said["public_benefit"],
        "decision": decision,
        "decided_on": act.now.date().isoformat(),
        "latest_approval_date": act.now.date().isoformat() if approved else "",
        "project_end_date": said["ends_on"],
        "non_gateway_datasets": [wanted["table"] for wanted in said["data"]],
        "data_sensitivity_level": "De-Personalised",
        "legal_basis_for_data_article6": said["legal_basis_article_6"],
        "legal_basis_for_data_article9": said["legal_basis_article_9"],
        "duty_of_confidentiality": said["common_law_route"],
        "national_data_optout": "Yes" if approved else "Not applicable",
        "access_type": "TRE",
        "privacy_enhancements": "National and Type 1 opt-outs removed; de-identified; differentially private releases.",
        "releases": [],
    }
    act.work.add(RegisterEntry(project_id=project.id, fields=fields, created_at=act.now))
