"""The command `bench`: how fast the project is, beside the best plain way to do the same."""

import json
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


@bench.command(epilog=example("tre bench snapshots --people 8600000 --events 86000000 --json"))
@click.option("--people", type=click.IntRange(100), default=8_600_000, show_default=True, help="Made-up people.")
@click.option("--events", type=click.IntRange(100), default=86_000_000, show_default=True, help="Of two kinds.")
@click.option("--rounds", type=click.IntRange(1), default=3, show_default=True, help="Alternating runs of each.")
@click.option("--folder", type=click.Path(path_type=Path), default=None, help="Where vaults are made and kept.")
@click.option("--json", "as_object", is_flag=True, help="One JSON object instead of a table.")
def snapshots(people: int, events: int, rounds: int, folder: Path | None, as_object: bool) -> None:
    """A whole build and refresh of made-up full-size records beside DuckDB's own sorted copy."""
    from infra.bench import releases as kept_in
    from infra.bench import snapshots as run
    from infra.bench.report import as_json, as_table

    measured = list(run.measures(folder or kept_in.folder(), people, events, rounds))
    size = {"people": people, "events": events}
    click.echo(as_json("snapshots", size, measured) if as_object else as_table(measured))


@bench.command(epilog=example("tre bench intake --observations 10000000 --json"))
@click.option("--observations", type=click.IntRange(1_000), default=10_000_000, show_default=True, help="The largest.")
@click.option("--rounds", type=click.IntRange(1), default=3, show_default=True, help="Alternating runs of each.")
@click.option("--folder", type=click.Path(path_type=Path), default=None, help="Where deliveries are made and kept.")
@click.option("--json", "as_object", is_flag=True, help="One JSON object instead of a table.")
def intake(observations: int, rounds: int, folder: Path | None, as_object: bool) -> None:
    """A load of a trust's NDJSON beside DuckDB reading and writing the same fields; five sizes."""
    from infra.bench import intake as run
    from infra.bench import releases as kept_in
    from infra.bench.report import as_json, as_table

    measured = list(run.measures(folder or kept_in.folder(), observations, rounds))
    click.echo(as_json("intake", {"observations": observations}, measured) if as_object else as_table(measured))


@bench.command(epilog=example("tre bench rooms --notebooks 50 --json"))
@click.option("--environment", type=click.Path(exists=True, path_type=Path), default=None, help="With JupyterLab.")
@click.option("--starts", type=click.IntRange(1), default=40, show_default=True, help="Rooms that do nothing.")
@click.option("--rounds", type=click.IntRange(1), default=3, show_default=True, help="Alternating runs of each.")
@click.option("--job-seconds", type=click.FloatRange(0.1), default=10, show_default=True, help="Of one job.")
@click.option("--notebooks", type=click.IntRange(0), default=50, show_default=True, help="Open at once; 0: none.")
@click.option("--json", "as_object", is_flag=True, help="One JSON object instead of a table.")
def rooms(
    environment: Path | None, starts: int, rounds: int, job_seconds: float, notebooks: int, as_object: bool
) -> None:
    """A room's start, a job, a notebook and very many of them, beside the same without walls."""
    from infra.bench import notebooks as many
    from infra.bench import rooms as run
    from infra.bench.report import as_json, as_table

    with run.place(environment or run.made(*["notebook"] * (notebooks > 0))) as here:
        measured = list(run.measures(here, rounds=rounds, starts=starts, job_seconds=job_seconds))
        measured += many.measures(here, rounds=rounds, many=notebooks) if notebooks else ()
    size = {"starts": starts, "notebooks": notebooks}
    click.echo(as_json("rooms", size, measured) if as_object else as_table(measured))


@bench.command(epilog=example("tre bench blocks --blocks 200 --json"))
@click.option("--environment", type=click.Path(exists=True, path_type=Path), default=None, help="With NumPy.")
@click.option("--blocks", type=click.IntRange(1), default=200, show_default=True, help="Each in a room of its own.")
@click.option("--work", type=click.FloatRange(0), default=0.3, show_default=True, help="Seconds of each, at least.")
@click.option("--json", "as_object", is_flag=True, help="One JSON object instead of a table.")
def blocks(environment: Path | None, blocks: int, work: float, as_object: bool) -> None:
    """A program on disjoint blocks of people, each in a room, beside the same as bare processes."""
    from infra.bench import blocks as run
    from infra.bench.report import as_json, as_table
    from infra.bench.rooms import made, place

    with place(environment or made()) as here:
        measured = list(run.measures(here, blocks=blocks, work=work))
    click.echo(as_json("blocks", {"blocks": blocks}, measured) if as_object else as_table(measured))


