"""Erasures and refreshes: what IG officers decide about people who leave, and when it was carried out."""

from typing import Any

from flask import Blueprint, flash, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import RadioField, TextAreaField
from wtforms.validators import InputRequired

from gateway.rules.refusals import Refusal
from gateway.store.queries import sources as queries
from gateway.vocabulary import Command, Noun
from gateway.web import wording
from gateway.web.actions import answer_status, formed, insist, offers, once, plain, reasoned
from gateway.web.current import actor, carry_out, gateway, many, now, one, pool_id, settings
from gateway.web.forms import Filled, choice
from workspaces.catalogue.errors import Invalid

blueprint = Blueprint("erasures", __name__)


class RefusalForm(FlaskForm):  # type: ignore[misc]
    """Which exemption, and why."""

    refusal = RadioField(
        "What stands against it",
        choices=[choice(value, text, hint) for value, (text, hint) in wording.ERASURE_REFUSALS.items()],
        validators=[InputRequired("Choose what stands against it")],
    )
    reason = TextAreaField("Reason", description="Kept in the log.", validators=[Filled("Enter a reason")])


@blueprint.get("/erasures", defaults={"subject_id": ""})
@blueprint.get("/erasures/<subject_id>")
def index(subject_id: str) -> ResponseReturnValue:  # noqa: ARG001 - tasks lead to the order they speak of
    """Orders for IG officers and auditors, refreshes for operators too; nobody is named."""
    with gateway().unit.reading() as work:
        queries.need_governor(work, actor(), now(), settings().list_max_age_days)
    orders = sorted(many(Noun.ERASURE_ORDER), key=lambda view: str(view["proposed_at"]), reverse=True)
    refreshes = sorted(many(Noun.REFRESH), key=lambda view: str(view["begun_at"]), reverse=True)
    return render_template(
        "erasures.html",
        orders=[(view, offers(view, Command.APPROVE_ERASURE, Command.REFUSE_ERASURE)) for view in orders],
        refreshes=refreshes,
        offers=offers(one(pool_id()), Command.BEGIN_REFRESH),
        days=settings().refresh_days,
    )


def _back(_: dict[str, Any]) -> str:
    return url_for("erasures.index")


@formed(blueprint, "/erasures/<subject_id>/refuse", Command.REFUSE_ERASURE)
def refuse(subject_id: str) -> ResponseReturnValue:
    """Which exemption of article 17(3) applies, and why."""
    view, form = one(subject_id), RefusalForm()
    insist(view, Command.REFUSE_ERASURE)
    problem: Invalid | Refusal | None = None

    def do() -> str:
        given = {"refusal": form.refusal.data, "reason": form.reason.data.strip()}
        carry_out(Command.REFUSE_ERASURE, subject_id, given)
        flash(wording.COMMANDS[Command.REFUSE_ERASURE].done)
        return _back(view)

    if form.validate_on_submit():
        try:
            return once(do)
        except (Invalid, Refusal) as error:
            problem = error
    said = wording.COMMANDS[Command.REFUSE_ERASURE]
    page = render_template("erasure_refusal.html", form=form, view=view, said=said, back=_back(view), problem=problem)
    return page, answer_status(form, problem)


reasoned(blueprint, "/erasures/<subject_id>/approve", Command.APPROVE_ERASURE, _back)
plain(blueprint, "/pools/<subject_id>/refresh", Command.BEGIN_REFRESH, _back)
