"""Commands about one patient. The number is read from standard input or a file, never from the command line."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from gateway.cli.admin import acting, house
from gateway.cli.groups import example
from gateway.cli.records import as_person
from gateway.jobs.erasures import propose_erasure
from gateway.jobs.report_person import report_person
from gateway.vocabulary import ErasureGround
from workspaces.catalogue.errors import Invalid

LONGEST = 64
# whatever is typed after the command is refused here, unread: the parser's own message would show it again
no_arguments = click.argument("typed", nargs=-1, metavar="", callback=lambda _ctx, _what, typed: _refuse(typed))
number_file = click.option(
    "--number-file",
    type=click.Path(path_type=Path),
    help="A file with the NHS number alone; without it the number is asked for, unseen, or read from a pipe.",
)


@click.command(epilog=example("tre intake erase --ground OBJECTION --number-file number.txt --as ig@example.org"))
@click.option("--ground", type=click.Choice(list(ErasureGround)), required=True, help="Which of article 17(1) applies.")
@number_file
@as_person
@no_arguments
def erase(ground: str, number_file: Path | None, email: str, typed: None) -> None:  # noqa: ARG001
    """Propose that one person is erased from every load, list and project. For IG officers.

    Another IG officer approves it, or refuses it with an exemption of article 17(3); the next refresh carries it out.
    The number is turned into a token at once and kept nowhere.
    """
    at = house()
    actor, number = acting(at, email), _number(number_file)
    click.echo(propose_erasure(at, actor=actor, number=number, ground=ErasureGround(ground)))


@click.command(epilog=example("tre people report --number-file number.txt --as ig-officer@example.org"))
@number_file
@click.option("--json", "as_json", is_flag=True, help="The whole report as JSON.")
@as_person
@no_arguments
def report(number_file: Path | None, as_json: bool, email: str, typed: None) -> None:  # noqa: ARG001
    """What is held of one person: sources, opt-out lists, builds, projects. For IG officers; recorded in the log."""
    at = house()
    actor, number = acting(at, email), _number(number_file)
    found = report_person(at, actor=actor, number=number)
    click.echo(json.dumps(found, indent=1) if as_json else _words(found))


def _refuse(typed: tuple[str, ...]) -> None:
    if typed:
        raise Invalid(
            "person:number_on_the_command_line",
            "This command takes nothing after its options: others on the machine can read command lines.",
            "Give the number by a file or a pipe; change it in your shell's history if it was one.",
        )


def _number(path: Path | None) -> str:
    """The text that holds the number; too much of it is refused unread, and none of it is ever shown."""
    if path is None and sys.stdin.isatty():
        return str(click.prompt("NHS number", hide_input=True, err=True))
    try:
        text = path.read_bytes()[: LONGEST + 1].decode() if path else sys.stdin.read(LONGEST + 1)
    except (OSError, UnicodeDecodeError):
        text = ""
    if not text.strip() or len(text) > LONGEST:
        raise Invalid(
            "person:not_a_number", "There is not one NHS number to read.", "Give the ten digits of one person."
        )
    return text


def _words(found: dict[str, Any]) -> str:
    lines = ["Sources:"]
    for held in found["sources"]:
        rows = ", ".join(f"{table} {count}" for table, count in held["rows"].items())
        use = "" if held["in_use"] else " (superseded)"
        lines.append(f"  {held['organisation']} ({held['format']}), {held['extract_date']}{use}: {rows}")
    lines.append("Opt-out lists:")
    lines += [f"  {each['list_date'][:10]}: {each['said']}" for each in found["opt_out_lists"]]
    lines.append("Builds:")
    for build in found["builds"]:
        lines.append(f"  {build['built_at'][:10]} {build['snapshot']} ({build['state'].lower()}): {build['outcome']}")
    lines.append("Projects whose records held the person:")
    return "\n".join([*lines, *(f"  {title}" for title in found["projects"] or ["none"])])
