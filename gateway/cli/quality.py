"""How good the records are: in wide bands for everybody, exactly for IG officers and auditors."""

from typing import Any

import click

from gateway.cli.client import get, pool, post, print_json
from gateway.cli.groups import example


@click.command(epilog=example("tre intake quality --source RRV"))
@click.option("--source", default="", help="Of this organisation only.")
@click.option("--exact", is_flag=True, help="Exact figures; recorded in the log. For IG officers and auditors.")
@click.option("--json", "as_json", is_flag=True, help="The whole answer.")
def quality(source: str, exact: bool, as_json: bool) -> None:
    """How good the records of each source are, table by table, in wide bands."""
    found = post("pools", pool(), "view-quality", body=b"{}")["returned"]["loads"] if exact else get("quality")
    chosen = [load for load in found if source in ("", load["organisation"])]
    if as_json:
        print_json(chosen)
        return
    for load in chosen:
        click.echo(f"{load['organisation']} {load['organisation_name']}".strip() + f" ({load['format']})")
        for line in _exactly(load["quality"]) if exact else _in_bands(load["tables"]):
            click.echo(f"  {line}")


def _in_bands(tables: dict[str, Any]) -> list[str]:
    lines = []
    for table, each in tables.items():
        filled = ", ".join(f"{column} {band}" for column, band in each["complete"].items()) or "not told"
        lines.append(f"{table}: {each['rows']} rows; quarantined {each['quarantined'] or 'not told'}; filled: {filled}")
    return lines


def _exactly(quality: dict[str, Any]) -> list[str]:
    lines = []
    for table, each in quality.get("tables", {}).items():
        months = f", {each['first']} to {each['last']}" if each["first"] else ""
        reasons = ", ".join(f"{reason} {count}" for reason, count in each["quarantined"].items()) or "none"
        filled = ", ".join(f"{column} {count}" for column, count in each["complete"].items())
        lines.append(f"{table}: {each['rows']} rows{months}; quarantined: {reasons}; filled: {filled}")
    for each in quality.get("expectations", []):
        if not each["met"]:
            where = ".".join(filter(None, (each["table"], each["column"]))) or "the whole load"
            lines.append(f"NOT MET: {where}: {each['name']} {each['expected']}, found {each['found']}")
    return lines
