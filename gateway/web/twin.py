"""The public synthetic twin: what it is, what it is not, and its files. For anybody, signed in or not."""

from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, render_template
from flask.typing import ResponseReturnValue

from disclosure.terms import Terms
from gateway.commands import twins
from gateway.rules.refusals import unknown
from gateway.web.current import public, reading, settings
from gateway.web.released import Table, tables_of
from workspaces.twin.people import MOST_PEOPLE

blueprint = Blueprint("twin", __name__, url_prefix="/twin")


@blueprint.get("")
@public
def page() -> ResponseReturnValue:
    """The twin there is, or how one comes about."""
    with reading() as work:
        release = twins.newest(work)
    return render_template("twin.html", release=release, most=MOST_PEOPLE)


@blueprint.get("/people.zip")
@public
def people() -> ResponseReturnValue:
    """Every table as Parquet, with the released counts it was made from."""
    folder = _folder()
    if folder is None:
        raise unknown()
    named = {"Content-Disposition": 'attachment; filename="twin.zip"'}
    return Response((folder / twins.ZIP).read_bytes(), mimetype="application/zip", headers=named)


def exists() -> bool:
    """Whether there is a twin to try a request on."""
    with reading() as work:
        return twins.newest(work) is not None


def tried(request: dict[str, Any], terms: Terms) -> tuple[Table, ...]:
    """The figures of a request on the made-up people, as tables. Raises Invalid."""
    folder = _folder()
    if folder is None:
        raise unknown()
    return tables_of(twins.try_out(folder, request, terms))


def _folder() -> Path | None:
    with reading() as work:
        release = twins.newest(work)
    return None if release is None else twins.opened(settings().folder, current_app.extensions["objects"], release)
