"""Signing in by OpenID Connect: authorisation code, PKCE and nonce; identity from the provider, roles only from us."""

from typing import Any
from urllib.parse import urlsplit

from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from flask import Blueprint, Flask, current_app, flash, g, redirect, request, session, url_for
from joserfc.errors import JoseError
from requests import RequestException
from werkzeug.wrappers import Response

from gateway.commands.perform import perform
from gateway.models import Person
from gateway.rules.facts import SYSTEM
from gateway.rules.refusals import Refusal, Why
from gateway.settings import Settings
from gateway.store.queries.facts import actor_of
from gateway.vocabulary import Command
from gateway.web.attempts import address_of, need_few, note_failure
from gateway.web.current import PERSON, actor_or_none, carry_out, gateway, now, pool_id, public, settings

blueprint = Blueprint("sign_in", __name__)
NEXT = "next"


def install(app: Flask, settings: Settings) -> None:
    """The provider that the settings name; its discovery document is read at the first sign-in."""
    oauth = OAuth(app)
    oauth.register(
        "identity",
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret.get_secret_value(),
        server_metadata_url=f"{settings.oidc_issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid profile email", "code_challenge_method": "S256", "timeout": 10},
    )
    app.extensions["identity"] = oauth.create_client("identity")
    app.before_request(_ask_for_sign_in)


def _ask_for_sign_in() -> Response | None:
    """Closed unless a view says that it is public; the API asks for its own tokens."""
    view = current_app.view_functions.get(request.endpoint or "")
    if (
        view is None
        or request.endpoint == "static"
        or getattr(view, "public", False)
        or request.path.startswith("/api/")
    ):
        return None
    if actor_or_none() is not None:
        return None
    wanted = request.full_path.rstrip("?") if request.method in ("GET", "HEAD") else "/tasks"
    return redirect(url_for("sign_in.begin", next=wanted), 303)


def safe_next(wanted: str) -> str:
    """A path on this site, or the tasks page: never an address that leads elsewhere."""
    parts = urlsplit(wanted)
    odd = any(character in wanted for character in "\\\r\n\t") or not wanted.startswith("/") or wanted.startswith("//")
    return "/tasks" if odd or parts.scheme or parts.netloc else wanted


@blueprint.get("/sign-in")
@public
def begin() -> Response:
    """To the provider; what the answer must match is kept in the session."""
    need_few(gateway(), address_of(gateway()))
    session[NEXT] = safe_next(request.args.get(NEXT, "/tasks"))
    answer = settings().base_url.rstrip("/") + url_for("sign_in.answer")
    try:
        sent: Response = current_app.extensions["identity"].authorize_redirect(answer)
    except (RequestException, OAuthError) as error:
        raise _unreachable() from error
    return sent


@blueprint.get("/sign-in/answer")
@public
def answer() -> Response:
    """Back from the provider: check the answer, welcome the person, begin a new session."""
    address = address_of(gateway())
    need_few(gateway(), address)
    try:
        claims = _claims()
    except NotAccepted:
        note_failure(gateway(), address)
        raise
    account = f"{claims['iss']} {claims['sub']}"
    need_few(gateway(), address, account)
    if settings().require_second_factor and not two_factors(claims.get("amr")):
        note_failure(gateway(), address, account)
        raise Refusal(
            "sign_in:one_factor",
            "You signed in with one factor only.",
            "Sign in again with a second factor, such as a code from your phone.",
            Why.FORBIDDEN,
        )
    wanted = safe_next(session.get(NEXT, "/tasks"))
    person_id = _welcome(claims)
    session.renew()  # type: ignore[attr-defined]
    session[PERSON] = person_id
    return redirect(wanted, 303)


def two_factors(amr: Any) -> bool:
    """True when the provider names more than one method, or says `mfa` (RFC 8176)."""
    methods = {method for method in amr if isinstance(method, str)} if isinstance(amr, list) else set()
    return len(methods) > 1 or "mfa" in methods


def _claims() -> dict[str, Any]:
    try:
        token = current_app.extensions["identity"].authorize_access_token()
    except RequestException as error:
        raise _unreachable() from error
    except (OAuthError, JoseError, ValueError) as error:
        raise NotAccepted from error
    claims: dict[str, Any] = dict(token.get("userinfo") or {})
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if not claims.get("sub") or settings().oidc_client_id not in audiences:
        raise NotAccepted
    return claims


def verified_email(claims: dict[str, Any]) -> str:
    """The address, unless the provider says that it is only what somebody typed there."""
    unverified = str(claims.get("email_verified", True)).lower() != "true"
    return "" if unverified else str(claims.get("email") or "")


def _welcome(claims: dict[str, Any]) -> str:
    identity = {
        "issuer": str(claims["iss"]),
        "subject": str(claims["sub"]),
        "name": str(claims.get("name") or claims["sub"])[:200],
        "email": verified_email(claims),
        "organisation": str(claims.get("organisation") or "")[:200],
    }
    welcomed = perform(gateway(), actor=SYSTEM, command=Command.WELCOME_PERSON, subject_id=pool_id(), given=identity)
    person_id = welcomed.created_id
    with gateway().unit.reading() as work:
        g.actor = actor_of(work, work.need(Person, person_id), now())
    carry_out(Command.SIGN_IN, person_id)
    return person_id


@blueprint.post("/sign-out")
def sign_out() -> Response:
    """End the session here; the provider's own is its business."""
    person_id = session[PERSON]
    carry_out(Command.SIGN_OUT, person_id)
    session.renew()  # type: ignore[attr-defined]
    flash("You are signed out.")
    return redirect(url_for("home.start"), 303)


def _unreachable() -> Refusal:
    return Refusal("sign_in:provider", "The identity provider does not answer.", "Try again in a few minutes.")


class NotAccepted(Refusal):
    """What came back is not an answer to what this browser asked, or not one of the provider's."""

    def __init__(self) -> None:
        super().__init__(
            "sign_in:not_accepted", "The sign-in could not be completed.", "Start again from the first page."
        )
