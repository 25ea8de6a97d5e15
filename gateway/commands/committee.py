"""The committee: which rules decide, what members declare of their interests, and how they vote."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.commands.act import Act, Given, verb
from gateway.commands.texts import Note, Text
from gateway.models import Appointment, Declaration, Person, Pool, Project, Vote
from gateway.rules import conditions
from gateway.rules.committees import COMMITTEES, Tie
from gateway.rules.roles import COMMITTEE
from gateway.vocabulary import Command, Seat, Verdict
from workspaces.catalogue.errors import Invalid

MOST_CONDITIONS = 20


class Chosen(Given):
    """One of the rule sets, and the person id of whoever chairs (empty for nobody)."""

    committee: Literal["STANDARD", "EASTERN_ENGLAND", "CHAIRED", "PUBLIC_PANEL"]
    chair: str = Field(default="", max_length=64)


@verb(Command.CHOOSE_COMMITTEE, Chosen)
def choose(*, act: Act, subject: Pool, given: Chosen) -> None:
    """For what is submitted from now on; what is before the committee keeps the rules that it came under."""
    rules = COMMITTEES[given.committee]
    if rules.tie is Tie.CHAIR or given.chair:
        _need_member(act, given.chair)
    subject.committee = {**rules.shown(), "chair": given.chair}
    act.reason = given.committee


def _need_member(act: Act, person_id: str) -> None:
    person = act.work.get(Person, person_id)
    seats = {row.role for row in act.work.all(Appointment, Appointment.person_id == person_id)} if person else set()
    if not seats & COMMITTEE:
        raise Invalid("committee:chair", "Whoever chairs is a member of the committee.", "Name one by their person id.")


class Declared(Given):
    """Whether there is a conflict of interest, and which."""

    conflict: bool
    reason: Note = ""


@verb(Command.DECLARE_INTEREST, Declared)
def declare(*, act: Act, subject: Project, given: Declared) -> None:
    """Whoever declares a conflict is locked out of the application from then on."""
    if given.conflict and not given.reason:
        raise Invalid("interest:reason", "A conflict needs a word on what it is.", "Say what connects you with it.")
    act.work.add(
        Declaration(
            project_id=subject.id,
            round=subject.round,
            person_id=act.actor.person_id,
            conflict=given.conflict,
            reason=given.reason,
            at=act.now,
        )
    )
    act.reason = "conflict" if given.conflict else "no conflict"


class Wished(BaseModel):
    """One condition: what it limits, and to what."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")
    control: conditions.Control
    value: Text


class CastVote(Given):
    """A vote with its reason, and the conditions of an approval."""

    verdict: Verdict
    reason: Text
    conditions: tuple[Wished, ...] = Field(default=(), max_length=MOST_CONDITIONS)


@verb(Command.CAST_VOTE, CastVote)
def cast_vote(*, act: Act, subject: Project, given: CastVote) -> None:
    """One vote of this round."""
    wished = [conditions.Condition(each.control, each.value) for each in given.conditions]
    if wished and given.verdict is not Verdict.APPROVE:
        raise Invalid("vote:conditions", "Only an approval has conditions.", "Approve, or say it in the reason.")
    _need_sound(subject, wished)
    act.work.add(
        Vote(
            project_id=subject.id,
            round=subject.round,
            person_id=act.actor.person_id,
            lay=Seat.LAY_MEMBER in act.actor.appointments,
            verdict=given.verdict,
            reason=given.reason,
            provider=act.actor.organisation,
            conditions=[{"control": each.control.value, "value": each.value} for each in wished],
            at=act.now,
        )
    )


def _need_sound(subject: Project, wished: list[conditions.Condition]) -> None:
    if not all(conditions.is_sound(each, subject.application) for each in wished):
        raise Invalid(
            "vote:conditions",
            "A condition cannot be carried out on this application.",
            "Give a number above 0, a day as 2027-03-31, a table.column that is asked for, or two to five reviews.",
        )
    if not conditions.applied(subject.application, wished)["data"]:
        raise Invalid("vote:conditions", "These conditions leave no column at all.", "Refuse it instead.")
