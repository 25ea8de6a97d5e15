"""The commands `disclosure audit`: the falsification suite, on made-up people, for whoever runs a gateway."""

import json
import sys
import time
from dataclasses import asdict

import click

from gateway.cli.groups import example


@click.group()
def disclosure() -> None:
    """The library that draws releases."""


@disclosure.command(epilog=example("tre disclosure audit --seed 7"))
@click.option("--full", is_flag=True, help="Many more people and draws: an hour rather than a minute.")
@click.option("--seed", default=1, show_default=True, help="Of the search for people; the noise has none.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def audit(full: bool, seed: int, as_json: bool) -> None:
    """Try to falsify what releases promise, for every statistic.

    People who change a release most are searched for; what they change is held against what is claimed, and many
    draws with and without them against the loss that is charged. Faults are planted and must be caught. It reads no
    records. It ends with 1 if anything did not hold.
    """
    from infra.audit.run import FULL, SMALL
    from infra.audit.run import audit as tried

    begun, broken = time.monotonic(), 0
    for outcome in tried(FULL if full else SMALL, seed):
        broken += not outcome.holds
        if as_json:
            click.echo(json.dumps(asdict(outcome), ensure_ascii=False))
        else:
            click.echo(f"{'holds ' if outcome.holds else 'BROKEN'}  {outcome.part}: {outcome.name}: {outcome.figure}")
    if not as_json:
        click.echo(f"{broken} did not hold; {time.monotonic() - begun:.0f} s")
    sys.exit(1 if broken else 0)
