"""The `tre` of rooms: `tre check` and `tre submit`, with the project's own grant and nothing else of the gateway."""

import os
import sys

import click

from disclosure.checks.command import check
from disclosure.checks.submitting import submit
from workspaces.catalogue.errors import Invalid

GRANT = "/workspace/code/.grant.json"  # read-only in a room; put there when a run begins


@click.group("tre")
def tre() -> None:
    """What can be done from inside a room."""


tre.add_command(check)
tre.add_command(submit)


def main() -> None:
    """Run, and end with 1 for what is refused: code, sentence, next step on stderr."""
    if os.path.exists(GRANT):
        os.environ.setdefault("TRE_GRANT", GRANT)
    try:
        tre.main(prog_name="tre")
    except Invalid as why:
        click.echo(f"{why.code}: {why.sentence} {why.next_step}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
