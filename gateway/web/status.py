"""How the rooms are kept on this machine: each promise, and which are weaker here and why."""

from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue

from gateway.web.current import public, settings

blueprint = Blueprint("status", __name__, url_prefix="/status")


@blueprint.get("")
@public
def index() -> ResponseReturnValue:
    """Promises of the room driver in use, weaker ones first."""
    promises = sorted(current_app.extensions["promises"](), key=lambda promise: promise.kept)
    return render_template("status.html", promises=promises, settings=settings())
