"""Opt-out lists: requested, received, activated; the exact receipt stays inside."""

from datetime import datetime
from typing import Any

from gateway.commands.act import Act, Given, verb
from gateway.models import OptOutList, Pool
from gateway.vocabulary import Command, OptOutListState
from workspaces.catalogue.errors import Invalid


class Requested(Given):
    """A request file that lies in the outbox."""

    local_id: str


@verb(Command.REQUEST_OPT_OUTS, Requested)
def request(*, act: Act, subject: Pool, given: Requested) -> None:
    """Recorded by its local id; how many numbers it holds is not."""
    act.reason = given.local_id


class Received(Given):
    """A validated answer."""

    local_id: str
    list_date: datetime
    digest: str
    commitment: str
    nonce: str
    receipt: dict[str, Any]


@verb(Command.RECEIVE_OPT_OUTS, Received)
def receive(*, act: Act, subject: Pool, given: Received) -> None:
    """A list in state RECEIVED; one local id gives one list."""
    if act.work.find(OptOutList, OptOutList.local_id == given.local_id) is not None:
        raise Invalid("opt_outs:received_already", "This answer was taken in before.", "Request a new list.")
    row = OptOutList(pool_id=subject.id, received_at=act.now, **given.model_dump())
    act.created_id = act.work.add(row).id


@verb(Command.ACTIVATE_OPT_OUTS)
def activate(*, act: Act, subject: OptOutList, given: Given) -> None:
    """The list in force; the one before is superseded."""
    for before in act.work.all(OptOutList, OptOutList.state == OptOutListState.ACTIVE):
        before.state = OptOutListState.SUPERSEDED
    act.work.session.flush()
    subject.activated_at = act.now
