"""Records in: permission first, then the library's load outside any transaction, then the door records it."""

from collections.abc import Callable
from pathlib import Path

from gateway.commands.perform import noted, perform, permit
from gateway.commands.pools import Loaded, Quality
from gateway.jobs.house import House
from gateway.rules.facts import Actor
from gateway.vocabulary import Command
from workspaces.intake import LoadReport, Source, load


def load_records(
    house: House, *, actor: Actor, source: Source, folder: Path, progress: Callable[[str], object] = lambda _: None
) -> LoadReport:
    """Load one delivery of one source. The same bytes a second time change nothing but the log."""
    pool_id = house.pool_id()
    permit(house.gateway, actor=actor, command=Command.LOAD_RECORDS, subject_id=pool_id)
    with noted(house.gateway, actor=actor, command=Command.LOAD_RECORDS, subject_id=pool_id, given=source.describe()):
        report = load(source=source, folder=folder, vault=house.records(), clock=house.gateway.now, progress=progress)
    given = Loaded(
        digest=report.digest,
        organisation=source.organisation,
        organisation_name=source.name,
        format=source.format.value,
        standing=source.standing.value,
        rows=report.rows,
        quarantined=report.quarantined,
        unsupported=report.unsupported,
        quality=Quality.model_validate(report.quality),
        alarms=list(report.alarms),
    )
    perform(house.gateway, actor=actor, command=Command.LOAD_RECORDS, subject_id=pool_id, given=given)
    return report
