"""Code lists from the command line: what views may cite, what changed between versions, and new ones from files."""

import json
from pathlib import Path
from typing import Any

import click

from gateway.cli.client import get, pool, post, print_json
from gateway.cli.groups import example
from workspaces.catalogue.code_list_files import Vocabulary
from workspaces.catalogue.errors import Invalid

_JSON = click.option("--json", "as_json", is_flag=True, help="The whole answer.")


@click.command("list", epilog=example("tre code-lists list"))
@_JSON
def list_all(as_json: bool) -> None:
    """Every list that a view may cite, one a line."""
    found = get("code-lists")
    if as_json:
        print_json(found)
        return
    for each in found:
        click.echo(f"{each['id']}  {each['name']}  {each['vocabulary']}  {each['publisher']}")


@click.command("import", epilog=example("tre code-lists import asthma asthma.csv --name Asthma --published-by 'A, v2'"))
@click.argument("slug")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--name", required=True, help="What the list is called.")
@click.option("--published-by", "publisher", required=True, help="Who published it, where, and in which version.")
@click.option(
    "--vocabulary", type=click.Choice([each.value for each in Vocabulary]), default="SNOMED", show_default=True
)
@_JSON
def import_list(slug: str, file: Path, name: str, publisher: str, vocabulary: str, as_json: bool) -> None:
    """Import the next version of a published list from a CSV file; prints the id to cite. For IG officers."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise Invalid("file:unreadable", "The file cannot be read as UTF-8 text.", "Name a CSV file.") from None
    given = {"slug": slug, "name": name, "publisher": publisher, "vocabulary": vocabulary, "text": text}
    told = post("pools", pool(), "import-code-list", body=json.dumps(given).encode())
    print_json(told) if as_json else click.echo(told["created_id"])


@click.command(epilog=example("tre code-lists compare hypertension/1 cardiovascular/1"))
@click.argument("old")
@click.argument("new")
@_JSON
def compare(old: str, new: str, as_json: bool) -> None:
    """What was added and what was removed from one list to another."""
    found = get("code-lists", *_parts(old), "compared", *_parts(new))
    if as_json:
        print_json(found)
        return
    for mark, pairs, held in (
        ("+", found["added"], found["concepts_added"]),
        ("-", found["removed"], found["concepts_removed"]),
    ):
        for code, term in pairs:
            click.echo(f"{mark} {code}  {term}")
        for name in held:
            click.echo(f"{mark} leads to: {name}")


def _parts(list_id: str) -> tuple[Any, Any]:
    slug, _, version = list_id.partition("/")
    return slug or "-", version or "-"
