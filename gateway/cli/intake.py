"""`tre intake load`: a whole data folder, or one delivery of one source; on the gateway's machine."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Never

import click
from tqdm import tqdm

from gateway.cli.admin import acting, house
from gateway.cli.groups import example
from gateway.cli.records import as_person
from gateway.jobs.house import House
from gateway.jobs.records import load_records
from gateway.rules.facts import Actor
from gateway.rules.refusals import Refusal
from workspaces.catalogue.errors import Invalid
from workspaces.intake import Format, LoadReport, RefusedSource, Source, read_sources

LOADED, WITH_QUARANTINE, REFUSED = 0, 3, 4
Delivery = tuple[Source, Path] | RefusedSource
Progress = Callable[[str], object]


@click.command(epilog=example("tre intake load fhir RRV data/fhir/RRV --as operator@example.org"))
@click.argument("what", nargs=-1, required=True, metavar="DATA | FORMAT SOURCE PATH")
@click.option("--sources", type=click.Path(path_type=Path), help="Where sources are declared, if not beside the data.")
@click.option("--source", "only", multiple=True, help="Of a whole folder, only this organisation (again for more).")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a source.")
@as_person
@click.pass_context
def load(
    ctx: click.Context, what: tuple[str, ...], sources: Path | None, only: tuple[str, ...], as_json: bool, email: str
) -> None:
    """Load records that organisations sent.

    DATA is a folder with sources.toml and FORMAT/SOURCE/ for each source that it declares. FORMAT SOURCE PATH loads
    one delivery: fhir, omop or cld; the organisation's code; the folder of its files. What the source is, and by
    what standing its records may be held, is declared in sources.toml: beside the files, or in the data folder that
    they lie in, or where --sources says.

    What was loaded before is passed over, so the same command goes on after a kill. How far it is stands on stderr.

    Ends with 0 (loaded), 3 (loaded, some rows in quarantine) or 4 (a source was refused; others are loaded).
    """
    ends = LOADED
    try:
        at = house()
        actor = acting(at, email)
        found = list(deliveries(what, sources, only))
        for delivery, progress in watched(found):
            try:
                report = _load(at, actor, delivery, progress)
            except Invalid as why:
                click.echo(str(why), err=True)
                ends = REFUSED
                continue
            ends = max(ends, WITH_QUARANTINE if report.quarantined else LOADED)
            click.echo(json.dumps(_shown(report)) if as_json else _words(report))
    except (Invalid, Refusal) as why:
        click.echo(str(why), err=True)
        ends = REFUSED
    ctx.exit(ends)


def watched(found: Sequence[Delivery]) -> Iterator[tuple[Delivery, Progress]]:
    """Each delivery with where to say how far it is: a bar on a terminal, else a line for each, on stderr."""
    seen = sys.stderr.isatty()
    with tqdm(total=len(found), unit=" deliveries", disable=not seen) as bar:
        for place, delivery in enumerate(found, start=1):
            name = "" if isinstance(delivery, RefusedSource) else delivery[0].organisation
            if name and not seen:
                click.echo(f"{place} of {len(found)}: {name}", err=True)
            yield delivery, partial(_show, bar, name)
            bar.update()


def _show(bar: "tqdm[Never]", name: str, step: str) -> None:
    bar.set_description_str(f"{name}: {step}")


def _load(at: House, actor: Actor, delivery: Delivery, progress: Progress) -> LoadReport:
    """Raises Invalid, naming the source."""
    if isinstance(delivery, RefusedSource):
        raise delivery.why
    source, folder = delivery
    try:
        return load_records(at, actor=actor, source=source, folder=folder, progress=progress)
    except Invalid as why:
        named = f"{source.organisation} ({source.format.value}): {why.sentence}"
        raise Invalid(why.code, named, why.next_step) from None


def deliveries(what: tuple[str, ...], sources: Path | None, only: tuple[str, ...]) -> Iterator[Delivery]:
    """The sources that are meant, each with the folder of its files or why it is refused. Raises Invalid."""
    if len(what) == 1:
        yield from _of_folder(Path(what[0]), sources, only)
    elif len(what) == 3:
        yield _one(what[0], what[1], Path(what[2]), sources)
    else:
        raise click.UsageError("Give one DATA folder, or FORMAT SOURCE PATH.")


def _of_folder(data: Path, declared: Path | None, only: tuple[str, ...]) -> Iterator[Delivery]:
    found = read_sources(declared or data / "sources.toml")
    known = {source.organisation for source in found.sources} | {each.organisation for each in found.refused}
    unknown = set(only) - known
    if unknown:
        raise _undeclared(f"{len(unknown)} of the organisations asked for")
    yield from (each for each in found.refused if not only or each.organisation in only)
    for source in found.sources:
        if not only or source.organisation in only:
            yield source, data / source.format.value / source.organisation


def _one(format_: str, organisation: str, path: Path, declared: Path | None) -> Delivery:
    if format_ not in set(Format):
        raise Invalid("intake:format_unknown", "There is no such format.", f"Use one of {', '.join(Format)}.")
    if not path.is_dir():
        raise Invalid("intake:folder_missing", "There is no such folder.", "Name the folder that holds the files.")
    beside = (path / "sources.toml", path.resolve().parents[0] / "sources.toml", *_above(path))
    where = declared or next((place for place in beside if place.is_file()), beside[0])
    found = read_sources(where)
    for source in found.sources:
        if (source.organisation, source.format.value) == (organisation, format_):
            return source, path
    for refused in found.refused:
        if refused.organisation == organisation:
            return refused
    raise _undeclared("That organisation with that format")


def _above(path: Path) -> list[Path]:
    # DATA/FORMAT/SOURCE/: two above the files lies the data folder
    parents = path.resolve().parents
    return [parents[1] / "sources.toml"] if len(parents) > 1 else []


def _undeclared(what: str) -> Invalid:
    return Invalid(
        "intake:source_undeclared", f"{what} is not declared in sources.toml.", "Declare the source and its standing."
    )


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
        "legal_codes": report.legal_codes,
    }


def _words(report: LoadReport) -> str:
    begun = f"{report.source.organisation} ({report.source.format.value})"
    if report.already_loaded:
        return f"{begun}: loaded before, nothing changed"
    quarantined = ", ".join(f"{reason} {count}" for reason, count in sorted(report.quarantined.items())) or "none"
    alarms = "".join(f"; ALARM {alarm}" for alarm in report.alarms)
    return f"{begun}: {sum(report.rows.values())} rows; quarantined: {quarantined}{alarms}"
