"""The one place that knows status codes: bad input, refusals, defects."""

import logging
import traceback
from secrets import token_hex

from flask import Flask, Response, g, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from gateway.commands.bodies import TooLarge
from gateway.rules.refusals import Refusal, Why
from gateway.store.away import AWAY, RETRY_AFTER_SECONDS, told
from gateway.web.current import note
from workspaces.catalogue.errors import Invalid

STATUS = {Why.UNKNOWN: 404, Why.FORBIDDEN: 403, Why.STATE: 409, Why.CONDITION: 409, Why.TOO_MANY: 429}
UNPROCESSABLE, TOO_LARGE = 422, 413
_log = logging.getLogger("gateway.web")
_PLAIN = {
    400: ("This request could not be read", "Go back, reload the page and send it again."),
    403: ("This is not for you", "Ask whoever runs this gateway if you think that it should be."),
    404: ("Page not found", "If you typed the address, check it. If you followed a link, you may need to sign in."),
    405: ("This cannot be done here", "Go back and use the buttons on the page."),
}


def status_of(error: Invalid | Refusal) -> int:
    """The status code of what a command raised."""
    if isinstance(error, TooLarge):
        return TOO_LARGE
    return STATUS[error.why] if isinstance(error, Refusal) else UNPROCESSABLE


def install(app: Flask) -> None:
    """Handlers for the whole application; the API answers its own in JSON before these are asked."""
    app.register_error_handler(Invalid, _known)
    app.register_error_handler(Refusal, _known)
    app.register_error_handler(CSRFError, _forged)
    app.register_error_handler(HTTPException, _http)
    for away in AWAY:
        app.register_error_handler(away, _away)
    app.register_error_handler(Exception, _defect)


def _known(error: Invalid | Refusal) -> Response:
    status = status_of(error)
    note(error)
    heading = {
        404: "Page not found",
        403: "You cannot do this",
        409: "This cannot be done now",
        429: "Please wait",
        TOO_LARGE: "That is too large",
    }.get(status, "There is a problem with what was sent")
    return _page(status, heading, error.sentence, error.next_step, code=error.code)


def _away(error: Exception) -> Response:
    said = told(error)
    _log.error("%s at %s", said.code, request.endpoint)
    response = _page(503, "This is not available now", said.sentence, said.next_step, code=said.code)
    response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def _forged(_: CSRFError) -> Response:
    sentence = "The form was too old, or did not come from this site. Nothing was changed."
    return _page(
        400, "Please send that again", sentence, "Go back, reload the page and send it again.", code="form:token"
    )


def _http(error: HTTPException) -> Response:
    cause = getattr(error, "original_exception", None)
    if isinstance(cause, AWAY):  # when the session was to be kept, after the page was made
        return _away(cause)
    if isinstance(error, RequestEntityTooLarge):
        return _known(TooLarge())
    if error.response is not None:
        return make_response(error.response)
    status = error.code or 500
    heading, next_step = _PLAIN.get(status, ("Something went wrong", "Go back and try again."))
    response = _page(status, heading, "", next_step, code=f"http:{status}")
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def _defect(error: Exception) -> Response:
    """A defect: its place goes to the log, its message does not (it may hold values)."""
    incident = token_hex(4)
    frames = traceback.extract_tb(error.__traceback__)
    place = " < ".join(f"{frame.filename}:{frame.lineno}" for frame in reversed(frames[-8:]))
    _log.error("incident %s: %s at %s (%s)", incident, type(error).__name__, place, request.endpoint)
    sentence = f"This is our fault, not yours. It is logged as incident {incident}."
    return _page(
        500, "Something went wrong", sentence, "Try again. If it happens again, give the operator that number."
    )


def _page(status: int, heading: str, sentence: str, next_step: str, code: str = "") -> Response:
    if status >= 500:
        g.setdefault("actor", None)  # the error page asks the database for nothing more
    html = render_template("error.html", heading=heading, sentence=sentence, next_step=next_step, code=code)
    response = make_response(html, status)
    response.headers["X-Refusal-Code"] = code
    return response
