"""Snapshots: what was built for a project; exact receipts for IG officers and auditors only."""

from typing import Any

from flask import Blueprint, current_app, render_template, url_for
from flask.typing import ResponseReturnValue

from gateway.jobs.certificates import certificate_of
from gateway.vocabulary import Command
from gateway.web.actions import offers, plain, reasoned
from gateway.web.current import one, past

# Its steps inside are not shown one by one: how long each takes would say something of the records.
STAGES = ("REQUESTED", "BUILDING", "BUILT", "CLEARED")
blueprint = Blueprint("snapshots", __name__, url_prefix="/snapshots")


@blueprint.get("/<subject_id>")
def page(subject_id: str) -> ResponseReturnValue:
    """The build and, for insiders, its receipt."""
    view = one(subject_id)
    return render_template(
        "snapshot.html",
        view=view,
        project=one(view["project_id"]),
        offers=offers(view, Command.CLEAR_SNAPSHOT, Command.RETIRE_SNAPSHOT),
        history=past(subject_id),
        stages=STAGES,
        waiting=view["state"] in ("REQUESTED", "BUILDING"),
    )


@blueprint.get("/<subject_id>/certificate")
def certificate(subject_id: str) -> ResponseReturnValue:
    """The signed certificate of its destruction, for whoever may see it."""
    one(subject_id)
    return certificate_of(current_app.extensions["objects"], subject_id)


def page_of(view: dict[str, Any]) -> str:
    """The address of a snapshot's page."""
    return url_for("snapshots.page", subject_id=view["id"])


plain(blueprint, "/<subject_id>/clear", Command.CLEAR_SNAPSHOT, page_of)
reasoned(blueprint, "/<subject_id>/retire", Command.RETIRE_SNAPSHOT, page_of)
