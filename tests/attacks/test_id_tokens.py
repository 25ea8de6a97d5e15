"""A provider, or whoever stands between, sends ID tokens that must not be believed; keys rotate, clocks differ.

Each forgery differs from a token that is accepted in one point; the last test shows that the base of all is.
"""

import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from hmac import digest
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import RSAKey

from gateway.models import Person
from infra.identity.codes import Consent
from infra.identity.provider import Client, Provider
from tests.factories.sites import CLIENT_SECRET, Site, open_site, personas, served

Forged = Callable[[dict[str, Any], "Forger"], str]


class Forger(Provider):
    """The development provider whose ID tokens are made by `forge`."""

    forge: Forged

    def _id_token(self, consent: Consent) -> str:
        honest = super()._id_token(consent)
        claims = json.loads(_plain(honest.split(".")[1]))
        return type(self).forge(claims, self)

    def signed(self, claims: dict[str, Any], key: RSAKey | None = None, **header: Any) -> str:
        key = key or self._key
        return jwt.encode({"alg": "RS256", "kid": key.kid, **header}, claims, key)


def _plain(part: str) -> bytes:
    from base64 import urlsafe_b64decode

    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _coded(value: Any) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return urlsafe_b64encode(text).rstrip(b"=").decode()


def unsigned(claims: dict[str, Any], alg: str) -> str:
    return f"{_coded({'alg': alg, 'typ': 'JWT'})}.{_coded(claims)}."


def confused(claims: dict[str, Any], forger: Forger) -> str:
    """Signed with HMAC under the provider's public key, which everybody knows."""
    public = forger._key.as_pem(private=False)
    body = f"{_coded({'alg': 'HS256', 'kid': forger._key.kid})}.{_coded(claims)}"
    return f"{body}.{_coded(digest(public, body.encode(), sha256))}"


def with_secret(claims: dict[str, Any], forger: Forger) -> str:
    """Signed with HMAC under the client secret: allowed by no setting of ours."""
    body = f"{_coded({'alg': 'HS256', 'kid': forger._key.kid})}.{_coded(claims)}"
    return f"{body}.{_coded(digest(CLIENT_SECRET.encode(), body.encode(), sha256))}"


def altered(claims: dict[str, Any], forger: Forger) -> str:
    head, _, signature = forger.signed(claims).split(".")
    return f"{head}.{_coded({**claims, 'sub': 'ig', 'email': 'ig@trust.example'})}.{signature}"


def changed(**claims: Any) -> Forged:
    return lambda honest, forger: forger.signed({**honest, **claims})


def without(*names: str) -> Forged:
    return lambda honest, forger: forger.signed({name: honest[name] for name in honest if name not in names})


STRANGER = RSAKey.generate_key(2048, {"kid": "stranger"})
FORGERIES: dict[str, Forged] = {
    "no signature": lambda claims, _: unsigned(claims, "none"),
    "no signature, in capitals": lambda claims, _: unsigned(claims, "NONE"),
    "algorithm confusion": confused,
    "the client secret for a key": with_secret,
    "another body under a signature": altered,
    "a key of nobody": lambda claims, forger: forger.signed(claims, STRANGER),
    "a key of nobody under a known name": lambda claims, forger: forger.signed(claims, STRANGER, kid=forger._key.kid),
    "a key that the token brings": lambda claims, forger: forger.signed(
        claims, STRANGER, jwk=STRANGER.as_dict(private=False)
    ),
    "another audience": changed(aud="another-client"),
    "no audience": without("aud"),
    "another issuer": changed(iss="https://elsewhere.example"),
    "no issuer": without("iss"),
    "another nonce": changed(nonce="A" * 20),
    "no nonce": without("nonce"),
    "no subject": without("sub"),
    "an empty subject": changed(sub=""),
    "long past its end": changed(exp=int(time.time()) - 3600, iat=int(time.time()) - 7200),
    "no end": without("exp"),
    "from the future": changed(iat=int(time.time()) + 3600, exp=int(time.time()) + 7200),
    "no token at all": lambda *_: "",
    "not a token": lambda *_: "a.b.c",
}


@dataclass
class Place:
    """A site whose provider forges."""

    site: Site
    provider: Forger

    def signs_in(self, forge: Forged, name: str = "lead") -> tuple[int, str, bool]:
        """Status and code of the answer to a sign-in whose ID token was made so; whether anybody is signed in."""
        type(self.provider).forge = staticmethod(forge)  # type: ignore[assignment]
        client = self.site.app.test_client()
        sent = str(client.get("/sign-in").headers["Location"])
        back = requests.post(sent, data={"persona": name}, allow_redirects=False, timeout=10).headers["Location"]
        answer = client.get(_path(back))
        return answer.status_code, answer.headers.get("X-Refusal-Code", ""), _inside(client)


def _path(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


def _inside(client: FlaskClient) -> bool:
    return client.get("/tasks").status_code == 200


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    behind: dict[str, Any] = {}
    folder = tmp_path_factory.mktemp("forged")
    with (
        served(lambda environ, start: behind["provider"](environ, start)) as issuer,
        served(lambda environ, start: behind["app"](environ, start)) as address,
    ):
        client = Client("tre-gateway", CLIENT_SECRET)
        behind["provider"] = Forger(issuer=issuer, personas=personas(), client=client)
        site = open_site(folder, issuer=issuer, address=address)
        behind["app"] = site.app
        yield Place(site, behind["provider"])
        site.town.gateway.unit.dispose()


def honest(claims: dict[str, Any], forger: Forger) -> str:
    return forger.signed(claims)


@pytest.mark.parametrize("forgery", list(FORGERIES))
def test_a_forged_token_signs_nobody_in(place: Place, forgery: str) -> None:
    people = len(place.site.town.read(lambda work: work.all(Person)))
    status, code, inside = place.signs_in(FORGERIES[forgery])
    assert (code, inside) == ("sign_in:not_accepted", False)
    assert status in {403, 409}
    assert len(place.site.town.read(lambda work: work.all(Person))) == people


def test_the_token_that_all_of_them_were_made_from_is_accepted(place: Place) -> None:
    assert place.signs_in(honest) == (303, "", True)


@pytest.mark.parametrize("skew", [-60, 60])
def test_a_clock_a_minute_off_is_borne(place: Place, skew: int) -> None:
    now = int(time.time())
    token = changed(iat=now + skew, exp=now + skew + 61 if skew < 0 else now + skew + 300)
    assert place.signs_in(token)[2] is True


def test_a_new_key_is_fetched_when_the_provider_rotates(place: Place) -> None:
    assert place.signs_in(honest)[2] is True
    place.provider._key = RSAKey.generate_key(2048, {"kid": "rotated"})
    assert place.signs_in(honest)[2] is True
    assert place.signs_in(lambda claims, forger: forger.signed(claims, STRANGER))[2] is False
