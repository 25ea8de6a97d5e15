"""Commands on opt-outs and snapshots: on the gateway's machine, by a person with the seat for it (`--as EMAIL`)."""

import json
import time
from pathlib import Path

import click

from gateway.cli.admin import acting, house
from gateway.cli.groups import example
from gateway.jobs.certificates import certificate_of
from gateway.jobs.look_for_people import look_for_people
from gateway.jobs.opt_out_lists import has_come, receive_list, request_list
from gateway.jobs.refresh import begin_refresh, has_ended
from gateway.store.queries.views import one as view
from workspaces.catalogue.errors import Invalid
from workspaces.snapshots import read_numbers

PATIENCE_SECONDS = 300
LOOK_SECONDS = 10
"""Between two looks into a mailbox."""

as_person = click.option("--as", "email", required=True, envvar="TRE_AS", help="Your address, as you signed in.")


@click.command(epilog=example("tre opt-outs request --as operator@example.org"))
@as_person
def request(email: str) -> None:
    """Ask the national service about everybody in the vault: over MESH, or by a request file in the outbox."""
    at = house()
    click.echo(request_list(at, actor=acting(at, email)))


@click.command(epilog=example("tre opt-outs import 20260701090000_0001 --as operator@example.org"))
@click.argument("local_id")
@as_person
def take_in(local_id: str, email: str) -> None:
    """Take in the answer to a request, by its local id."""
    at = house()
    click.echo(receive_list(at, actor=acting(at, email), local_id=local_id))


@click.command(epilog=example("tre opt-outs exchange --wait 600 --as operator@example.org"))
@click.option(
    "--wait",
    type=click.IntRange(0),
    default=PATIENCE_SECONDS,
    show_default=True,
    help="Seconds to wait.",
)
@as_person
def exchange(wait: int, email: str) -> None:
    """Ask, wait for the answer, and take it in; an IG officer then activates the list."""
    at = house()
    actor, ends = acting(at, email), time.monotonic() + wait
    local_id = request_list(at, actor=actor)
    while not has_come(at, local_id):
        if time.monotonic() > ends:
            raise Invalid(
                "opt_outs:no_answer_yet",
                "The national service has not answered yet.",
                f"Later: tre opt-outs import {local_id}.",
            )
        time.sleep(LOOK_SECONDS if at.gateway.settings.mesh_url else 0.2)
    click.echo(receive_list(at, actor=actor, local_id=local_id))


@click.command(epilog=example("tre opt-outs refresh --wait 3600 --as operator@example.org"))
@click.option("--wait", type=click.IntRange(0), default=0, show_default=True, help="Seconds to wait for its end.")
@as_person
def refresh(wait: int, email: str) -> None:
    """Build every project's records anew under the list in force, now instead of when the period is over.

    Workers carry it out: rooms stop, the old records are destroyed, what rooms wrote about people is removed.
    """
    at = house()
    refresh_id, ends = begin_refresh(at, actor=acting(at, email)), time.monotonic() + wait
    while wait and not has_ended(at, refresh_id):
        if time.monotonic() > ends:
            sentence = f"The refresh {refresh_id} has not ended yet; workers go on with it."
            raise Invalid("refresh:not_ended_yet", sentence, f"Later: tre refreshes status {refresh_id}.")
        time.sleep(0.2)
    click.echo(refresh_id)


@click.command(epilog=example("tre snapshots certificate SNAPSHOT --as lead@example.org"))
@click.argument("snapshot")
@as_person
def certificate(snapshot: str, email: str) -> None:
    """The signed certificate of a snapshot's destruction, as JSON, for whoever may see the snapshot."""
    at = house()
    actor = acting(at, email)
    with at.gateway.unit.reading() as work:
        view(work, actor, snapshot, at.gateway.now(), at.gateway.settings.list_max_age_days)
    click.echo(json.dumps(certificate_of(at.objects, snapshot), indent=1))


@click.command(epilog=example("tre snapshots contains SNAPSHOT --numbers numbers.txt --as ig-officer@example.org"))
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
