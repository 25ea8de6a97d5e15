"""How the committee decides: the rule sets, the one in force, and who chairs."""

from flask import Blueprint, flash, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import RadioField, StringField

from gateway.rules.committees import COMMITTEES
from gateway.rules.refusals import Refusal
from gateway.vocabulary import Command
from gateway.web import wording
from gateway.web.actions import answer_status, insist, may, once
from gateway.web.current import carry_out, one, pool_id
from gateway.web.forms import choice
from workspaces.catalogue.errors import Invalid

blueprint = Blueprint("committee", __name__, url_prefix="/committee")


class CommitteeForm(FlaskForm):  # type: ignore[misc]
    """One of the rule sets, and who chairs."""

    committee = RadioField(
        "How does the committee decide?", choices=[choice(each.name, each.title) for each in COMMITTEES.values()]
    )
    chair = StringField("Who chairs", description="Their person id, which begins with per-; empty for nobody.")


@blueprint.route("", methods=["GET", "POST"])
def index() -> ResponseReturnValue:
    """The rules in force; IG officers choose others, for what is submitted from then on."""
    pool = one(pool_id())
    form = CommitteeForm(data=pool["committee"] | {"committee": pool["committee"]["name"]})
    problem: Invalid | Refusal | None = None

    def do() -> str:
        given = {"committee": form.committee.data, "chair": (form.chair.data or "").strip()}
        carry_out(Command.CHOOSE_COMMITTEE, pool["id"], given)
        flash(wording.COMMANDS[Command.CHOOSE_COMMITTEE].done)
        return url_for("committee.index")

    if form.is_submitted():
        insist(pool, Command.CHOOSE_COMMITTEE)
        if form.validate():
            try:
                return once(do)
            except (Invalid, Refusal) as error:
                problem = error
    page = render_template(
        "committee.html",
        form=form,
        problem=problem,
        rules=pool["committee"],
        may_choose=may(pool, Command.CHOOSE_COMMITTEE),
    )
    return page, answer_status(form, problem)
