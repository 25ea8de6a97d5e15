"""What anybody may see of the whole, without signing in: figures that no record is behind, and SATRE."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from gateway.store.queries import public_figures
from gateway.web.current import now, public, reading, settings
from workspaces.catalogue.tables import TABLES

blueprint = Blueprint("figures", __name__)


@blueprint.get("/figures")
@public
def index() -> ResponseReturnValue:
    """Budget, turnaround, releases, records held, opt-outs and how to opt out."""
    with reading() as work:
        return render_template(
            "figures.html",
            budget=public_figures.pool_budget(work),
            turnaround=public_figures.turnaround(work),
            opt_outs=public_figures.opt_out_standing(work, settings()),
            releases=public_figures.published_releases(work),
            tables=TABLES,
        )


@blueprint.get("/satre")
@public
def satre() -> ResponseReturnValue:
    """The score against SATRE, worked out when somebody asks."""
    with reading() as work:
        told = public_figures.satre(work, settings(), now())
    return render_template("satre.html", told=told)
