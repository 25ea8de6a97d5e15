"""`tre submit`: in a room, seal a release request that came in with the script, so that it becomes a draft outside.

What is sealed is no text of the room's: only that this run asked for the request which everybody could read before
records were. It becomes a draft if the job ends well, and the job counts as usable only if it does: one bit, as ever.
"""

import json
from pathlib import Path

import click

from disclosure.checks.command import FILE, request_in
from disclosure.requests import parse_request
from workspaces.catalogue.errors import Invalid

OUT = Path("/workspace/out")
RUN = Path("/workspace/code/.run.json")  # which run this is; read-only in a room
SEALED = "request.sealed.json"


def seal(run: str, digest: str) -> bytes:
    """The only bytes that stand for "this run asks for this request"."""
    return json.dumps({"run": run, "request_digest": digest}, sort_keys=True).encode()


@click.command("submit", epilog="\b\nExample:\n  tre submit /workspace/code/analysis.json")
@click.argument("request", type=FILE)
def submit(request: Path) -> None:
    """Seal a request, so that it becomes a draft in the gateway when this job has ended well.

    REQUEST is a release request as JSON that was brought in as NAME.json beside the script NAME.py or NAME.sql.
    """
    asked = parse_request(request_in(request))
    try:
        run = json.loads(RUN.read_text(encoding="utf-8"))["run"]
        OUT.mkdir(exist_ok=True)
        (OUT / SEALED).write_bytes(seal(run, asked.digest()))
    except (OSError, ValueError, KeyError):
        raise Invalid(
            "submit:no_room", "A request is sealed in a room.", "Send it with `tre releases draft`."
        ) from None
    click.echo(f"sealed {asked.digest()}")
