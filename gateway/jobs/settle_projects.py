"""Approvals that the pool was too short for: settled when it has room again, as when another project closed."""

from contextlib import suppress

from gateway.commands.perform import perform
from gateway.commands.projects import fits_pool
from gateway.jobs.house import House
from gateway.models import Project
from gateway.rules.facts import SYSTEM
from gateway.rules.refusals import Refusal
from gateway.rules.transitions import refusal
from gateway.store.queries.facts import NOBODY, facts_of
from gateway.vocabulary import Command, ProjectState


def settle_projects(house: House) -> None:
    """Every application whose votes are in and whose grant now fits; who voted first comes first."""
    for project_id in _ready(house):
        with suppress(Refusal):  # the one before it took what was there
            perform(house.gateway, actor=SYSTEM, command=Command.SETTLE_PROJECT, subject_id=project_id)


def _ready(house: House) -> list[str]:
    """Looked at first: a try that is refused would be a row of the log each time."""
    gateway = house.gateway
    with gateway.unit.reading() as work:
        waiting = work.all(Project, Project.state == ProjectState.SUBMITTED)
        told = [facts_of(work, row, gateway.now(), gateway.settings.list_max_age_days, NOBODY) for row in waiting]
    ready = [each for each in told if refusal(SYSTEM, Command.SETTLE_PROJECT, each) is None and fits_pool(each)]
    return [each.subject_id for each in sorted(ready, key=lambda each: max(vote.at for vote in each.votes))]
