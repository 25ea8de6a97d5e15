"""The public register of data uses: read by anybody, published by an IG officer."""

from typing import Any

from flask import Blueprint, Response, current_app, render_template, url_for
from flask.typing import ResponseReturnValue

from gateway.evidence.data_uses import as_csv
from gateway.rules.refusals import unknown
from gateway.store import audit_chain
from gateway.store.queries import lists, public_figures
from gateway.vocabulary import Command
from gateway.web.actions import offers, plain
from gateway.web.current import actor_or_none, one, place, public, reading, sees, settings

blueprint = Blueprint("register", __name__, url_prefix="/register")


@blueprint.get("")
@public
def index() -> ResponseReturnValue:
    """Every published entry, and what anybody can check."""
    with reading() as work:
        newest = audit_chain.newest_checkpoint(work)
        published = lists.register_page(work, place())
    key = current_app.extensions["public_key"]().hex()
    return render_template("register.html", listed=published, key=key, newest=newest)


@blueprint.get("/data-uses.csv")
@public
def data_uses() -> ResponseReturnValue:
    """Every approved use in the 31 columns of HDR UK's register."""
    return _csv("Approved", "data-uses.csv")


@blueprint.get("/refusals.csv")
@public
def refusals() -> ResponseReturnValue:
    """Every published refusal, in the same columns."""
    return _csv("Refused", "refusals.csv")


def _csv(decision: str, name: str) -> ResponseReturnValue:
    with reading() as work:
        rows = public_figures.data_uses(work, settings().base_url, decision)
    named = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(as_csv(rows), mimetype="text/csv", headers=named)


@blueprint.get("/<subject_id>")
@public
def entry(subject_id: str) -> ResponseReturnValue:
    """One published entry; a draft for those who may know of it."""
    with reading() as work:
        found = lists.registered(work, subject_id)
    view = one(subject_id) if actor_or_none() and sees(subject_id) else None
    if found is None and view is None:
        raise unknown()
    return render_template(
        "register_entry.html",
        fields=found or (view or {})["fields"],
        draft=found is None,
        view=view,
        offers=offers(view, Command.PUBLISH_ENTRY) if view else [],
    )


def _back(view: dict[str, Any]) -> str:
    return url_for("register.entry", subject_id=view["id"])


plain(blueprint, "/<subject_id>/publish", Command.PUBLISH_ENTRY, _back)
