"""The development provider keeps the rules that a real one would, and stays on loopback."""

import hashlib
from base64 import urlsafe_b64encode
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from werkzeug.test import Client as Browser
from werkzeug.test import TestResponse

from infra.identity.__main__ import main
from infra.identity.personas import Persona
from infra.identity.provider import Client, Provider

ISSUER, BACK, VERIFIER = "http://127.0.0.1:5999", "http://127.0.0.1:5000/sign-in/answer", "v" * 50
LEAD = Persona("lead", "Ada <Lead>", "ada@example.test", "Example Trust", "Project lead")


class Clock:
    """A clock that stands still until it is moved."""

    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def browser(clock: Clock) -> Browser:
    client = Client("tre-gateway", "secret", frozenset({BACK}))
    return Browser(Provider(issuer=ISSUER, personas={"lead": LEAD}, client=client, clock=clock))


def asked(**changes: str) -> str:
    challenge = urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
    query = {
        "client_id": "tre-gateway",
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": "openid profile email",
        "state": "s1",
        "nonce": "n1",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    } | changes
    return "/authorize?" + urlencode({key: value for key, value in query.items() if value})


def code(browser: Browser, **form: str) -> str:
    answer = browser.post(asked(), data={"persona": "lead", **form})
    return parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]


def redeem(browser: Browser, code: str, **changes: str) -> TestResponse:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": VERIFIER} | changes
    return browser.post("/token", data=form, auth=("tre-gateway", changes.get("client_secret", "secret")))


def test_a_persona_signs_in_by_plain_http(browser: Browser) -> None:
    page = browser.get(asked())
    assert page.status_code == 200
    assert "Ada &lt;Lead&gt;" in page.text
    answer = browser.post(asked(), data={"persona": "lead"})
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith(BACK + "?")
    assert parse_qs(urlsplit(answer.headers["Location"]).query)["state"] == ["s1"]


def test_the_id_token_is_signed_and_carries_nonce_and_factors(browser: Browser) -> None:
    body = redeem(browser, code(browser)).json
    assert body is not None
    keys = KeySet.import_key_set(browser.get("/jwks").json)  # type: ignore[arg-type]
    claims = jwt.decode(body["id_token"], keys, algorithms=["RS256"]).claims
    assert claims["iss"] == ISSUER
    assert claims["aud"] == "tre-gateway"
    assert claims["nonce"] == "n1"
    assert claims["amr"] == ["pwd", "otp"]
    person = browser.get("/userinfo", headers={"Authorization": f"Bearer {body['access_token']}"})
    assert person.json is not None
    assert person.json["sub"] == claims["sub"] == "lead"


def test_the_second_factor_can_be_left_out(browser: Browser) -> None:
    body = redeem(browser, code(browser, factor="one")).json
    assert body is not None
    keys = KeySet.import_key_set(browser.get("/jwks").json)  # type: ignore[arg-type]
    assert jwt.decode(body["id_token"], keys, algorithms=["RS256"]).claims["amr"] == ["pwd"]


def test_a_code_works_once(browser: Browser) -> None:
    made = code(browser)
    assert redeem(browser, made).status_code == 200
    assert redeem(browser, made).json == {
        "error": "invalid_grant",
        "error_description": "The code is unknown, used, too old or for another address.",
    }


def test_a_code_ages(browser: Browser, clock: Clock) -> None:
    made = code(browser)
    clock.now += 61
    assert redeem(browser, made).status_code == 400


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"code_verifier": "w" * 50}, 400, "invalid_grant"),
        ({"redirect_uri": BACK + "x"}, 400, "invalid_grant"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
    ],
)
def test_the_token_endpoint_refuses(browser: Browser, changes: dict[str, str], status: int, error: str) -> None:
    answer = redeem(browser, code(browser), **changes)
    assert (answer.status_code, (answer.json or {})["error"]) == (status, error)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "profile"}, "invalid_scope"),
    ],
)
def test_a_weak_request_is_sent_back(browser: Browser, changes: dict[str, str], error: str) -> None:
    answer = browser.get(asked(**changes))
    assert parse_qs(urlsplit(answer.headers["Location"]).query)["error"] == [error]


@pytest.mark.parametrize("changes", [{"client_id": "other"}, {"redirect_uri": "https://elsewhere.example/"}])
def test_an_unknown_client_or_address_is_sent_nowhere(browser: Browser, changes: dict[str, str]) -> None:
    answer = browser.get(asked(**changes))
    assert answer.status_code == 400
    assert "Location" not in answer.headers


def test_userinfo_wants_a_token(browser: Browser) -> None:
    assert browser.get("/userinfo").status_code == 401


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", ""])  # noqa: S104
def test_it_listens_on_loopback_only(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--port", "1", "--personas", "none.json", "--host", host]) == 2
    assert "loopback only" in capsys.readouterr().err
