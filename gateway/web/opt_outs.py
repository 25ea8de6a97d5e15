"""Opt-out lists: received from the national service, put in force by an IG officer."""

from typing import Any

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from gateway.store.queries import sources as queries
from gateway.vocabulary import Command, Noun
from gateway.web.actions import offers, plain
from gateway.web.current import actor, many, now, reading, settings

blueprint = Blueprint("opt_outs", __name__, url_prefix="/opt-outs")


@blueprint.get("", defaults={"subject_id": ""})
@blueprint.get("/<subject_id>")
def index(subject_id: str) -> ResponseReturnValue:  # noqa: ARG001 - tasks lead to the list they speak of
    """Every list, newest first; receipts for IG officers and auditors only."""
    with reading() as work:
        queries.need_governor(work, actor(), now(), settings().list_max_age_days)
    lists = sorted(many(Noun.OPT_OUT_LIST), key=lambda view: str(view["received_at"]), reverse=True)
    return render_template(
        "opt_outs.html",
        lists=[(view, offers(view, Command.ACTIVATE_OPT_OUTS)) for view in lists],
        max_age=settings().list_max_age_days,
    )


def _back(_: dict[str, Any]) -> str:
    return url_for("opt_outs.index")


plain(blueprint, "/<subject_id>/activate", Command.ACTIVATE_OPT_OUTS, _back)