@bench.command(epilog=example("tre bench pages --projects 10000 --json"))
@click.option("--projects", type=click.IntRange(11), default=10_000, show_default=True, help="Grown to, from ten.")
@click.option("--releases", type=click.IntRange(1), default=10, show_default=True, help="Of each project.")
@click.option("--requests", type=click.IntRange(1), default=200, show_default=True, help="Of each page.")
@click.option("--json", "as_object", is_flag=True, help="One JSON object instead of a table.")
def pages(projects: int, releases: int, requests: int, as_object: bool) -> None:
    """What pages cost beside an empty Flask page, and with very many projects beside ten."""
    from infra.bench.pages.run import measures
    from infra.bench.report import as_json, as_table

    measured = list(measures(projects, releases, requests, lambda text: click.echo(text, err=True)))
    size = {"projects": projects, "releases": projects * releases, "requests": requests}
    click.echo(as_json("pages", size, measured) if as_object else as_table(measured))


@bench.command(epilog=example("tre bench traffic --seconds 60 --workers 4 --json"))
@click.option("--researchers", type=click.IntRange(2), default=200, show_default=True, help="Spread over projects.")
@click.option("--checkers", type=click.IntRange(2), default=40, show_default=True, help="Output checkers.")
@click.option("--committee", type=click.IntRange(4), default=20, show_default=True, help="A quarter in lay seats.")
@click.option("--projects", type=click.IntRange(1), default=20, show_default=True, help="Each with a snapshot.")
@click.option("--seconds", type=click.FloatRange(1), default=60, show_default=True, help="Of the open run.")
@click.option("--workers", type=click.IntRange(1, 64), default=4, show_default=True, help="Of gunicorn.")
@click.option("--port", type=click.IntRange(1, 65535), default=8700, show_default=True, help="On the loopback.")
@click.option("--json", "as_object", is_flag=True, help="One JSON object instead of a table.")
def traffic(as_object: bool, port: int, seconds: float, workers: int, **people: int) -> None:
    """Everybody at once, at half of what the servers bear; ends with 1 after an error or a wrong budget."""
    from infra.bench.report import as_json, as_table
    from infra.bench.traffic.run import Load, run
    from infra.bench.traffic.town import Size

    done = run(Size(**people), Load(seconds=seconds, workers=workers), port, lambda text: click.echo(text, err=True))
    measures, counts = list(done.measures()), done.counts()
    if as_object:
        click.echo(json.dumps({**json.loads(as_json("traffic", people, measures)), **counts}, indent=1))
    else:
        click.echo(as_table(measures))
        click.echo("\n".join(f"{name}: {value}" for name, value in counts.items()))
    if done.errors or done.books.wrong:
        raise SystemExit(1)


@bench.command(epilog=example("tre bench soak --minutes 20"))
@click.option("--minutes", type=click.FloatRange(0.1), default=20, show_default=True, help="Under load.")
@click.option("--rate", type=click.FloatRange(0.1), default=2, show_default=True, help="Requests a second.")
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Of gunicorn.")
@click.option("--port", type=click.IntRange(1, 65535), default=8710, show_default=True, help="On the loopback.")
def soak(minutes: float, rate: float, workers: int, port: int) -> None:
    """Hours in short: ends with 1 where memory or open files of a web or worker process grow."""
    from infra.bench.traffic.soak import soak as run
    from infra.bench.traffic.town import Size

    size, say = Size(researchers=40, checkers=8, committee=8, projects=4), lambda text: click.echo(text, err=True)
    done = run(size, seconds=minutes * 60, rate=rate, workers=workers, port=port, say=say)
    click.echo(json.dumps(done.told(), indent=1))
    if not done.well:
        raise SystemExit(1)
