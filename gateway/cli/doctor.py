"""`tre doctor`: how every part of this machine's gateway stands."""

import json
from dataclasses import asdict

import click

from gateway.cli.admin import MIGRATE, settings
from gateway.cli.groups import example
from gateway.jobs.doctor import Finding, Stand, examine
from gateway.jobs.house import open_house
from workspaces.catalogue.errors import Invalid

_MARK = {Stand.GOOD: "ok  ", Stand.WEAK: "weak", Stand.BAD: "BAD "}


@click.command(epilog=example("tre doctor --json"))
@click.option("--json", "as_json", is_flag=True, help="One JSON list.")
def doctor(as_json: bool) -> None:
    """Look at database, keys, store, disk, log, opt-outs, work and rooms; ends with 1 when something is bad."""
    try:
        house = open_house(settings())
    except ImportError:  # a database whose driver is not there
        raise Invalid("database:unusable", "The database cannot be opened.", MIGRATE) from None
    click.get_current_context().call_on_close(house.gateway.unit.dispose)
    found = examine(house)
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in found], indent=1))
    else:
        for finding in found:
            click.echo(_line(finding))
    click.get_current_context().exit(any(finding.stand is Stand.BAD for finding in found))


def _line(finding: Finding) -> str:
    told = f"{_MARK[finding.stand]}  {finding.part:<10} {finding.sentence}"
    return f"{told} {finding.next_step}" if finding.next_step else told
