"""The client over HTTP: TRE_URL says where, TRE_TOKEN who. It prints what the API answers, and its refusals."""

import json
import os
from pathlib import Path
from typing import Any

import click
import requests

from workspaces.catalogue.errors import Invalid

TIMEOUT_SECONDS = 120


def get(path: str) -> Any:
    """The JSON at an address. Raises Invalid with the gateway's own code."""
    return _ask("GET", path).json()


def post(path: str, body: Any) -> Any:
    """What came of a command. Raises Invalid with the gateway's own code."""
    return _ask("POST", path, json=body).json()


def get_bytes(path: str) -> bytes:
    """The bytes at an address. Raises Invalid with the gateway's own code."""
    return _ask("GET", path).content


def _ask(method: str, path: str, **kwargs: Any) -> requests.Response:
    url = os.environ.get("TRE_URL", "http://127.0.0.1:8500").rstrip("/")
    token = os.environ.get("TRE_TOKEN", "")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        response = requests.request(
            method, url + path, headers=headers, timeout=TIMEOUT_SECONDS, allow_redirects=False, **kwargs
        )
    except requests.RequestException:
        raise Invalid("client:unreachable", "The gateway does not answer.", "Check TRE_URL.") from None
    if response.status_code != 200:
        raise refused(response)
    return response


def refused(response: requests.Response) -> Invalid:
    """The refusal that an answer carries."""
    try:
        body = response.json()
        return Invalid(str(body["code"]), str(body["sentence"]), str(body["next_step"]))
    except (ValueError, KeyError, TypeError):
        return Invalid(
            "client:not_a_gateway", f"The answer ({response.status_code}) is not one of a gateway.", "Check TRE_URL."
        )


def print_json(value: Any) -> None:
    """For programs, and for people who want everything."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def print_lines(rows: list[dict[str, Any]]) -> None:
    """One line each: id, state, title or name."""
    for row in rows:
        click.echo("  ".join(str(row[key]) for key in ("id", "state", "title", "name") if row.get(key)))


@click.command()
def me() -> None:
    """Who you are at the gateway, with the seats you hold."""
    print_json(get("/api/v1/me"))


@click.command()
@click.option("--json", "as_json", is_flag=True, help="The whole register.")
def register(as_json: bool) -> None:
    """The public register of data uses."""
    entries = get("/api/v1/register")
    if as_json:
        print_json(entries)
        return
    for entry in entries:
        click.echo(f"{entry['project_id_text']}  {entry['project_title']}  {len(entry['releases'])} releases")


@click.command()
@click.argument("project")
@click.option("--input", "request", type=click.File(encoding="utf-8"), required=True, help="The request as JSON.")
def price(project: str, request: Any) -> None:
    """What a request would cost; nothing is stored and no record is read."""
    print_json(post(f"/api/v1/projects/{project}/price", {"request": _loaded(request)}))


def _loaded(file: Any) -> Any:
    try:
        return json.load(file)
    except ValueError:
        raise Invalid("input:malformed", "The file is not JSON.", "Correct it.") from None


@click.command()
@click.argument("release")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The file to write.")
def download(release: str, out: Path) -> None:
    """The released package (zip)."""
    _save(out, get_bytes(f"/api/v1/releases/{release}/package"))


@click.command()
@click.argument("release")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The file to write.")
def artefact(release: str, out: Path) -> None:
    """The sealed artefact, for its reviewers."""
    _save(out, get_bytes(f"/api/v1/releases/{release}/artefact"))


@click.command("export")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The file to write.")
def export_audit(out: Path) -> None:
    """The whole log, one JSON row a line, for `tre audit verify`. For auditors."""
    pool = get("/api/v1/pools")[0]["id"]
    rows = post(f"/api/v1/pools/{pool}/export-audit", {})["returned"]["rows"]
    _save(out, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode())


def _save(out: Path, data: bytes) -> None:
    out.write_bytes(data)
    click.echo(f"{len(data)} bytes written to {out}")
