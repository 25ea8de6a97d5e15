"""Erasures and reports about one person: who it is stands in no input, no row and no message."""

from pydantic import Field

from gateway.commands.act import Act, Given, verb
from gateway.commands.texts import Text
from gateway.models import ErasureOrder, Pool
from gateway.vocabulary import Command, ErasureGround, ErasureRefusal


@verb(Command.REPORT_PERSON)
def report(*, act: Act, subject: Pool, given: Given) -> None:
    """Recorded that somebody asked what is held of a person; of whom is not kept."""


class Proposed(Given):
    """Why, and a token of who: 16 hexadecimal digits that mean nothing without the gateway's key."""

    ground: ErasureGround
    token: str = Field(pattern=r"^[0-9a-f]{16}$")


@verb(Command.PROPOSE_ERASURE, Proposed)
def propose(*, act: Act, subject: Pool, given: Proposed) -> None:
    """An order that another IG officer decides about."""
    row = ErasureOrder(
        pool_id=subject.id,
        ground=given.ground,
        token=given.token,
        proposed_by=act.actor.person_id,
        proposed_at=act.now,
    )
    act.created_id = act.work.add(row).id
    act.reason = given.ground.value


class Because(Given):
    """A reason that people will read."""

    reason: Text


@verb(Command.APPROVE_ERASURE, Because)
def approve(*, act: Act, subject: ErasureOrder, given: Because) -> None:
    """To be carried out by the next refresh."""
    subject.decided_at, subject.reason = act.now, given.reason
    act.reason = given.reason


class Refused(Because):
    """What stands against it."""

    refusal: ErasureRefusal


@verb(Command.REFUSE_ERASURE, Refused)
def refuse(*, act: Act, subject: ErasureOrder, given: Refused) -> None:
    """Recorded with its ground in law; who it was about is forgotten."""
    subject.decided_at, subject.reason, subject.refusal, subject.token = act.now, given.reason, given.refusal, ""
    act.reason = f"{given.refusal.value}: {given.reason}"


@verb(Command.COMPLETE_ERASURE)
def complete(*, act: Act, subject: ErasureOrder, given: Given) -> None:
    """Carried out in every load, list and snapshot; the token is kept beside the vault alone."""
    subject.done_at, subject.token = act.now, ""
