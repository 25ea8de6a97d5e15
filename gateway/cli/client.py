"""The client over HTTP: TRE_URL says where, TRE_TOKEN who. It prints what the API answers, and its refusals."""

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import click
import requests

from gateway.cli.groups import example
from gateway.evidence.exports import lines
from workspaces.catalogue.errors import Invalid

TIMEOUT_SECONDS = 120
_OUT = click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The file to write.")


def get(*path: str) -> Any:
    """The JSON at an address, given part by part. Raises Invalid with the gateway's own code."""
    return _json(_ask("GET", path))


def get_all(*path: str) -> list[Any]:
    """Every line of a list, asked for a page at a time."""
    answer = _ask("GET", path)
    found: list[Any] = _json(answer)
    while query := urlsplit(answer.links.get("next", {}).get("url", "")).query:
        answer = _ask("GET", path, params=query)
        found += _json(answer)
    return found


def post(*path: str, body: bytes) -> Any:
    """What came of a command. The body goes as it is: what is wrong with it is the gateway's to say."""
    return _json(_ask("POST", path, data=body, headers={"Content-Type": "application/json"}))


def get_bytes(*path: str) -> bytes:
    """The bytes at an address. Raises Invalid with the gateway's own code."""
    return _ask("GET", path).content


def gateway_url() -> str:
    """Where the gateway is."""
    return os.environ.get("TRE_URL", "http://127.0.0.1:8500").rstrip("/")


def _ask(method: str, path: tuple[str, ...], **kwargs: Any) -> requests.Response:
    address = "/".join((gateway_url(), "api", "v1", *(quote(part, safe="") for part in path)))
    token = os.environ.get("TRE_TOKEN", "")
    headers = {**kwargs.pop("headers", {}), **({"Authorization": f"Bearer {token}"} if token else {})}
    try:
        response = requests.request(
            method, address, headers=headers, timeout=TIMEOUT_SECONDS, allow_redirects=False, **kwargs
        )
    except (requests.RequestException, ValueError):
        raise Invalid("client:unreachable", "The gateway does not answer.", "Check TRE_URL and TRE_TOKEN.") from None
    if response.status_code != 200:
        raise refused(response)
    return response


