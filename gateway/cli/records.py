"""Commands on records and opt-outs: on the gateway's machine, by a person with the seat for it (`--as EMAIL`)."""

import json
import time
from pathlib import Path
from typing import Any

import click

from gateway.cli.admin import acting, house
from gateway.jobs.look_for_people import look_for_people
from gateway.jobs.opt_out_lists import receive_list, request_list
from gateway.jobs.records import load_records
from workspaces.catalogue.errors import Invalid
from workspaces.intake import LoadReport, Source, read_sources
from workspaces.snapshots import read_numbers

LOADED, WITH_QUARANTINE, REFUSED = 0, 3, 4
PATIENCE_SECONDS = 300

as_person = click.option("--as", "email", required=True, envvar="TRE_AS", help="Your address, as you signed in.")


@click.command()
@click.argument("data", type=click.Path(path_type=Path, file_okay=False))
@click.option("--source", "only", multiple=True, help="Only this organisation (again for more).")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a source.")
@as_person
@click.pass_context
def load(ctx: click.Context, data: Path, only: tuple[str, ...], as_json: bool, email: str) -> None:
    """Load what organisations sent: DATA/sources.toml and DATA/FORMAT/ORGANISATION/.

    Ends with 0 (loaded), 3 (loaded, some rows in quarantine) or 4 (a source was refused; the others are loaded).
    """
    at, ends = house(), LOADED
    actor = acting(at, email)
    for source, folder in _sources(ctx, data, only):
        try:
            report = load_records(at, actor=actor, source=source, folder=folder)
        except Invalid as why:
            click.echo(f"{source.organisation}: {why}", err=True)
            ends = REFUSED
            continue
        ends = max(ends, WITH_QUARANTINE if report.quarantined else LOADED)
        click.echo(json.dumps(_shown(report)) if as_json else _words(report))
    ctx.exit(ends)


def _sources(ctx: click.Context, data: Path, only: tuple[str, ...]) -> list[tuple[Source, Path]]:
    try:
        declared = read_sources(data / "sources.toml")
    except Invalid as why:
        click.echo(str(why), err=True)
        ctx.exit(REFUSED)
    chosen = [source for source in declared.sources if not only or source.organisation in only]
    return [(source, data / source.format.value / source.organisation) for source in chosen]


def _shown(report: LoadReport) -> dict[str, Any]:
    return {
        "organisation": report.source.organisation,
        "format": report.source.format.value,
        "digest": report.digest,
        "already_loaded": report.already_loaded,
        "rows": report.rows,
        "quarantined": report.quarantined,
        "unsupported": report.unsupported,
        "alarms": list(report.alarms),
    }


def _words(report: LoadReport) -> str:
    begun = f"{report.source.organisation} ({report.source.format.value})"
    if report.already_loaded:
        return f"{begun}: loaded before, nothing changed"
    quarantined = ", ".join(f"{reason} {count}" for reason, count in sorted(report.quarantined.items())) or "none"
    alarms = "".join(f"; ALARM {alarm}" for alarm in report.alarms)
    return f"{begun}: {sum(report.rows.values())} rows; quarantined: {quarantined}{alarms}"


@click.command()
@as_person
def request(email: str) -> None:
    """Ask the national service about everybody in the vault: a request file in the outbox."""
    at = house()
    click.echo(request_list(at, actor=acting(at, email)))


@click.command()
@click.argument("local_id")
@as_person
def take_in(local_id: str, email: str) -> None:
    """Take in the answer to a request, by its local id."""
    at = house()
    click.echo(receive_list(at, actor=acting(at, email), local_id=local_id))


@click.command()
@click.option("--wait", default=PATIENCE_SECONDS, show_default=True, help="Seconds to wait for the answer.")
@as_person
def exchange(wait: int, email: str) -> None:
    """Ask, wait for the answer, and take it in; an IG officer then activates the list."""
    at = house()
    actor, ends = acting(at, email), time.monotonic() + wait
    local_id = request_list(at, actor=actor)
    while not (at.inbox / f"{local_id}.ctl").exists():
        if time.monotonic() > ends:
            raise Invalid(
                "opt_outs:no_answer_yet",
                "The national service has not answered yet.",
                f"Later: tre opt-outs import {local_id}.",
            )
        time.sleep(0.2)
    click.echo(receive_list(at, actor=actor, local_id=local_id))


@click.command()
@click.argument("snapshot")
@click.option(
    "--numbers",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    required=True,
    help="NHS numbers, one a line.",
)
@click.option("--json", "as_json", is_flag=True, help="The counts as JSON.")
@as_person
def contains(snapshot: str, numbers: Path, as_json: bool, email: str) -> None:
    """How many of these people are in a snapshot; recorded in the log. For IG officers and auditors."""
    at = house()
    seen = look_for_people(at, actor=acting(at, email), snapshot_id=snapshot, numbers=read_numbers(numbers))
    counts = {"asked": seen.looked_for, "not_nhs_numbers": seen.invalid, "found": len(seen.found)}
    click.echo(json.dumps(counts) if as_json else f"{counts['found']} of {counts['asked']} are in the snapshot")
