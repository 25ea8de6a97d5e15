"""Exemptions from the national opt-out: proposed on a project, seconded, approved, ended; each by another person."""

from typing import Any

from flask import Blueprint, flash, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired

from gateway.rules.exemptions import GROUNDS
from gateway.rules.refusals import Refusal
from gateway.vocabulary import Command, Noun
from gateway.web import wording
from gateway.web.actions import answer_status, formed, insist, offers, once, reasoned
from gateway.web.current import carry_out, listed, one
from gateway.web.forms import DayField, Filled, choice
from workspaces.catalogue.errors import Invalid

blueprint = Blueprint("exemptions", __name__)
_STEPS = (
    Command.SECOND_EXEMPTION,
    Command.APPROVE_EXEMPTION,
    Command.REFUSE_EXEMPTION,
    Command.END_EXEMPTION,
)


class ExemptionForm(FlaskForm):  # type: ignore[misc]
    """The decision that it cites."""

    ground = RadioField(
        "What the exemption rests on",
        choices=[choice(ground.value, text) for ground, text in GROUNDS.items()],
        validators=[InputRequired("Choose what the exemption rests on")],
    )
    decided_by = StringField(
        "Who decided it",
        description="Nobody here can: for example the Confidentiality Advisory Group.",
        validators=[Filled("Enter who decided it", 200)],
    )
    reference = StringField(
        "Reference of the decision",
        description="For example 26/CAG/0001.",
        validators=[Filled("Enter the reference", 200)],
    )
    decided_on = DayField("Day of the decision", validators=[Filled("Enter the day of the decision")])
    expires_on = DayField(
        "Last day of the exemption",
        description="Within a year. With that day the use of the records ends.",
        validators=[Filled("Enter the last day")],
    )
    why = TextAreaField(
        "Why people's choice does not apply",
        description="In words for everybody: it stands in the public register.",
        validators=[Filled("Say why people's choice does not apply")],
    )

    def given(self) -> dict[str, Any]:
        """The form as the command's input."""
        days = {name: self[name].data.isoformat() for name in ("decided_on", "expires_on")}
        said = {name: self[name].data.strip() for name in ("decided_by", "reference", "why")}
        return {"ground": self.ground.data, **said, **days}


@blueprint.get("/exemptions", defaults={"subject_id": ""})
@blueprint.get("/exemptions/<subject_id>")
def index(subject_id: str) -> ResponseReturnValue:
    """Every exemption that this person may know of, or the one that a task leads to."""
    found = listed(Noun.EXEMPTION) if not subject_id else None
    views = found.rows if found else [one(subject_id)]
    return render_template(
        "exemptions.html",
        exemptions=[(view, offers(view, *_STEPS)) for view in views],
        older=found.older if found else None,
    )


def _back(view: dict[str, Any]) -> str:
    return url_for("exemptions.index", subject_id=view["id"])


@formed(blueprint, "/projects/<subject_id>/exemption", Command.PROPOSE_EXEMPTION)
def propose(subject_id: str) -> ResponseReturnValue:
    """The decision from outside, what it means, until when."""
    view, form = one(subject_id), ExemptionForm()
    insist(view, Command.PROPOSE_EXEMPTION)
    problem: Invalid | Refusal | None = None

    def do() -> str:
        made = carry_out(Command.PROPOSE_EXEMPTION, subject_id, form.given())
        flash(wording.COMMANDS[Command.PROPOSE_EXEMPTION].done)
        return url_for("exemptions.index", subject_id=made.created_id)

    if form.validate_on_submit():
        try:
            return once(do)
        except (Invalid, Refusal) as error:
            problem = error
    said = wording.COMMANDS[Command.PROPOSE_EXEMPTION]
    page = render_template("exemption_form.html", form=form, view=view, said=said, problem=problem)
    return page, answer_status(form, problem)


for _verb, _command in zip(("second", "approve", "refuse", "end"), _STEPS, strict=True):
    reasoned(blueprint, f"/exemptions/<subject_id>/{_verb}", _command, _back)
