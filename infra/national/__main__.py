"""`python -m infra.national [--once] OUTBOX INBOX OPTED_OUT`: answer what is there, once or every second."""

import time
from pathlib import Path

import click

from infra.national.service import answer_requests


@click.command()
@click.option("--once", is_flag=True, help="Answer what is there now and stop.")
@click.argument("outbox", type=click.Path(path_type=Path, file_okay=False))
@click.argument("inbox", type=click.Path(path_type=Path, file_okay=False))
@click.argument("opted_out", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def national(*, once: bool, outbox: Path, inbox: Path, opted_out: Path) -> None:
    """Play the national opt-out service over a pair of folders."""
    while True:
        for local_id in answer_requests(outbox, inbox, opted_out):
            click.echo(f"answered {local_id}")
        if once:
            return
        time.sleep(1)


national(prog_name="python -m infra.national")
