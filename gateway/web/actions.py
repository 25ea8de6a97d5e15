"""Buttons and what they do: offered when the rules say that the command is possible, sent once, carried out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, after_this_request, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import TextAreaField

from gateway.rules.refusals import Refusal, Why
from gateway.store.queries import sessions
from gateway.vocabulary import Command
from gateway.web import wording
from gateway.web.current import carry_out, gateway, note, one
from gateway.web.errors import status_of
from gateway.web.forms import Filled
from gateway.web.sessions import ServerSession
from workspaces.catalogue.errors import Invalid

# Said of everybody who may not, and of every other state: a page that listed them all would help nobody.
SILENT = frozenset({"command:not_your_role", "command:wrong_state", "subject:unknown"})
_WHY = {"command:not_your_role": Why.FORBIDDEN, "command:wrong_state": Why.STATE, "subject:unknown": Why.UNKNOWN}
ENDPOINTS: dict[Command, str] = {}
POSTED: set[Command] = set()
MAX_FORM_TOKEN = 64


@dataclass(frozen=True)
class Offer:
    """A button, or the sentence that stands where it would be."""

    command: Command
    href: str
    wording: wording.Wording
    hint: str

    @property
    def possible(self) -> bool:
        """True for a button."""
        return not self.hint

    @property
    def posts(self) -> bool:
        """True when the button acts at once; otherwise it opens a page that asks for more."""
        return self.command in POSTED


def offers(view: dict[str, Any], *commands: Command) -> list[Offer]:
    """What the rules answered for these commands on a subject: buttons, and hints where a condition is missing."""
    found = []
    for command in commands:
        answer = view["actions"].get(command.value, {"code": "command:wrong_state"})
        if answer is None or answer["code"] not in SILENT:
            hint = f"{answer['sentence']} {answer['next_step']}" if answer else ""
            href = url_for(ENDPOINTS[command], subject_id=view["id"])
            found.append(Offer(command, href, wording.COMMANDS[command], hint))
    return found


def may(view: dict[str, Any], command: Command) -> bool:
    """True when the rules let this person do it now."""
    return command.value in view["actions"] and view["actions"][command.value] is None


def insist(view: dict[str, Any], command: Command) -> None:
    """Raise the refusal that the rules gave for opening a form; the form's own sending asks again at the door."""
    answer = view["actions"].get(command.value)
    if answer is not None:
        why = _WHY.get(answer["code"], Why.CONDITION)
        raise Refusal(answer["code"], answer["sentence"], answer["next_step"], why)


def once(do: Callable[[], str]) -> Response:
    """Do what a form asks for and go where it leads; the same form sent again leads there without doing it twice."""
    form = request.form.get("once", "")[:MAX_FORM_TOKEN]
    if not form or (not isinstance(session, ServerSession) and not getattr(session, "id_hash", "")):
        return redirect(do(), 303)
    unit, id_hash = gateway().unit, session.id_hash  # type: ignore[attr-defined]
    led = sessions.claim_form(unit, id_hash=id_hash, form=form)
    if led is not None:
        return redirect(led or request.path, 303)
    try:
        location = do()
    except Exception:
        sessions.settle_form(unit, id_hash=id_hash, form=form, location=None)
        raise
    sessions.settle_form(unit, id_hash=id_hash, form=form, location=location)
    return redirect(location, 303)


def first_time() -> None:
    """For a form whose answer is shown once and cannot be shown again: raise the refusal when it was sent before."""
    form, id_hash = request.form.get("once", "")[:MAX_FORM_TOKEN], session.id_hash  # type: ignore[attr-defined]
    if form and id_hash and sessions.claim_form(gateway().unit, id_hash=id_hash, form=form) is not None:
        raise Refusal(
            "form:sent_before", "This form was sent before; it was carried out then.", "Open the page anew to do more."
        )


class Because(FlaskForm):  # type: ignore[misc]
    """The reason that a command asks for."""

    reason = TextAreaField("Reason", description="Kept in the log.", validators=[Filled("Enter a reason")])


def plain(blueprint: Blueprint, path: str, command: Command, back: Callable[[dict[str, Any]], str]) -> None:
    """A button: POST carries the command out on a subject and goes back to a page of its view."""

    def act(subject_id: str) -> ResponseReturnValue:
        def do() -> str:
            view = one(subject_id)
            carry_out(command, subject_id)
            flash(wording.COMMANDS[command].done)
            return back(view)

        return once(do)

    posted(blueprint, path, command, act)


def posted(blueprint: Blueprint, path: str, command: Command, act: Callable[[str], ResponseReturnValue]) -> None:
    """A button whose sending is carried out by a view of its own."""
    POSTED.add(command)
    _route(blueprint, path, command, act, ["POST"])


def reasoned(blueprint: Blueprint, path: str, command: Command, back: Callable[[dict[str, Any]], str]) -> None:
    """A page that says what the command means and asks why."""

    def ask(subject_id: str) -> ResponseReturnValue:
        view, form = one(subject_id), Because()
        insist(view, command)
        problem: Invalid | Refusal | None = None

        def do() -> str:
            carry_out(command, subject_id, {"reason": form.reason.data.strip()})
            flash(wording.COMMANDS[command].done)
            return back(view)

        if form.validate_on_submit():
            try:
                return once(do)
            except (Invalid, Refusal) as error:
                problem = error
        page = render_template(
            "because.html", form=form, view=view, said=wording.COMMANDS[command], back=back(view), problem=problem
        )
        return page, answer_status(form, problem)

    _route(blueprint, path, command, ask, ["GET", "POST"])


def answer_status(form: FlaskForm, problem: Invalid | Refusal | None) -> int:
    """200 for a fresh form, 422 for a wrong one, else what the command's answer means."""
    if problem is not None:
        note(problem)
        code = problem.code
        after_this_request(lambda response: _coded(response, code))
        return status_of(problem)
    return 422 if form.errors else 200


def _coded(response: Response, code: str) -> Response:
    response.headers["X-Refusal-Code"] = code
    return response


def _route(blueprint: Blueprint, path: str, command: Command, view: Any, methods: list[str]) -> None:
    name = command.value.lower()
    ENDPOINTS[command] = f"{blueprint.name}.{name}"

    def unless_done(**address: str) -> ResponseReturnValue:
        # before the rules are asked again: what the form did may be why it could not be done now
        led = session.get(sessions.FORMS, {}).get(request.form.get("once", "")) if request.method == "POST" else None
        answer: ResponseReturnValue = redirect(led, 303) if led else view(**address)
        return answer

    unless_done.command = command  # type: ignore[attr-defined]
    blueprint.add_url_rule(path, endpoint=name, view_func=unless_done, methods=methods)


def formed(blueprint: Blueprint, path: str, command: Command) -> Callable[[Any], Any]:
    """A page with a form of its own, at the endpoint of its command."""

    def register(view: Any) -> Any:
        _route(blueprint, path, command, view, ["GET", "POST"])
        return view

    return register
