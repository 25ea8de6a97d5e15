"""The retention table, carried out by whichever worker looks next; nothing due leaves nothing in the log."""

from gateway.commands.perform import perform
from gateway.commands.retention import count
from gateway.jobs.house import House
from gateway.jobs.opt_out_lists import exchange_of
from gateway.rules.facts import SYSTEM
from gateway.rules.retention import SWEPT
from gateway.store.backups import expire_keys, folder_of
from gateway.vocabulary import Command
from workspaces.opt_outs import expire


def apply_retention(house: House) -> None:
    """Rows of the database, opt-out lists with their keys, then keys in old backups."""
    now = house.gateway.now()
    with house.gateway.unit.reading() as work:
        due = any(count(work, each, each.conditions(now)) for each in SWEPT)
    if due:
        perform(house.gateway, actor=SYSTEM, command=Command.APPLY_RETENTION, subject_id=house.pool_id())
    expire(exchange_of(house), now)
    expire_keys(house.gateway.settings, folder_of(house.gateway.settings), now)
