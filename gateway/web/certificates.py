"""Certificates: what one holds and presents, the agreement one accepts, and the desk of those who decide."""

from datetime import date
from typing import Any

from flask import Blueprint, flash, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField, TextAreaField

from gateway.rules.certificates import DEMANDED_OF, KINDS, PRESENTED_BY_HAND, version_in_force
from gateway.rules.refusals import Refusal, unknown
from gateway.rules.visibility import Reach, reach
from gateway.store.queries import certificates as queries
from gateway.vocabulary import Command, Noun
from gateway.web import wording
from gateway.web.actions import answer_status, insist, may, offers, once, plain, reasoned
from gateway.web.current import actor, carry_out, listed, now, one, pool_id, reading
from gateway.web.forms import DayField, Filled, choice
from workspaces.catalogue.errors import Invalid

blueprint = Blueprint("certificates", __name__)


class CertificateForm(FlaskForm):  # type: ignore[misc]
    """What somebody holds."""

    kind = SelectField("What is it?", choices=[choice(name, KINDS[name].title) for name in PRESENTED_BY_HAND])
    reference = StringField(
        "Number or reference",
        description="And who issued it, so that it can be checked.",
        validators=[Filled("Enter its number or reference", 200)],
    )
    issued_on = DayField("Issued on", description="For example 31 3 2026", validators=[Filled("Enter its first day")])
    ends_on = DayField("Last day", description="Needed for contracts; others end by themselves, or earlier if you say.")


class DemandForm(FlaskForm):  # type: ignore[misc]
    """A certificate and the seat that demands it."""

    kind = SelectField("Certificate", choices=[choice(kind.name, kind.title) for kind in KINDS.values()])
    seat = SelectField("Seat", choices=[choice(seat.value, wording.seats([seat.value])) for seat in DEMANDED_OF])


class TermsForm(FlaskForm):  # type: ignore[misc]
    """The next version of the agreement."""

    text = TextAreaField("The whole text", validators=[Filled("Enter the text of the agreement", 20_000)])


@blueprint.route("/account/certificates", methods=["GET", "POST"])
def present() -> ResponseReturnValue:
    """One more certificate of one's own, or of one's organisation."""
    form = CertificateForm()

    def do() -> str:
        given = {"kind": form.kind.data, "reference": form.reference.data.strip()}
        days = {"issued_on": _iso(form.issued_on.data), "ends_on": _iso(form.ends_on.data)}
        carry_out(Command.PRESENT_CERTIFICATE, actor().person_id, {**given, **days})
        flash("It is presented. An IG officer checks it.")
        return url_for("people.page")

    return _answer(form, "present_certificate.html", do, {})


@blueprint.get("/account/agreement")
def agreement() -> ResponseReturnValue:
    """The agreement in force or to come, to read and accept."""
    with reading() as work:
        versions = queries.every_version(work)
    view = one(actor().person_id)
    return render_template(
        "agreement.html",
        terms=versions[0] if versions else None,
        current=version_in_force(versions, now()),
        view=view,
        may_sign=may(view, Command.SIGN_TERMS),
    )


@blueprint.post("/account/agreement/<int:version>/accept")
def accept_terms(version: int) -> ResponseReturnValue:
    """Accept what was read."""
    return _agree(Command.ACCEPT_TERMS, version, "You have accepted the agreement.")


@blueprint.post("/account/agreement/<int:version>/sign")
def sign_terms(version: int) -> ResponseReturnValue:
    """Sign for one's organisation."""
    return _agree(Command.SIGN_TERMS, version, "You have signed the agreement for your organisation.")


def _agree(command: Command, version: int, done: str) -> ResponseReturnValue:
    def do() -> str:
        carry_out(command, actor().person_id, {"version": version})
        flash(done)
        return url_for("certificates.agreement")

    return once(do)


@blueprint.get("/certificates", defaults={"subject_id": ""})
@blueprint.get("/certificates/<subject_id>")
def index(subject_id: str) -> ResponseReturnValue:  # noqa: ARG001 - tasks lead to the one they speak of
    """Every certificate with what can be decided about it, and what each seat demands."""
    return _desk(DemandForm(formdata=None))


@blueprint.post("/demands/require")
def require() -> ResponseReturnValue:
    """A seat demands a certificate from now on."""
    return _demand(Command.REQUIRE_CERTIFICATE, "The seat demands it from now on.")


@blueprint.post("/demands/waive")
def waive() -> ResponseReturnValue:
    """A seat demands it no longer."""
    return _demand(Command.WAIVE_CERTIFICATE, "The seat demands it no longer.")


def _demand(command: Command, done: str) -> ResponseReturnValue:
    form = DemandForm()
    insist(one(pool_id()), command)

    def do() -> str:
        carry_out(command, pool_id(), {"kind": form.kind.data, "seat": form.seat.data})
        flash(done)
        return url_for("certificates.index")

    problem: Invalid | Refusal | None = None
    if form.validate():
        try:
            return once(do)
        except (Invalid, Refusal) as error:
            problem = error
    return _desk(form, problem)


def _desk(form: DemandForm, problem: Invalid | Refusal | None = None) -> ResponseReturnValue:
    if reach(actor(), Noun.CERTIFICATE) is not Reach.ALL:
        raise unknown()
    pool, found = one(pool_id()), listed(Noun.CERTIFICATE)
    with reading() as work:
        demanded, versions = queries.demands(work, now()), queries.every_version(work)
    buttons = (Command.ACCEPT_CERTIFICATE, Command.REFUSE_CERTIFICATE, Command.REVOKE_CERTIFICATE)
    page = render_template(
        "certificates.html",
        form=form,
        problem=problem,
        listed=found,
        rows=[(view, offers(view, *buttons)) for view in found.rows],
        demanded=demanded,
        kinds=KINDS,
        terms=versions[0] if versions else None,
        governs=may(pool, Command.REQUIRE_CERTIFICATE),
    )
    return page, answer_status(form, problem)


@blueprint.route("/agreement", methods=["GET", "POST"])
def publish_terms() -> ResponseReturnValue:
    """The next version of the agreement; whoever accepted the one before is asked again."""
    insist(one(pool_id()), Command.PUBLISH_TERMS)
    form = TermsForm()

    def do() -> str:
        made = carry_out(Command.PUBLISH_TERMS, pool_id(), {"text": form.text.data.strip()})
        flash(f"Version {made.returned['version']} of the agreement is in force.")
        return url_for("certificates.index")

    with reading() as work:
        versions = queries.every_version(work)
    return _answer(form, "publish_terms.html", do, {"terms": versions[0] if versions else None})


def _answer(form: FlaskForm, template: str, do: Any, shown: dict[str, Any]) -> ResponseReturnValue:
    problem: Invalid | Refusal | None = None
    if form.validate_on_submit():
        try:
            return once(do)
        except (Invalid, Refusal) as error:
            problem = error
    return render_template(template, form=form, problem=problem, **shown), answer_status(form, problem)


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _back(_: dict[str, Any]) -> str:
    return url_for("certificates.index")


plain(blueprint, "/certificates/<subject_id>/accept", Command.ACCEPT_CERTIFICATE, _back)
reasoned(blueprint, "/certificates/<subject_id>/refuse", Command.REFUSE_CERTIFICATE, _back)
reasoned(blueprint, "/certificates/<subject_id>/revoke", Command.REVOKE_CERTIFICATE, _back)
