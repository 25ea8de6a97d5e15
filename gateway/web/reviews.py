"""The checkers' desk: what waits, one screen for each request, drafts that are kept, a decision."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectField, TextAreaField
from wtforms.validators import InputRequired

from gateway.commands.changes import since_last_turn
from gateway.commands.differences import beside
from gateway.commands.downloads import reviewed_package
from gateway.rules.refusals import Refusal
from gateway.store.queries.desk import Figures, figures
from gateway.vocabulary import Command, Noun, ReleaseState, Seat, Verdict
from gateway.web import released, wording
from gateway.web.actions import answer_status, formed, insist, may, once
from gateway.web.current import actor, carry_out, gateway, listed, one, reading, waiting
from gateway.web.forms import Filled, choice
from gateway.web.reasons import ON_PLANS, ON_VALUES, Reason, sentence
from workspaces.catalogue.errors import Invalid

blueprint = Blueprint("reviews", __name__)
PARTS = {
    Command.CLEAR_PLAN: "Check the plan",
    Command.REVIEW_RELEASE: "Review the figures",
    Command.CONFIRM_REVIEW: "Look again: you differ",
    Command.ADJUDICATE_RELEASE: "Settle the difference",
}
PAGES = {command: f"reviews.{command.value.lower()}" for command in PARTS}
OVER = frozenset({"RELEASED", "RECALLED", "RETURNED", "REFUSED", "WITHDRAWN", "FAILED"})
ON_PLAN = "The author and the project read it as soon as you record your decision."
TO_AUTHOR = "The author and the project read it after the outcome; the other checkers once all reviews are in."
AMONG_US = "Checkers and auditors read it, once they may see your review. The project never does."


class DeskForm(FlaskForm):  # type: ignore[misc]
    """A verdict, a message to the author, a note among checkers, and what they are about."""

    verdict = RadioField("Your decision", validators=[InputRequired("Choose a decision")])
    why = SelectField("Begin with a reason", validate_choice=False)
    reason = TextAreaField("Message to the author", description=TO_AUTHOR, validators=[Filled("Enter a message")])
    note = TextAreaField("Note among checkers", description=AMONG_US)
    seen = HiddenField()

    def offer(self, verdicts: list[Any], reasons: tuple[Reason, ...]) -> None:
        """What may be decided, and which reasons there are."""
        self.verdict.choices = verdicts
        self.why.choices = [choice("", "Choose"), *(choice(each.key, each.label) for each in reasons)]

    def words(self) -> dict[str, str]:
        """What was written, and about which version."""
        fields = {"reason": self.reason, "note": self.note, "seen": self.seen}
        return {name: (field.data or "").strip() for name, field in fields.items()}


ON_A_PLAN = [
    choice(Verdict.APPROVE.value, "Clear the plan", "The budget is reserved and spent, then the draw begins."),
    choice(Verdict.RETURN.value, "Return it to its author", "It costs nothing."),
]
ON_A_RELEASE = [
    choice(Verdict.APPROVE.value, "Approve"),
    choice(Verdict.RETURN.value, "Return", "The author is told why. What was spent stays spent."),
    choice(Verdict.REFUSE.value, "Refuse"),
]


def _insist_on_seat() -> None:
    if Seat.OUTPUT_CHECKER not in actor().appointments:
        raise Refusal("desk:not_yours", "The desk is for output checkers.", "Your tasks say what waits for you.")


@blueprint.get("/desk")
def desk() -> ResponseReturnValue:
    """What waits for this checker, longest first; what is done or waits for others; how checkers do together."""
    _insist_on_seat()
    views = listed(Noun.RELEASE).rows
    with reading() as work:
        told: Figures = figures(work)
    return render_template(
        "desk.html",
        waiting=_waiting(),
        parts=PARTS,
        my_part=my_part,
        pages=PAGES,
        others=[view for view in views if view["state"] not in OVER and my_part(view) is None],
        over=[view for view in views if view["state"] in OVER],
        told=told,
    )


@blueprint.get("/desk/next")
def review_next() -> ResponseReturnValue:
    """To what has waited longest for this checker; to the desk when nothing does."""
    _insist_on_seat()
    queue = _waiting()
    if not queue:
        flash("Nothing waits for you.")
        return redirect(url_for("reviews.desk"), 303)
    part = my_part(queue[0])
    assert part is not None  # noqa: S101 - only those are waiting
    return redirect(url_for(PAGES[part], subject_id=queue[0]["id"]), 303)


def my_part(view: Mapping[str, Any]) -> Command | None:
    """What this person can do now with a release; None when their part is done or it is with others."""
    return next((command for command in PARTS if may(dict(view), command)), None)


def _waiting() -> list[dict[str, Any]]:
    mine = [view for view in waiting(Noun.RELEASE, PARTS) if my_part(view) is not None and view.get("waits")]
    return sorted(mine, key=lambda view: str(view["waits"]["since"]))


@formed(blueprint, "/releases/<subject_id>/plan", Command.CLEAR_PLAN)
def clear_plan(subject_id: str) -> ResponseReturnValue:
    """The plan in full: what would be drawn, at which noise, with which literals; no number is there yet."""
    view = one(subject_id)
    insist(view, Command.CLEAR_PLAN)

    def decide(form: DeskForm) -> Command:
        command = Command.CLEAR_PLAN if form.verdict.data == Verdict.APPROVE.value else Command.RETURN_PLAN
        carry_out(command, subject_id, form.words())
        return command

    return _judged("plan.html", view, ON_A_PLAN, ON_PLANS, decide)


@formed(blueprint, "/releases/<subject_id>/review", Command.REVIEW_RELEASE)
def review_release(subject_id: str) -> ResponseReturnValue:
    """The figures that a reader would get, beside the decision."""
    return _reviewed(subject_id, Command.REVIEW_RELEASE)


@formed(blueprint, "/releases/<subject_id>/confirm", Command.CONFIRM_REVIEW)
def confirm_review(subject_id: str) -> ResponseReturnValue:
    """The same with the other reviews, for those who gave them."""
    return _reviewed(subject_id, Command.CONFIRM_REVIEW)


@formed(blueprint, "/releases/<subject_id>/adjudicate", Command.ADJUDICATE_RELEASE)
def adjudicate_release(subject_id: str) -> ResponseReturnValue:
    """The same with all that was said, for a third checker."""
    return _reviewed(subject_id, Command.ADJUDICATE_RELEASE)


def _reviewed(subject_id: str, command: Command) -> ResponseReturnValue:
    view = one(subject_id)
    insist(view, command)

    def decide(form: DeskForm) -> Command:
        carry_out(command, subject_id, {**form.words(), "verdict": form.verdict.data, "verdicts": _verdicts(view)})
        return command

    package = reviewed_package(gateway(), current_app.extensions["objects"], actor=actor(), release_id=subject_id)
    return _judged("review.html", view, ON_A_RELEASE, ON_VALUES, decide, shown=released.shown(package), command=command)


def _judged(
    template: str,
    view: dict[str, Any],
    verdicts: list[Any],
    reasons: tuple[Reason, ...],
    decide: Callable[[DeskForm], Command],
    **more: Any,
) -> ResponseReturnValue:
    problem: Invalid | Refusal | None = None
    kept = view.get("draft") or {}
    form = DeskForm(data={**kept, "seen": view["seen"]})
    form.offer(verdicts, reasons)
    form.reason.description = ON_PLAN if reasons is ON_PLANS else TO_AUTHOR
    asked = next((name for name in ("keep", "add_reason") if name in request.form), "decide")
    if request.method == "POST" and asked == "add_reason":
        form.reason.data = "\n".join(filter(None, (form.reason.data, sentence(form.why.data or "", reasons))))
    elif request.method == "POST" and (asked == "keep" or form.validate()):
        try:
            return once(lambda: _keep(view, form)) if asked == "keep" else once(lambda: _done(decide(form)))
        except (Invalid, Refusal) as error:
            problem = error
    own = _verdicts(view) if request.method == "POST" else kept.get("verdicts", {})
    page = render_template(
        template, form=form, view=view, problem=problem, own=own, reasons=reasons, **_around(view), **more
    )
    return page, answer_status(form, problem)


def _done(command: Command) -> str:
    flash(wording.COMMANDS[command].done)
    return url_for("reviews.desk")


def _keep(view: dict[str, Any], form: DeskForm) -> str:
    said = {"verdict": form.verdict.data or None, "reason": form.reason.data or "", "note": form.note.data or ""}
    carry_out(Command.KEEP_REVIEW, view["id"], {**said, "verdicts": _verdicts(view)})
    flash(wording.COMMANDS[Command.KEEP_REVIEW].done)
    return request.path


def _verdicts(view: dict[str, Any]) -> dict[str, str]:
    """What was chosen for each statistic; fields are numbered, names may hold anything."""
    names = [str(each["name"]) for each in view["request"]["statistics"]]
    chosen = {name: request.form.get(f"statistic-{number}", "") for number, name in enumerate(names)}
    return {name: verdict for name, verdict in chosen.items() if verdict}


def _around(view: dict[str, Any]) -> dict[str, Any]:
    objects = current_app.extensions["objects"]
    return {
        "beside": beside(gateway(), objects, release_id=view["id"], desk=True),
        "changes": since_last_turn(gateway(), objects, release_id=view["id"]),
        "consolidating": view["state"] == ReleaseState.CONSOLIDATING.value,
    }
