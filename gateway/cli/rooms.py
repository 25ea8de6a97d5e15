"""Working in a workspace from a terminal: run a script, see how it stands, stop it, read its logs, open the notebook.

A job tells outside what the privacy model lets it tell and no more; these commands add nothing to what pages show.
"""

import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click

from gateway.cli.client import gateway_url, get, post, print_json, print_status
from gateway.cli.groups import example
from workspaces.catalogue.errors import Invalid

POLL_SECONDS = 1.0
NOT_USABLE, HELD_BACK = 3, 4
RUN_BY = (".py", ".sql")
_WORKSPACE = click.argument("workspace", metavar="WORKSPACE_ID")
_JSON = click.option("--json", "as_json", is_flag=True, help="The whole answer.")


@click.command(epilog=example("tre workspaces run WORKSPACE_ID analysis.py --wait"))
@_WORKSPACE
@click.argument("script", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--request", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="What it may submit.")
@click.option("--wait", is_flag=True, help="Until its end is told: exit 0 if it was usable, 3 if not.")
@_JSON
def run(workspace: str, script: Path, request: Path | None, wait: bool, as_json: bool) -> int:
    """Bring a script in, have it scanned, and run it as a job. Exit 4 when the scan holds it back.

    With --request a release request comes in beside it: the script may check it there and seal it with `tre submit`,
    and it becomes a draft if the job ends well.
    """
    if script.suffix not in RUN_BY:
        raise Invalid(
            "script:wrong_kind", "No program here runs a file of that kind.", f"Bring {' or '.join(RUN_BY)} files."
        )
    brought = [(f"{script.stem}.json", request)] if request else []
    for name, path in (*brought, (script.name, script)):
        transfer = post("workspaces", workspace, "bring-in", body=_body(name=name, text=_text(path)))["created_id"]
        seen = _until(partial(get, "transfers", transfer), lambda view: view["state"] != "SCANNING")
        if seen["state"] != "ADMITTED":
            click.echo(f"{transfer}  held back by the scan: {', '.join(seen['findings'])}")
            return HELD_BACK
    job = post("transfers", transfer, "run-job", body=b"{}")["created_id"]
    told = _follow(job, quiet=as_json) if wait else get("jobs", job)
    if as_json:
        print_json(told)
    else:
        click.echo(line_of(told))
    return NOT_USABLE if wait and not told["usable"] else 0


@click.command(epilog=example("tre workspaces status WORKSPACE_ID"))
@_WORKSPACE
@_JSON
def status(workspace: str, as_json: bool) -> None:
    """Where a workspace stands: its notebook, its jobs with their places in the queue, what they cost."""
    view = get("workspaces", workspace)
    if as_json:
        print_json(view)
        return
    print_status(view)
    click.echo(f"tier {view['tier']['title'].lower()}; {view['jobs_left_today']} jobs left today")
    if view["room_asked_at"]:
        click.echo(f"{view['tier']['room'] or 'notebook'} open since {view['room_asked_at']}")
    for job in view["jobs"]:
        click.echo(line_of(job))
    for each in view["costs"]["people"]:
        click.echo(f"{each['person']['name']}: {cost_in_words(each)}")
    click.echo(f"project: {cost_in_words(view['costs']['project'])}")


@click.command(epilog=example("tre workspaces stop job-0123456789abcdef"))
@click.argument("id", metavar="WORKSPACE_ID|JOB_ID")
def stop(id: str) -> None:
    """Stop a job, or every job of a workspace and its notebook."""
    if id.startswith("job-"):
        post("jobs", id, "stop-job", body=b"{}")
        click.echo(line_of(get("jobs", id)))
        return
    view = get("workspaces", id)
    if view["room_asked_at"]:
        post("workspaces", id, "stop-room", body=b"{}")
        click.echo("the notebook is being closed")
    for job in view["jobs"]:
        if job["state"] != "ENDED":
            post("jobs", job["id"], "stop-job", body=b"{}")
            click.echo(line_of(get("jobs", job["id"])))


@click.command(epilog=example("tre workspaces logs WORKSPACE_ID"))
@_WORKSPACE
@_JSON
def logs(workspace: str, as_json: bool) -> None:
    """What the last job printed; only where the project's tier lets its people see rows, and recorded in the log."""
    told = post("workspaces", workspace, "view-logs", body=b"{}")["returned"]
    if as_json:
        print_json(told)
        return
    click.echo(told["stdout"], nl=False)
    click.echo(told["stderr"], nl=False, err=True)


@click.command("open", epilog=example("tre workspaces open PROJECT_ID"))
@click.argument("id", metavar="PROJECT_ID|WORKSPACE_ID")
def open_workspace(id: str) -> None:
    """Open workspace: a project's, once; for a workspace, its notebook, where the committee granted one."""
    if not id.startswith("wsp-"):
        print_json(post("projects", id, "open-workspace", body=b"{}"))
        return
    view = get("workspaces", id)
    if not view["room_asked_at"]:
        post("workspaces", id, "start-room", body=b"{}")
    click.echo(f"The notebook opens. Enter it in a browser: {gateway_url()}/workspaces/{id}/room")


def line_of(job: dict[str, Any]) -> str:
    """A job in one line: where it stands, and its cost once that is told."""
    words = [job["id"], job["state"].lower()]
    if job["position"]:
        words.append(f"number {job['position']} in the queue")
    if job["running_since"]:
        words.append(f"since {job['running_since']}, until {job['ends_by']} at the latest")
    if job["usable"] is not None:
        words.append("stopped" if job["stopped"] else "usable" if job["usable"] else "not usable")
    if job["cost"]:
        words.append(cost_in_words(job["cost"]))
    return "  ".join(words)


def cost_in_words(cost: dict[str, Any]) -> str:
    """Wall clock, processors, memory."""
    return f"{cost['seconds']:g} s, {cost['cpu_seconds']:g} CPU s, {cost['gib_hours']:g} GiB h"


def _follow(job: str, *, quiet: bool) -> dict[str, Any]:
    """Ask until its end is told, and say each change."""
    said = ""

    def look() -> dict[str, Any]:
        nonlocal said
        view: dict[str, Any] = get("jobs", job)
        line = line_of(view)
        if line != said and view["state"] != "ENDED" and not quiet:
            click.echo(line)
        said = line
        return view

    return _until(look, lambda view: view["state"] == "ENDED")


def _until(look: Callable[[], dict[str, Any]], met: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    while not met(view := look()):
        time.sleep(POLL_SECONDS)
    return view


def _text(script: Path) -> str:
    try:
        return script.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise Invalid("script:not_text", "The file is not UTF-8 text.", "Save it as UTF-8 and send it again.") from None


def _body(**given: str) -> bytes:
    return json.dumps(given, ensure_ascii=False).encode()
