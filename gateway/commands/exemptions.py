"""Exemptions: proposed with the decision they cite, let in by two more people, told in the public register."""

from datetime import date, timedelta
from typing import Any

from gateway.commands.act import Act, Because, Given, verb
from gateway.commands.texts import Short, Text
from gateway.models import Exemption, Project, RegisterEntry
from gateway.rules.exemptions import LONGEST_DAYS, in_force
from gateway.vocabulary import Command, ExemptionGround
from workspaces.catalogue.errors import Invalid

PRIVACY = "Type 1 opt-outs removed; de-identified; differentially private releases."


class Proposed(Given):
    """The decision that somebody else took, and what it means for people, in words for everybody."""

    ground: ExemptionGround
    decided_by: Short
    reference: Short
    decided_on: date
    expires_on: date
    why: Text


@verb(Command.PROPOSE_EXEMPTION, Proposed)
def propose(*, act: Act, subject: Project, given: Proposed) -> None:
    """One that two others may let in: an IG officer, then a member of the committee."""
    _check(given, act.now.date())
    row = Exemption(project_id=subject.id, proposed_by=act.actor.person_id, proposed_at=act.now, **given.model_dump())
    act.created_id = act.work.add(row).id
    act.reason = f"{given.ground.value}: {given.reference}"


@verb(Command.SECOND_EXEMPTION, Because)
def second(*, act: Act, subject: Exemption, given: Because) -> None:
    """Another IG officer has read the decision."""
    subject.seconded_by = act.actor.person_id
    act.reason = given.reason


@verb(Command.APPROVE_EXEMPTION, Because)
def approve(*, act: Act, subject: Exemption, given: Because) -> None:
    """In force, and in the register, from now on."""
    subject.approved_by, subject.in_force_at = act.actor.person_id, act.now
    act.reason = given.reason
    _in_register(act, subject)


@verb(Command.REFUSE_EXEMPTION, Because)
def refuse(*, act: Act, subject: Exemption, given: Because) -> None:
    """The national opt-out goes on to apply."""
    subject.reason = act.reason = given.reason


@verb(Command.END_EXEMPTION, Because)
def end(*, act: Act, subject: Exemption, given: Because) -> None:
    """Before its day: the decision was taken back, or was misread. What was built under it is used no more."""
    subject.reason, subject.ended_at = given.reason, act.now
    act.reason = given.reason
    _in_register(act, subject)


def cited(exemption: Exemption) -> dict[str, str]:
    """What a build's plan says of it."""
    days = {"decided_on": exemption.decided_on.isoformat(), "expires_on": exemption.expires_on.isoformat()}
    told = {"decided_by": exemption.decided_by, "reference": exemption.reference}
    return {"id": exemption.id, "ground": exemption.ground.value, **told, **days}


def acting(act: Act) -> str | None:
    """The id of the exemption in force for the project; None without one."""
    found = in_force(act.facts.exemptions, act.now.date())
    return found.id if found else None


def _check(given: Proposed, today: date) -> None:
    if given.decided_on > today:
        raise Invalid(
            "exemption:not_decided_yet", "The decision would be of a day to come.", "Give the day it was taken on."
        )
    if not today < given.expires_on <= today + timedelta(days=LONGEST_DAYS):
        raise Invalid(
            "exemption:too_long",
            "An exemption ends on a day to come, within a year.",
            "Give an earlier day; it can be proposed anew with the next decision.",
        )


def _in_register(act: Act, exemption: Exemption) -> None:
    """The project's entry says it: a new version, public at once where the entry is."""
    entry = act.work.find(RegisterEntry, RegisterEntry.project_id == exemption.project_id)
    if entry is None:
        return
    since = exemption.in_force_at.date().isoformat() if exemption.in_force_at else None
    ended = exemption.ended_at.date().isoformat() if exemption.ended_at else None
    told: dict[str, Any] = {**cited(exemption), "why": exemption.why, "in_force_since": since, "ended_on": ended}
    before = [each for each in entry.fields.get("exemptions", []) if each["id"] != exemption.id]
    changed = {"national_data_optout": "No", "privacy_enhancements": PRIVACY, "exemptions": [*before, told]}
    entry.fields = {**entry.fields, **changed}
    entry.version += 1
