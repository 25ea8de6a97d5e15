"""Projects: the application, the committee's votes, the decision and what it grants."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, flash, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired

from gateway.rules.refusals import Refusal
from gateway.vocabulary import Command, Noun, Verdict
from gateway.web import wording
from gateway.web.actions import Offer, answer_status, formed, insist, may, offers, once, plain, reasoned
from gateway.web.current import carry_out, listed, one, past, pool_id, sees
from gateway.web.forms import DayField, Filled, LinesField, choice
from gateway.web.project_form import PARTS, ProjectForm, filled_from
from workspaces.catalogue.errors import Invalid
from workspaces.catalogue.tables import TABLES

blueprint = Blueprint("projects", __name__, url_prefix="/projects")
BUTTONS = (
    Command.SUBMIT_PROJECT,
    Command.EDIT_PROJECT,
    Command.DECLARE_INTEREST,
    Command.CAST_VOTE,
    Command.REQUEST_SNAPSHOT,
    Command.OPEN_WORKSPACE,
    Command.DRAFT_RELEASE,
)
GOVERNING = (Command.RESUME_PROJECT, Command.SUSPEND_PROJECT, Command.CLOSE_PROJECT)
RARE = Command.PROPOSE_EXEMPTION  # offered where it is possible; nobody is told on every project why it is not


@blueprint.get("")
def index() -> ResponseReturnValue:
    """Every project that this person may know of."""
    pool = one(pool_id())
    return render_template("projects.html", listed=listed(Noun.PROJECT), may_draft=may(pool, Command.DRAFT_PROJECT))


@blueprint.get("/<subject_id>")
def page(subject_id: str) -> ResponseReturnValue:
    """State, what next, grant and budget, the application, votes, history."""
    view = one(subject_id)
    return render_template(
        "project.html",
        view=view,
        offers=_due(view),
        governing=[*offers(view, *GOVERNING), *(each for each in offers(view, RARE) if each.possible)],
        history=past(subject_id),
        snapshot=_seen(view["snapshot"] and view["snapshot"]["id"]),
        workspace=_seen(view["workspace_id"]),
        entry=_seen(view["register_entry_id"]),
        parts=PARTS,
        tables=TABLES,
    )


def _seen(subject_id: str | None) -> str:
    """The id of something that may be linked to; empty for what this person may not know of."""
    return subject_id if subject_id and sees(subject_id) else ""


def _due(view: dict[str, Any]) -> list[Offer]:
    """The buttons that lead on: a second snapshot is a side step, a second workspace is none."""
    wanted = [each for each in BUTTONS if not (each is Command.OPEN_WORKSPACE and view["workspace_id"])]
    found = offers(view, *wanted)
    if view["snapshot"] is None:
        return found
    again = replace(wording.COMMANDS[Command.REQUEST_SNAPSHOT], button="Ask for a new snapshot", variant="secondary")
    later = [replace(each, wording=again) for each in found if each.command is Command.REQUEST_SNAPSHOT]
    return [each for each in found if each.command is not Command.REQUEST_SNAPSHOT] + later


def page_of(view: dict[str, Any]) -> str:
    """The address of a project's page."""
    return url_for("projects.page", subject_id=view["id"])


@blueprint.route("/new", methods=["GET", "POST"])
def draft_project() -> ResponseReturnValue:
    """A new application; who drafts it leads it."""
    pool = one(pool_id())
    insist(pool, Command.DRAFT_PROJECT)
    form = ProjectForm()

    def do() -> str:
        made = carry_out(Command.DRAFT_PROJECT, pool["id"], form.application())
        flash("The draft is saved.")
        return url_for("projects.page", subject_id=made.created_id)

    return _answer(form, "New application", do, {})


@formed(blueprint, "/<subject_id>/edit", Command.EDIT_PROJECT)
def edit_project(subject_id: str) -> ResponseReturnValue:
    """The whole application anew."""
    view = one(subject_id)
    insist(view, Command.EDIT_PROJECT)
    form = ProjectForm(data=filled_from(view))

    def do() -> str:
        carry_out(Command.EDIT_PROJECT, subject_id, form.application())
        flash(wording.COMMANDS[Command.EDIT_PROJECT].done)
        return page_of(view)

    return _answer(form, "Change the application", do, view)


def _answer(form: ProjectForm, heading: str, do: Any, view: dict[str, Any]) -> ResponseReturnValue:
    problem: Invalid | Refusal | None = None
    if form.validate_on_submit():
        try:
            return once(do)
        except (Invalid, Refusal) as error:
            problem = error
    page = render_template(
        "project_form.html", form=form, heading=heading, view=view, problem=problem, parts=PARTS, tables=TABLES
    )
    return page, answer_status(form, problem)


