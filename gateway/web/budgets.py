"""The pool's budget for IG officers and auditors: who holds what, and how it went down."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from gateway.store.queries import holdings, public_figures
from gateway.web.current import actor, now, reading, settings

blueprint = Blueprint("budgets", __name__, url_prefix="/budgets")
WIDTH, HEIGHT = 800, 240


@blueprint.get("")
def index() -> ResponseReturnValue:
    """Holdings by project, and the burn-down as a chart followed by its table."""
    with reading() as work:
        holdings.need_insider(work, actor(), now(), settings().list_max_age_days)
        pool, days = public_figures.pool_budget(work), holdings.burn_down(work)
        held = holdings.holdings(work)
    lefts = [each["left_micro_rho"] for each in days]
    steps = _steps([pool["granted_micro_rho"], *lefts], pool["granted_micro_rho"])
    return render_template("budgets.html", pool=pool, days=days, held=held, points=steps, width=WIDTH, height=HEIGHT)


def _steps(lefts: list[int], whole: int) -> str:
    """A line that falls at each day, as points of an SVG polyline; the days stand at equal distances."""
    wide = WIDTH / max(1, len(lefts))
    corners = [
        (round(wide * (place + side), 1), round(HEIGHT * (1 - value / whole), 1) if whole else HEIGHT)
        for place, value in enumerate(lefts)
        for side in (0, 1)
    ]
    return " ".join(f"{x},{y}" for x, y in corners)
