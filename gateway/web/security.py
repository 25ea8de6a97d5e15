"""What every response says to browsers, written out by hand, and the token that every form carries."""

from urllib.parse import urlsplit

from flask import Flask, Response, request
from flask_wtf import CSRFProtect
from werkzeug.routing import RequestRedirect

from gateway.commands.bodies import MAX_BYTES
from gateway.settings import Settings

MAX_REQUEST_BYTES = MAX_BYTES
YEAR = 365 * 24 * 3600
ARTEFACT_POLICY = (
    "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
csrf = CSRFProtect()


def policy(issuer: str) -> str:
    """The content security policy of pages. A form may lead to the identity provider when its session has ended."""
    provider = " {0.scheme}://{0.netloc}".format(urlsplit(issuer)) if issuer else ""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        f"connect-src 'self'; frame-src 'self'; form-action 'self'{provider}; frame-ancestors 'none'; base-uri 'none'"
    )


def install(app: Flask, settings: Settings) -> None:
    """Size limits, form tokens and headers for the whole application."""
    secret = settings.secret_key.get_secret_value()
    app.config.update(
        SECRET_KEY=secret,
        MAX_CONTENT_LENGTH=MAX_REQUEST_BYTES,
        MAX_FORM_MEMORY_SIZE=MAX_REQUEST_BYTES,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session that holds it
    )
    csrf.init_app(app)
    page_policy = policy(settings.oidc_issuer)

    @app.after_request
    def _headers(response: Response) -> Response:
        _lead_here(response)
        headers = response.headers
        headers.setdefault("Content-Security-Policy", page_policy)
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "same-origin"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
        if settings.base_url.startswith("https://"):
            headers["Strict-Transport-Security"] = f"max-age={YEAR}"
        headers["Cache-Control"] = _caching()
        return response


def _lead_here(response: Response) -> None:
    """What the router itself sends on to another spelling leads to this site: its address is made of any Host."""
    if isinstance(request.routing_exception, RequestRedirect):
        response.headers["Location"] = "/" + urlsplit(request.routing_exception.new_url).path.lstrip("/\\")
        response.set_data(b"")


def _caching() -> str:
    # addresses of files hold a version or a digest; pages may hold what others must not see
    return f"public, max-age={YEAR}, immutable" if request.endpoint == "static" else "no-store"