class InterestForm(FlaskForm):  # type: ignore[misc]
    """Whether somebody has an interest in an application."""

    conflict = RadioField(
        "Do you, somebody close to you, or your organisation have an interest in it?",
        choices=[
            choice("no", "No"),
            choice("yes", "Yes", "You are locked out of this application from then on. This cannot be undone."),
        ],
        validators=[InputRequired("Choose yes or no")],
    )
    reason = TextAreaField("What is it?", description="Needed where there is one. It will stand in the minutes.")


@formed(blueprint, "/<subject_id>/declare", Command.DECLARE_INTEREST)
def declare_interest(subject_id: str) -> ResponseReturnValue:
    """Conflicts of interest come first; whoever has one sees no more of the application."""
    view, form = one(subject_id), InterestForm()
    insist(view, Command.DECLARE_INTEREST)
    problem: Invalid | Refusal | None = None

    def do() -> str:
        locked = form.conflict.data == "yes"
        given = {"conflict": locked, "reason": (form.reason.data or "").strip()}
        carry_out(Command.DECLARE_INTEREST, subject_id, given)
        flash(wording.COMMANDS[Command.DECLARE_INTEREST].done)
        return url_for("home.tasks") if locked else url_for("projects.cast_vote", subject_id=subject_id)

    if form.validate_on_submit():
        try:
            return once(do)
        except (Invalid, Refusal) as error:
            problem = error
    return render_template("declare.html", form=form, view=view, problem=problem), answer_status(form, problem)


@blueprint.get("/<subject_id>/minutes")
def minutes(subject_id: str) -> ResponseReturnValue:
    """What the committee did, as far as this person may know: written from the votes, by nobody."""
    view = one(subject_id)
    return render_template("minutes.html", view=view, history=past(subject_id))


class VoteForm(FlaskForm):  # type: ignore[misc]
    """A vote with its reason."""

    verdict = RadioField(
        "How do you vote?",
        choices=[
            choice(Verdict.APPROVE.value, "Approve"),
            choice(Verdict.RETURN.value, "Return to the applicant", "They may change it and submit it again."),
            choice(Verdict.REFUSE.value, "Refuse"),
        ],
        validators=[InputRequired("Choose how you vote")],
    )
    reason = TextAreaField(
        "Reason",
        description="Other members see it once they have voted; the applicant sees it after the decision.",
        validators=[Filled("Enter a reason for your vote")],
    )
    epsilon = StringField("Privacy budget: at most", description="A condition of your approval; empty for none.")
    ends_by = DayField("End by", description="Empty for the day that is asked for.")
    columns = LinesField("Columns not granted", description="One on each line, for example person.imd_decile")
    reviews = SelectField(
        "Output checkers",
        choices=[choice("", "As asked for"), *(choice(str(each), f"At least {each}") for each in (3, 4, 5))],
        default="",
    )
    prose = LinesField(
        "Other conditions", description="One on each line. People keep these: no control carries them out."
    )

    def conditions(self) -> list[dict[str, str]]:
        """What is filled in, as conditions."""
        ends = [self.ends_by.data.isoformat()] if self.ends_by.data else []
        told = {
            "EPSILON_AT_MOST": [self.epsilon.data.strip()] if (self.epsilon.data or "").strip() else [],
            "ENDS_BY": ends,
            "WITHOUT_COLUMN": self.columns.data or [],
            "REVIEWS_AT_LEAST": [self.reviews.data] if self.reviews.data else [],
            "PROSE": self.prose.data or [],
        }
        return [{"control": name, "value": value} for name, values in told.items() for value in values]


@formed(blueprint, "/<subject_id>/vote", Command.CAST_VOTE)
def cast_vote(subject_id: str) -> ResponseReturnValue:
    """The application on the left, the vote on the right."""
    view, form = one(subject_id), VoteForm()
    insist(view, Command.CAST_VOTE)
    problem: Invalid | Refusal | None = None

    def do() -> str:
        given = {
            "verdict": form.verdict.data,
            "reason": form.reason.data.strip(),
            "conditions": form.conditions(),
        }
        carry_out(Command.CAST_VOTE, subject_id, given)
        flash(wording.COMMANDS[Command.CAST_VOTE].done)
        return page_of(view)

    if form.validate_on_submit():
        try:
            return once(do)
        except (Invalid, Refusal) as error:
            problem = error
    page = render_template("vote.html", form=form, view=view, problem=problem, parts=PARTS, tables=TABLES)
    return page, answer_status(form, problem)


plain(blueprint, "/<subject_id>/submit", Command.SUBMIT_PROJECT, page_of)
plain(blueprint, "/<subject_id>/snapshot", Command.REQUEST_SNAPSHOT, page_of)
plain(blueprint, "/<subject_id>/workspace", Command.OPEN_WORKSPACE, page_of)
reasoned(blueprint, "/<subject_id>/suspend", Command.SUSPEND_PROJECT, page_of)
reasoned(blueprint, "/<subject_id>/resume", Command.RESUME_PROJECT, page_of)
reasoned(blueprint, "/<subject_id>/close", Command.CLOSE_PROJECT, page_of)
