"""Sources: who sent records and under which standing; exact figures on demand, each look recorded."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from gateway.store.queries import sources as queries
from gateway.vocabulary import Command
from gateway.web.actions import may
from gateway.web.current import actor, carry_out, now, one, pool_id, reading, settings
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


def _page(exact: dict[str, dict[str, object]]) -> ResponseReturnValue:
    with reading() as work:
        loads = queries.loads(work, actor(), now(), settings().list_max_age_days)
    pool = one(pool_id())
    return render_template(
        "sources.html",
        loads=loads,
        exact=exact,
        pool=pool,
        may_look=may(pool, Command.VIEW_QUALITY),
        legal_codes=legal_codes.VERSION,
    )
