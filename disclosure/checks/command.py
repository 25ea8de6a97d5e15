"""`tre check`: what the output rules say of a request, and of released values, with files alone.

It gives the verdict that the price page and the checker's desk show: the same rules on the same request and grant.
"""

import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from disclosure.checks.offline import check_values, check_with, without_grant
from disclosure.checks.verdicts import Checked, Overall
from workspaces.catalogue.errors import Invalid
from workspaces.catalogue.json_files import read_json

MAX_BYTES = 64 * 1024 * 1024
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_UNREADABLE = (
    ValueError,
    KeyError,
    RecursionError,
    OSError,
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
)
FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command("check", epilog="\b\nExample:\n  tre check request.json --grant project.json")
@click.argument("request", type=FILE)
@click.option(
    "--grant",
    type=FILE,
    envvar="TRE_GRANT",
    help="The project: what `tre projects show PROJECT` printed. In a room it is there already.",
)
@click.option("--rules", help="Other output rules than the grant's: nhs-england-sde, opensafely, uk-llc or acro.")
@click.option("--released", type=FILE, help="A package, or its artefact.json: its released values are checked too.")
@click.option("--json", "as_json", is_flag=True, help="Every finding as JSON.")
def check(request: Path, grant: Path | None, rules: str | None, released: Path | None, as_json: bool) -> None:
    """Check a request against a project's output rules before anybody else looks at it.

    REQUEST is a release request as JSON. Without --grant the whole catalogue counts as granted. Ends with 1 when
    something has to be changed.
    """
    granted = _grant(grant) if grant else without_grant()
    found = [check_with(request_in(request), granted, rules)]
    if released:
        found.append(check_values(_artefact(released), granted, rules))
    if as_json:
        click.echo(json.dumps([each.shown() for each in found], indent=2, ensure_ascii=False))
    else:
        for each in found:
            _print(each, known=grant is not None)
    if any(each.overall is Overall.CHANGE for each in found):
        raise Invalid("check:change", "The output rules ask for a change.", "Change it and check it again.")


def _print(checked: Checked, *, known: bool) -> None:
    assumed = "" if known else " (no grant given: the whole catalogue, a pool of London's size)"
    click.echo(f"{checked.name}, {checked.about}: {checked.overall.value}{assumed}")
    for finding in checked.findings:
        click.echo(f"  {finding.rule}: {finding.outcome.value}: {finding.sentence}")
        for cell in finding.cells:
            click.echo(f"    {cell['statistic']}  {', '.join(map(str, cell['labels'].values()))}")


def _object(path: Path, code: str, what: str) -> Mapping[str, Any]:
    try:
        held = read_json(path)
    except ValueError:
        held = None
    if not isinstance(held, dict):
        raise Invalid(code, f"The file does not hold {what} as a JSON object.", "Name another file.")
    return held


def request_in(path: Path) -> Any:
    """A request, alone or as the input of `tre releases draft`."""
    held = _object(path, "request:object", "a release request")
    return held["request"] if set(held) == {"request"} else held


def _grant(path: Path) -> Mapping[str, Any]:
    """A grant, alone or in its project."""
    held = _object(path, "grant:unreadable", "a project with its grant")
    inner = held.get("grant", held)
    if not isinstance(inner, dict):
        raise Invalid("grant:none", "The project has no grant yet.", "Wait for the committee, or leave --grant out.")
    return inner


def _artefact(path: Path) -> Mapping[str, Any]:
    """Released values, alone or in their package."""
    if not zipfile.is_zipfile(path):
        return _object(path, "artefact:unreadable", "released values")
    try:
        with zipfile.ZipFile(path) as archive:
            entry = archive.getinfo("artefact.json")
            if entry.file_size > MAX_BYTES or entry.compress_type not in _PACKED:
                raise ValueError("too large, or made to be")  # a few bytes of LZMA may ask for gigabytes
            held = json.load(io.TextIOWrapper(archive.open("artefact.json"), encoding="utf-8"))
    except _UNREADABLE:
        held = None
    if not isinstance(held, dict):
        raise Invalid("artefact:unreadable", "The package holds no artefact.json.", "Download the package again.")
    return held
