"""Authorisation codes and access tokens, in memory: each code works once, for a minute, with its PKCE verifier."""

import hashlib
import secrets
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass

from infra.identity.personas import Persona

CODE_SECONDS = 60
TOKEN_SECONDS = 300


@dataclass(frozen=True)
class Consent:
    """What a code stands for: who signed in, how, and for which request."""

    persona: Persona
    client_id: str
    redirect_uri: str
    nonce: str
    challenge: str
    amr: tuple[str, ...]
    at: float

    def answers(self, verifier: str) -> bool:
        """True when the PKCE verifier (RFC 7636, S256) is the one the challenge was made from."""
        digest = hashlib.sha256(verifier.encode()).digest()
        made = urlsafe_b64encode(digest).rstrip(b"=").decode()
        return secrets.compare_digest(made, self.challenge)


class Codes:
    """A thread-safe store of consents by one-time code, and of personas by access token."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._consents: dict[str, Consent] = {}
        self._tokens: dict[str, tuple[Persona, float]] = {}

    def issue(self, consent: Consent) -> str:
        """A new code for a consent."""
        code = secrets.token_urlsafe(32)
        with self._lock:
            self._consents[code] = consent
        return code

    def redeem(self, code: str) -> Consent | None:
        """The consent, once; None when the code is unknown, used or older than a minute."""
        with self._lock:
            consent = self._consents.pop(code, None)
        return consent if consent and self._clock() - consent.at <= CODE_SECONDS else None

    def token_for(self, persona: Persona) -> str:
        """An access token for the userinfo endpoint."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._tokens[token] = (persona, self._clock() + TOKEN_SECONDS)
        return token

    def bearer(self, token: str) -> Persona | None:
        """Whom an access token stands for, while it lasts."""
        with self._lock:
            persona, until = self._tokens.get(token, (None, 0.0))
        return persona if self._clock() <= until else None
