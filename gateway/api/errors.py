"""Errors as JSON: {code, sentence, next_step}, the same words as on pages and at the command line."""

import logging
import traceback
from collections.abc import Callable
from http import HTTPStatus
from secrets import token_hex

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from gateway.commands.bodies import Malformed
from gateway.rules.refusals import Refusal
from gateway.store.away import AWAY, RETRY_AFTER_SECONDS, told
from workspaces.catalogue.errors import Invalid

Status = Callable[[Invalid | Refusal], int]
_log = logging.getLogger("gateway.api")


class Unauthenticated(Invalid):
    """Nobody we know asks."""

    def __init__(self) -> None:
        super().__init__(
            "sign_in:needed", "No valid token came with this.", "Make a token on your account page and send it."
        )


class NotJson(Invalid):
    """A body that does not say that it is JSON."""

    def __init__(self) -> None:
        super().__init__(
            "input:not_json", "The body is not marked as JSON.", "Send it with Content-Type: application/json."
        )


# What only HTTP knows of; every other status comes from the application's one table.
_HTTP_ONLY: dict[type[Exception], int] = {Malformed: 400, Unauthenticated: 401, NotJson: 415}


def install(routes: Blueprint, status_of: Status) -> None:
    """Answers to whatever goes wrong below these routes; what was sent is never repeated."""

    def known(error: Refusal | Invalid) -> tuple[Response, int]:
        status = _HTTP_ONLY.get(type(error)) or status_of(error)
        return _answer(status, error.code, error.sentence, error.next_step)

    routes.register_error_handler(Refusal, known)
    routes.register_error_handler(Invalid, known)
    routes.register_error_handler(HTTPException, _http)
    for away in AWAY:
        routes.register_error_handler(away, _away)
    routes.register_error_handler(Exception, _defect)


def _away(error: Exception) -> tuple[Response, int]:
    said = told(error)
    _log.error("%s at %s", said.code, request.endpoint)
    response, status = _answer(503, said.code, said.sentence, said.next_step)
    response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response, status


def _http(error: HTTPException) -> tuple[Response, int]:
    status = error.code or 500
    return _answer(status, f"http:{status}", "This cannot be asked in this way.", "See /api/openapi.json.")


def _defect(error: Exception) -> tuple[Response, int]:
    # its place goes to the log, its message does not: it may hold values
    incident = token_hex(4)
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    place = " < ".join(f"{frame.filename}:{frame.lineno}" for frame in reversed(frames))
    _log.error("incident %s: %s at %s (%s)", incident, type(error).__name__, place, request.endpoint)
    sentence = f"This is our fault, not yours. It is logged as incident {incident}."
    return _answer(500, "defect:logged", sentence, "Try again; if it happens again, give the operator that number.")


def _answer(status: int, code: str, sentence: str, next_step: str) -> tuple[Response, int]:
    """Problem details (RFC 9457) without a type of their own: the code says which problem it is."""
    title = HTTPStatus(status).phrase
    said = jsonify({"title": title, "status": status, "code": code, "sentence": sentence, "next_step": next_step})
    said.mimetype = "application/problem+json"
    if status == HTTPStatus.UNAUTHORIZED:
        said.headers["WWW-Authenticate"] = "Bearer"
    return said, status