def _json(response: requests.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        raise _stranger(response) from None


def refused(response: requests.Response) -> Invalid:
    """The refusal that an answer carries."""
    try:
        body = response.json()
        return Invalid(str(body["code"]), str(body["sentence"]), str(body["next_step"]))
    except (ValueError, KeyError, TypeError):
        return _stranger(response)


def _stranger(response: requests.Response) -> Invalid:
    sentence = f"The answer ({response.status_code}) is not one of a gateway."
    return Invalid("client:not_a_gateway", sentence, "Check TRE_URL.")


def print_json(value: Any) -> None:
    """For programs, and for people who want everything."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def print_lines(rows: list[dict[str, Any]]) -> None:
    """One line each: id, state, title or name."""
    for row in rows:
        click.echo("  ".join(str(row[key]) for key in ("id", "state", "title", "name") if row.get(key)))


def print_status(row: dict[str, Any]) -> None:
    """Where one stands: state, what you can do now, and what stands in the way of the rest."""
    click.echo(f"{row['id']}  {row['state']}")
    for command, why in row["actions"].items():
        words = command.lower().replace("_", "-")
        if why is None:
            click.echo(f"  can be done now: {words}")
        elif not why["code"].startswith("command:"):
            click.echo(f"  not yet: {words}: {why['sentence']} {why['next_step']}")


@click.command(epilog=example("tre me"))
@click.option("--json", "as_json", is_flag=True, help="The whole answer.")
def me(as_json: bool) -> None:
    """Who you are at the gateway, with the seats you hold."""
    found = get("me")
    if as_json:
        print_json(found)
        return
    click.echo(f"{found['id']}  {found['name']}  {', '.join(found['appointments']).lower() or 'no seat'}")


@click.command(epilog=example("tre register --json"))
@click.option("--json", "as_json", is_flag=True, help="The whole register.")
def register(as_json: bool) -> None:
    """The public register of data uses; nobody needs a token for it."""
    entries = get("register")
    if as_json:
        print_json(entries)
        return
    for entry in entries:
        click.echo(f"{entry['project_id_text']}  {entry['project_title']}  {len(entry['releases'])} releases")


@click.command(epilog=example("tre satre"))
@click.option("--json", "as_json", is_flag=True, help="Every statement.")
def satre(as_json: bool) -> None:
    """How the gateway stands against SATRE; nobody needs a token for it."""
    told = get("satre")
    if as_json:
        print_json(told)
        return
    click.echo(f"SATRE {told['version']}: {told['met']} of {told['statements']} met, {told['gaps']} gaps")
    for each in (each for pillar in told["pillars"] for each in pillar["statements"] if not each["score"]):
        click.echo(f"  {each['number']} {each['asks']}: {each['on']}")


@click.command(epilog=example("tre figures --json"))
@click.option("--json", "as_json", is_flag=True, help="The whole answer.")
def figures(as_json: bool) -> None:
    """The pool's budget, how long decisions take, the opt-out list in force; nobody needs a token for it."""
    told = get("figures")
    if as_json:
        print_json(told)
        return
    click.echo(f"budget: {told['budget']['left_micro_rho']} of {told['budget']['granted_micro_rho']} micro-rho left")
    for name, days in told["turnaround"].items():
        click.echo(f"{name}: {days['decided']} decided, median {days['median']}, 90th percentile {days['p90']} days")


@click.command(epilog=example("tre releases price PROJECT --input request.json"))
@click.argument("project")
@click.option("--input", "request", type=click.File("rb"), required=True, help="The input of `draft` as JSON.")
@click.option("--json", "as_json", is_flag=True, help="The whole price.")
def price(project: str, request: Any, as_json: bool) -> None:
    """What a request would cost; nothing is stored and no record is read."""
    cost = post("projects", project, "price", body=request.read())
    if as_json:
        print_json(cost)
        return
    click.echo(f"epsilon {cost['epsilon_this_release_alone']} for this release alone, {cost['micro_rho']} micro-rho")
    for line in cost["lines"]:
        width = line["half_width_95"] or "not known beforehand"
        click.echo(f"  {line['statistic']} ({line['kind']}, {line['cells']} cells): 95 % half-width {width}")
    checks = cost["checks"]
    click.echo(f"{checks['name']}: {checks['overall']}")
    for finding in checks["findings"]:
        if finding["outcome"] in ("look at this", "change this"):
            click.echo(f"  {finding['rule']}: {finding['sentence']}")


@click.command(epilog=example("tre releases download RELEASE --out package.zip"))
@click.argument("release")
@_OUT
def download(release: str, out: Path) -> None:
    """The released package (zip), for members of its project; every download is recorded."""
    _save(out, get_bytes("releases", release, "package"))


@click.command(epilog=example("tre releases artefact RELEASE --out artefact.json"))
@click.argument("release")
@_OUT
def artefact(release: str, out: Path) -> None:
    """The sealed artefact, for its reviewers; every look is recorded."""
    _save(out, get_bytes("releases", release, "artefact"))


@click.command("export", epilog=example("tre audit export --out audit.jsonl"))
@_OUT
def export_audit(out: Path) -> None:
    """The whole log, one JSON row a line, then its signed checkpoints, for `tre audit verify`. For auditors."""
    told = post("pools", pool(), "export-audit", body=b"{}")["returned"]
    _save(out, lines(told["rows"], told["checkpoints"]).encode())


@click.command(epilog=example("tre audit checkpoints --json > checkpoints.json"))
@click.option("--json", "as_json", is_flag=True, help="Everything, for `tre audit verify --checkpoints`.")
def checkpoints(as_json: bool) -> None:
    """The gateway's public key and its signed checkpoints of the log; nobody needs a token for them."""
    told = get("checkpoints")
    if as_json:
        print_json(told)
        return
    click.echo(f"key {told['public_key']}")
    for each in told["handovers"]:
        click.echo(f"{each['at']}  followed {each['old']}")
    for each in told["checkpoints"]:
        click.echo(f"{each['at']}  {each['size']} rows  root {each['root']}")


@click.command("status", epilog=example("tre intake status"))
@click.option("--json", "as_json", is_flag=True, help="Every load with its exact figures.")
def intake_status(as_json: bool) -> None:
    """What was loaded and what is in quarantine; recorded in the log. For IG officers and auditors."""
    loads = post("pools", pool(), "view-quality", body=b"{}")["returned"]["loads"]
    if as_json:
        print_json(loads)
        return
    for load in loads:
        kept, held_back = sum(load["rows"].values()), sum(load["quarantined"].values())
        named = f"{load['organisation']} {load['organisation_name']}".strip()
        click.echo(f"{named} ({load['format']}): {kept} rows, {held_back} in quarantine")


def pool() -> str:
    """The id of the one pool. Raises Invalid."""
    pools = get("pools")
    if not pools:
        raise Invalid("subject:unknown", "There is no pool that you can see.", "Check the address or sign in.")
    return str(pools[0]["id"])


def _save(out: Path, data: bytes) -> None:
    out.write_bytes(data)
    click.echo(f"{len(data)} bytes written to {out}")
