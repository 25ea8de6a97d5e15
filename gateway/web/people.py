"""One's own page: seats, sessions that can be ended, tokens for the API."""

from flask import Blueprint, flash, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField

from gateway.rules.refusals import Refusal
from gateway.rules.scopes import SCOPES
from gateway.store.queries import account, sessions
from gateway.vocabulary import Command
from gateway.web.actions import answer_status, first_time, once
from gateway.web.current import actor, carry_out, gateway, now, one, reading, settings
from gateway.web.forms import Filled, choice
from gateway.web.sessions import DatabaseSessions
from workspaces.catalogue.errors import Invalid

blueprint = Blueprint("people", __name__, url_prefix="/account")


class TokenForm(FlaskForm):  # type: ignore[misc]
    """What a token is for, and how long it lasts."""

    label = StringField("What is it for?", validators=[Filled("Say what the token is for", 80)])
    days = SelectField(
        "How long should it last?",
        choices=[choice("1", "1 day"), choice("7", "7 days"), choice("30", "30 days"), choice("365", "1 year")],
        default="7",
    )
    scope = SelectField(
        "What may it do?",
        choices=[choice(scope.name, scope.title) for scope in SCOPES.values()],
        default="READ",
    )


@blueprint.get("")
def page() -> ResponseReturnValue:
    """Who one is here."""
    return _page(TokenForm(formdata=None))


@blueprint.post("/tokens")
def create_token() -> ResponseReturnValue:
    """A token, shown this once: it is in no address and in no session."""
    form = TokenForm()
    problem: Invalid | Refusal | None = None
    if form.validate():
        first_time()
        given = {"label": form.label.data.strip(), "days": int(form.days.data), "scope": form.scope.data}
        try:
            made = carry_out(Command.CREATE_TOKEN, actor().person_id, given)
            return render_template("token.html", token=made.returned["token"], expires_at=made.returned["expires_at"])
        except (Invalid, Refusal) as error:
            problem = error
    return _page(form, problem)


@blueprint.post("/sessions/end")
def revoke_session() -> ResponseReturnValue:
    """End one of one's own sessions."""

    def do() -> str:
        carry_out(Command.REVOKE_SESSION, actor().person_id, {"id_hash": request.form.get("id_hash", "")})
        flash("The session is ended.")
        return url_for("people.page")

    return once(do)


@blueprint.post("/tokens/end")
def revoke_token() -> ResponseReturnValue:
    """End one of one's own tokens."""

    def do() -> str:
        carry_out(Command.REVOKE_TOKEN, actor().person_id, {"token_id": request.form.get("token_id", "")})
        flash("The token is ended.")
        return url_for("people.page")

    return once(do)


def _page(form: TokenForm, problem: Invalid | Refusal | None = None) -> ResponseReturnValue:
    me = actor()
    kept = DatabaseSessions(gateway())
    with reading() as work:
        tokens = account.live_tokens(work, me.person_id, now())
    page = render_template(
        "account.html",
        form=form,
        problem=problem,
        person=one(me.person_id),
        seats=sorted(seat.value for seat in me.appointments),
        sessions=sessions.of_person(gateway().unit, me.person_id, now(), kept.idle),
        here=getattr(session, "id_hash", ""),
        tokens_live=tokens,
        scopes=SCOPES,
        settings=settings(),
    )
    return page, answer_status(form, problem)
