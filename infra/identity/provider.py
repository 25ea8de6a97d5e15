"""The provider itself: discovery, authorize, token, userinfo, keys (OpenID Connect Core 1.0, PKCE S256 only)."""

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from infra.identity.codes import TOKEN_SECONDS, Codes, Consent
from infra.identity.pages import STYLE, persona_page, problem_page
from infra.identity.personas import Persona

LOOPBACK = ("127.0.0.1", "::1", "localhost")
_URLS = Map(
    [
        Rule("/.well-known/openid-configuration", endpoint="discovery", methods=["GET"]),
        Rule("/authorize", endpoint="authorize", methods=["GET", "POST"]),
        Rule("/token", endpoint="token", methods=["POST"]),
        Rule("/userinfo", endpoint="userinfo", methods=["GET", "POST"]),
        Rule("/jwks", endpoint="jwks", methods=["GET"]),
        Rule("/style.css", endpoint="style", methods=["GET"]),
    ]
)


@dataclass(frozen=True)
class Client:
    """The one application that may sign people in here."""

    id: str
    secret: str = field(repr=False)
    redirect_uris: frozenset[str] = frozenset()

    def accepts(self, uri: str) -> bool:
        """A listed address; where none is listed, any on loopback (development)."""
        return uri in self.redirect_uris if self.redirect_uris else urlsplit(uri).hostname in LOOPBACK


