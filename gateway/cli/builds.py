"""`tre snapshots build`: ask for a snapshot and wait until it is built, with progress where somebody watches."""

import sys
import time
from typing import Any

import click
from tqdm import tqdm

from gateway.cli.client import get, post, print_json
from gateway.cli.groups import example
from workspaces.catalogue.errors import Invalid

PATIENCE_SECONDS = 3600
PAUSE_SECONDS = 1.0
WORDS = {"REQUESTED": "waits for a worker", "BUILDING": "being built"}


@click.command(epilog=example("tre snapshots build PROJECT"))
@click.argument("project")
@click.option(
    "--wait", type=click.IntRange(0), default=PATIENCE_SECONDS, show_default=True, help="Seconds to wait for it."
)
@click.option("--json", "as_json", is_flag=True, help="The snapshot as JSON when it is built.")
def build(project: str, wait: int, as_json: bool) -> None:
    """Ask for a snapshot of a project's records and wait until it is built. For project leads.

    An IG officer then clears it. Ends with 1 when the build failed, or is not done in time; it goes on then.
    """
    snapshot_id = str(post("projects", project, "request-snapshot", body=b"{}")["created_id"])
    found = _awaited(snapshot_id, wait)
    if found["state"] == "FAILED":
        code, _, sentence = str(found["failure"] or "").partition(": ")
        why = sentence or "The gateway gives no reason."
        raise Invalid(code or "snapshot:failed", f"The build failed. {why}", "Ask an operator, then ask for a new one.")
    if as_json:
        print_json(found)
    else:
        click.echo(f"{snapshot_id}  built; an IG officer clears it before it can be used")


def _awaited(snapshot_id: str, wait: int) -> Any:
    """The snapshot when its build has ended. Raises Invalid when that takes longer."""
    ends = time.monotonic() + wait
    watched = sys.stderr.isatty()
    with tqdm(total=len(WORDS), bar_format="{desc}: {elapsed}", disable=not watched, leave=False) as bar:
        while True:
            found = _looked(snapshot_id)
            if found is not None and found["state"] not in WORDS:
                return found
            if time.monotonic() >= ends:
                sentence = f"Snapshot {snapshot_id} is not built yet; the build goes on."
                raise Invalid("snapshot:not_built_yet", sentence, f"Later: tre snapshots status {snapshot_id}.")
            bar.set_description_str(f"{snapshot_id} {WORDS[found['state']] if found else 'no answer just now'}")
            time.sleep(PAUSE_SECONDS)


def _looked(snapshot_id: str) -> Any | None:
    """How it stands; None while the gateway does not answer, which a build outlives."""
    try:
        return get("snapshots", snapshot_id)
    except Invalid as why:
        if why.code != "client:unreachable":
            raise
        return None
