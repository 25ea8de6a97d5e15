"""The command `seeds`: write a synthetic population into a folder."""

import sys
from pathlib import Path
from typing import Never

import click
from tqdm import tqdm

from infra.seeds.population import MOST_PEOPLE, Progress, write_population
from workspaces.catalogue.errors import Invalid


@click.command()
@click.option("--people", type=click.IntRange(1, MOST_PEOPLE), default=20_000, show_default=True, help="How many.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed writes the same bytes.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A new or empty folder.")
def seeds(people: int, seed: int, out: Path) -> None:
    """Write the files of a synthetic London."""
    with tqdm(total=people, unit=" people", disable=not sys.stderr.isatty()) as bar:
        try:
            write_population(people, seed, out, _progress(bar, people))
        except Invalid as invalid:
            raise click.ClickException(str(invalid)) from invalid
    click.echo(f"{people:,} people written to {out}")


def _progress(bar: "tqdm[Never]", people: int) -> Progress:
    """A moving bar on a terminal, a line for each tenth elsewhere."""
    told = 0

    def tell(done: int) -> None:
        nonlocal told
        bar.update(done - bar.n)
        if bar.disable and (done * 10 // people > told or done == people):
            told = done * 10 // people
            click.echo(f"{done:,} of {people:,} people", err=True)

    return tell