class Problem(Exception):
    """An OAuth error: its code and a sentence."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


class Provider:
    """A WSGI application; its signing key lives as long as the process.

    `issuer` is the name that identities are kept under; `address` is where it listens, if that has changed since.
    """

    def __init__(
        self,
        *,
        issuer: str,
        personas: dict[str, Persona],
        client: Client,
        clock: Callable[[], float] = time.time,
        address: str = "",
    ) -> None:
        self.issuer = issuer
        self.address = address or issuer
        self.personas = personas
        self.client = client
        self._clock = clock
        self._codes = Codes(clock)
        self._key = RSAKey.generate_key(2048, parameters={"kid": secrets.token_hex(8), "use": "sig", "alg": "RS256"})

    def __call__(self, environ: Any, start_response: Any) -> Any:
        """WSGI: routes to the method of the endpoint's name."""
        try:
            endpoint, _ = _URLS.bind_to_environ(environ).match()
            response = getattr(self, f"_{endpoint}")(Request(environ))
        except HTTPException as error:
            response = error.get_response(environ)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers.setdefault("Cache-Control", "no-store")
        return response(environ, start_response)

    def _discovery(self, _: Request) -> Response:
        return _json(
            {
                "issuer": self.issuer,
                **{f"{name}_endpoint": f"{self.address}/{path}" for name, path in _ENDPOINTS},
                "jwks_uri": f"{self.address}/jwks",
                "response_types_supported": ["code"],
                "grant_types_supported": ["authorization_code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "scopes_supported": ["openid", "profile", "email"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
                "code_challenge_methods_supported": ["S256"],
                "claims_supported": ["sub", "name", "email", "organisation", "nonce", "acr", "amr", "auth_time"],
            }
        )

    def _jwks(self, _: Request) -> Response:
        return _json({"keys": [self._key.as_dict(private=False)]})

    def _style(self, _: Request) -> Response:
        return Response(STYLE, mimetype="text/css")

    def _authorize(self, request: Request) -> Response:
        asked = request.args
        if asked.get("client_id") != self.client.id or not self.client.accepts(asked.get("redirect_uri", "")):
            return self._page(problem_page("The client or its return address is not known here."), 400)
        back = asked["redirect_uri"]
        try:
            _check_asked(asked)
        except Problem as problem:
            return self._back(back, {"error": problem.code, "error_description": problem.sentence}, asked)
        persona = self.personas.get(request.form.get("persona", ""))
        if persona is None:
            return self._page(persona_page(self.personas.values()), 200, allow=back)
        consent = Consent(
            persona=persona,
            client_id=self.client.id,
            redirect_uri=back,
            nonce=asked.get("nonce", ""),
            challenge=asked["code_challenge"],
            amr=("pwd",) if request.form.get("factor") == "one" else ("pwd", "otp"),
            at=self._clock(),
        )
        return self._back(back, {"code": self._codes.issue(consent), "iss": self.issuer}, asked)

    def _token(self, request: Request) -> Response:
        try:
            self._check_client(request)
            consent = self._redeemed(request)
        except Problem as problem:
            status = 401 if problem.code == "invalid_client" else 400
            return _json({"error": problem.code, "error_description": problem.sentence}, status)
        return _json(
            {
                "access_token": self._codes.token_for(consent.persona),
                "token_type": "Bearer",
                "expires_in": TOKEN_SECONDS,
                "scope": "openid profile email",
                "id_token": self._id_token(consent),
            }
        )

    def _userinfo(self, request: Request) -> Response:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        persona = self._codes.bearer(token) if kind.lower() == "bearer" else None
        if persona is None:
            return _json({"error": "invalid_token"}, 401, {"WWW-Authenticate": 'Bearer error="invalid_token"'})
        return _json(_claims(persona))

    def _check_client(self, request: Request) -> None:
        sent = request.authorization
        if sent is not None and sent.type == "basic":
            name, secret = sent.username or "", sent.password or ""
        else:
            name, secret = request.form.get("client_id", ""), request.form.get("client_secret", "")
        if name != self.client.id or not secrets.compare_digest(secret.encode(), self.client.secret.encode()):
            raise Problem("invalid_client", "The client's name or secret is wrong.")

    def _redeemed(self, request: Request) -> Consent:
        if request.form.get("grant_type") != "authorization_code":
            raise Problem("unsupported_grant_type", "Only authorization_code is supported.")
        consent = self._codes.redeem(request.form.get("code", ""))
        if consent is None or consent.redirect_uri != request.form.get("redirect_uri"):
            raise Problem("invalid_grant", "The code is unknown, used, too old or for another address.")
        if not consent.answers(request.form.get("code_verifier", "")):
            raise Problem("invalid_grant", "The code verifier does not match the challenge.")
        return consent

    def _id_token(self, consent: Consent) -> str:
        now = int(self._clock())
        claims = {
            "iss": self.issuer,
            "aud": consent.client_id,
            "iat": now,
            "exp": now + TOKEN_SECONDS,
            "auth_time": int(consent.at),
            "acr": "urn:tre-gateway:development:two-factors" if len(consent.amr) > 1 else "0",
            "amr": list(consent.amr),
            **({"nonce": consent.nonce} if consent.nonce else {}),
            **_claims(consent.persona),
        }
        return jwt.encode({"alg": "RS256", "kid": self._key.kid}, claims, self._key)

    def _back(self, uri: str, answer: dict[str, str], asked: Any) -> Response:
        state = {"state": asked["state"]} if "state" in asked else {}
        return redirect(f"{uri}{'&' if '?' in uri else '?'}{urlencode({**answer, **state})}", 303)

    def _page(self, html: str, status: int, allow: str | None = None) -> Response:
        response = Response(html, status=status, mimetype="text/html")
        # Chromium applies form-action to the redirect after the form as well.
        origin = " {0.scheme}://{0.netloc}".format(urlsplit(allow)) if allow else ""
        response.headers["Content-Security-Policy"] = (
            f"default-src 'none'; style-src 'self'; img-src data:; form-action 'self'{origin}; "
            "frame-ancestors 'none'; base-uri 'none'"
        )
        return response


_ENDPOINTS = (("authorization", "authorize"), ("token", "token"), ("userinfo", "userinfo"))


def _check_asked(asked: Any) -> None:
    if asked.get("response_type") != "code":
        raise Problem("unsupported_response_type", "Only the code flow is supported.")
    if "openid" not in asked.get("scope", "").split():
        raise Problem("invalid_scope", "The scope must include openid.")
    if not asked.get("code_challenge") or asked.get("code_challenge_method") != "S256":
        raise Problem("invalid_request", "A PKCE challenge with method S256 is required.")


def _claims(persona: Persona) -> dict[str, Any]:
    return {
        "sub": persona.sub,
        "name": persona.name,
        "email": persona.email,
        "email_verified": True,
        "organisation": persona.organisation,
    }


def _json(body: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(body), status=status, mimetype="application/json", headers=headers)
