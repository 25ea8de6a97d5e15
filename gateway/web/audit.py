"""The audit log for auditors: verified and shown, or exported for verification elsewhere; each look is recorded."""

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from gateway.evidence.chain import verify
from gateway.evidence.exports import lines
from gateway.vocabulary import Command
from gateway.web.actions import insist
from gateway.web.current import carry_out, one, pool_id

blueprint = Blueprint("audit", __name__, url_prefix="/audit")
SHOWN = 200


@blueprint.get("")
def index() -> ResponseReturnValue:
    """What the log is; nothing of it is shown before the look is recorded."""
    insist(one(pool_id()), Command.EXPORT_AUDIT)
    return render_template("audit.html", verdict=None, rows=[])


@blueprint.post("/export")
def export_audit() -> ResponseReturnValue:
    """The whole log: verified and its newest rows shown, or with its checkpoints as JSON lines."""
    told = carry_out(Command.EXPORT_AUDIT, pool_id()).returned
    rows = told["rows"]
    if "download" in request.form:
        named = {"Content-Disposition": 'attachment; filename="audit.jsonl"'}
        return Response(lines(rows, told["checkpoints"]), mimetype="application/x-ndjson", headers=named)
    return render_template("audit.html", verdict=verify(rows), rows=rows[: -SHOWN - 1 : -1], shown=SHOWN)
