"""Refreshes: begun by the clock or by hand, ended when no older version is anywhere."""

from gateway.commands.act import Act, Given, verb
from gateway.models import Pool, Refresh
from gateway.vocabulary import Command


@verb(Command.BEGIN_REFRESH)
def begin(*, act: Act, subject: Pool, given: Given) -> None:
    """Every project's records are to be built anew under the list in force now."""
    active = act.facts.active_list
    row = Refresh(pool_id=subject.id, opt_out_list_id=active.id if active else "", begun_at=act.now)
    act.created_id = act.work.add(row).id


@verb(Command.END_REFRESH)
def end(*, act: Act, subject: Refresh, given: Given) -> None:
    """No older version is left."""
    subject.ended_at = act.now
