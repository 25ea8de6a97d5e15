"""The command `bench`: how fast the project is, beside the best plain way to do the same."""

from pathlib import Path

import click

from gateway.cli.groups import example


@click.group()
def bench() -> None:
    """Measure, beside a reference in the same run."""


@bench.command(epilog=example("tre bench releases --people 8600000 --events 86000000 --json"))
@click.option("--people", type=click.IntRange(1_000), default=8_600_000, show_default=True, help="Made-up people.")
@click.option("--events", type=click.IntRange(1_000), default=86_000_000, show_default=True, help="Their diagnoses.")
@click.option("--rounds", type=click.IntRange(3), default=5, show_default=True, help="Alternating runs of each.")
@click.option("--folder", type=click.Path(path_type=Path), default=None, help="Where tables are made and kept.")
@click.option("--json", "as_object", is_flag=True, help="One JSON object instead of a table.")
def releases(people: int, events: int, rounds: int, folder: Path | None, as_object: bool) -> None:
    """Private releases of made-up full-size tables beside plain DuckDB and one bare OpenDP call."""
    from infra.bench import data
    from infra.bench import releases as run
    from infra.bench.report import as_json, as_table

    files = data.snapshot_of(folder or run.folder(), people, events)
    measured = []
    for each in run.measures(files, people, rounds):
        measured.append(each)
        if not as_object:
            click.echo(as_table([each]))
    if as_object:
        click.echo(as_json("releases", {"people": people, "events": events}, measured))
