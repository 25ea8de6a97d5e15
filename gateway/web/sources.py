"""Sources: who sent records, under which standing, how good they are; exact figures on demand, each look recorded."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from gateway.store.queries import sources as queries
from gateway.vocabulary import Command
from gateway.web.actions import may
from gateway.web.current import actor, carry_out, one, pool_id, reading
from workspaces.catalogue import legal_codes

blueprint = Blueprint("sources", __name__, url_prefix="/sources")


@blueprint.get("")
def index() -> ResponseReturnValue:
    """Loads without counts."""
    return _page({})


@blueprint.post("/quality")
def view_quality() -> ResponseReturnValue:
    """Loads with their exact counts."""
    shown = carry_out(Command.VIEW_QUALITY, pool_id()).returned["loads"]
    return _page({load["id"]: load for load in shown})


@blueprint.get("/loads/<load_id>")
def page(load_id: str) -> ResponseReturnValue:
    """How good one load is, table by table, in bands."""
    return _quality(load_id, None)


@blueprint.post("/loads/<load_id>/figures")
def view_figures(load_id: str) -> ResponseReturnValue:
    """The same in exact figures."""
    shown = carry_out(Command.VIEW_QUALITY, pool_id(), {"load": load_id}).returned["loads"]
    return _quality(load_id, shown[0])


def _page(exact: dict[str, dict[str, object]]) -> ResponseReturnValue:
    actor()
    with reading() as work:
        loads = queries.loads(work)
    pool = one(pool_id())
    return render_template(
        "sources.html",
        loads=loads,
        exact=exact,
        pool=pool,
        may_look=may(pool, Command.VIEW_QUALITY),
        legal_codes=legal_codes.VERSION,
    )


def _quality(load_id: str, exact: dict[str, object] | None) -> ResponseReturnValue:
    actor()
    with reading() as work:
        load = queries.quality(work, load_id)
    may_look = may(one(pool_id()), Command.VIEW_QUALITY)
    return render_template("source.html", load=load, exact=exact, may_look=may_look)
