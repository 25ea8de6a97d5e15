"""Who is signed in, and for how long: sessions in the database, and the sign-in that begins them.

The browser here keeps cookies and follows nothing by itself; the provider is the development one, over real HTTP.
"""

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import requests
from flask.testing import FlaskClient

from gateway.models import Session
from gateway.web.sessions import hash_of
from gateway.web.sign_in import safe_next
from tests.factories.sites import Site, living_site, open_site


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with living_site(tmp_path_factory.mktemp("kept")) as site:
        yield site


def begin(client: FlaskClient, wanted: str = "/tasks") -> str:
    """The address at the provider that sign-in leads to."""
    return str(client.get("/sign-in", query_string={"next": wanted}).headers["Location"])


def changed(address: str, **query: str) -> str:
    parts = urlsplit(address)
    return parts._replace(query=urlencode({**dict(parse_qsl(parts.query)), **query})).geturl()


def at_the_provider(address: str, persona: str = "lead") -> str:
    """Press the persona's button; gives the way back, path and query."""
    answer = requests.post(address, data={"persona": persona}, allow_redirects=False, timeout=10)
    back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"


def sign_in(site: Site, persona: str = "lead", wanted: str = "/tasks") -> tuple[FlaskClient, str]:
    """A browser after sign-in, and where it was sent."""
    client = site.app.test_client()
    answer = client.get(at_the_provider(begin(client, wanted), persona))
    assert answer.status_code == 303
    return client, str(answer.headers["Location"])


def signed_in(client: FlaskClient, path: str = "/tasks") -> bool:
    return client.get(path).status_code == 200


def cookie_of(client: FlaskClient) -> str:
    cookie = client.get_cookie("session")
    return cookie.value if cookie else ""


def token_of(html: str) -> str:
    return re.search(r'name="csrf_token" value="([^"]+)"', html)[1]  # type: ignore[index]


def test_the_cookie_says_nothing_and_scripts_cannot_read_it(kept: Site) -> None:
    client = kept.app.test_client()
    flags = client.get(at_the_provider(begin(client))).headers["Set-Cookie"]
    assert "HttpOnly" in flags
    assert "SameSite=Lax" in flags
    assert "Path=/" in flags
    assert "Domain" not in flags
    cookie = cookie_of(client)
    assert len(cookie) >= 43
    hashes = kept.town.read(lambda work: [row.id_hash for row in work.all(Session)])
    assert hash_of(cookie) in hashes
    assert cookie not in hashes


def test_over_https_the_cookie_is_bound_to_the_host(tmp_path) -> None:
    site = open_site(tmp_path, address="https://gateway.example")
    answer = site.app.test_client().get("/register", base_url="https://gateway.example")
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
    site.app.session_interface.secure  # noqa: B018
    assert site.app.session_interface.name == "__Host-session"  # type: ignore[attr-defined]
    assert site.app.session_interface.secure  # type: ignore[attr-defined]


def test_signing_in_begins_a_new_session(kept: Site) -> None:
    client = kept.app.test_client()
    address = begin(client)
    planted = cookie_of(client)
    assert client.get(at_the_provider(address)).status_code == 303
    assert cookie_of(client) != planted
    other = kept.app.test_client()
    other.set_cookie("session", planted)
    assert not signed_in(other)
    chosen = kept.app.test_client()
    chosen.set_cookie("session", "chosen by an attacker")
    chosen.get(at_the_provider(begin(chosen)))
    assert cookie_of(chosen) != "chosen by an attacker"


def test_signing_out_ends_the_session_everywhere(kept: Site) -> None:
    client, _ = sign_in(kept)
    copy = kept.app.test_client()
    copy.set_cookie("session", cookie_of(client))
    assert signed_in(copy)
    token = token_of(client.get("/tasks").text)
    assert client.post("/sign-out", data={"csrf_token": token}).status_code == 303
    assert not signed_in(client)
    assert not signed_in(copy)


def test_a_session_ends_without_requests_and_at_its_end(kept: Site) -> None:
    minutes, hours = kept.town.gateway.settings.session_idle_minutes, kept.town.gateway.settings.session_hours
    client, _ = sign_in(kept)
    kept.town.clock.pass_(minutes=minutes - 1)
    assert signed_in(client)
    kept.town.clock.pass_(minutes=minutes - 1)
    assert signed_in(client)
    kept.town.clock.pass_(minutes=minutes)
    assert not signed_in(client)
    client, _ = sign_in(kept)
    for _ in range(hours * 60 // (minutes - 1) + 1):
        kept.town.clock.pass_(minutes=minutes - 1)
        alive = signed_in(client)
    assert not alive


def test_a_page_that_asks_for_itself_keeps_nobody_signed_in(kept: Site) -> None:
    client, _ = sign_in(kept)
    assert signed_in(client)
    for _ in range(kept.town.gateway.settings.session_idle_minutes // 10):
        kept.town.clock.pass_(minutes=10)
        answer = client.get("/tasks", headers={"X-Background": "1"})
    assert answer.status_code == 303


def test_another_session_can_be_ended_but_only_ones_own(kept: Site) -> None:
    (first, _), (second, _), (foreign, _) = sign_in(kept), sign_in(kept), sign_in(kept, "researcher")

    def end(whose: FlaskClient) -> int:
        token = token_of(first.get("/account").text)
        data = {"csrf_token": token, "id_hash": hash_of(cookie_of(whose))}
        return first.post("/account/sessions/end", data=data).status_code

    assert end(second) == 303
    assert not signed_in(second)
    assert end(foreign) == 422
    assert signed_in(foreign)
    assert signed_in(first)


@pytest.mark.parametrize(
    "wanted",
    [
        "https://elsewhere.example/",
        "//elsewhere.example/",
        "/\\elsewhere.example/",
        "\\\\elsewhere.example",
        "/\t/elsewhere.example",
        "javascript:alert(1)",
        "elsewhere.example",
        "///elsewhere.example",
        "/\r\nLocation: https://elsewhere.example/",
        " //elsewhere.example",
    ],
)
def test_sign_in_leads_nowhere_else(kept: Site, wanted: str) -> None:
    assert sign_in(kept, wanted=wanted)[1] == "/tasks"


def test_sign_in_leads_to_what_was_wanted(kept: Site) -> None:
    assert sign_in(kept, wanted="/releases?page=2")[1] == "/releases?page=2"
    sent = kept.app.test_client().get("/projects/prj-1").headers["Location"]
    assert sent == "/sign-in?next=/projects/prj-1"
    assert safe_next("/projects") == "/projects"


def test_the_request_carries_state_nonce_and_challenge(kept: Site) -> None:
    query = dict(parse_qsl(urlsplit(begin(kept.app.test_client())).query))
    assert query["response_type"] == "code"
    assert query["code_challenge_method"] == "S256"
    assert all(len(query[name]) >= 20 for name in ("state", "nonce", "code_challenge"))
    again = dict(parse_qsl(urlsplit(begin(kept.app.test_client())).query))
    assert all(query[name] != again[name] for name in ("state", "nonce", "code_challenge"))


@pytest.mark.parametrize("name", ["state", "nonce", "code_challenge"])
def test_an_answer_to_another_request_is_not_accepted(kept: Site, name: str) -> None:
    client = kept.app.test_client()
    back = at_the_provider(changed(begin(client), **{name: "A" * 43}))
    answer = client.get(back)
    assert answer.headers["X-Refusal-Code"] == "sign_in:not_accepted"
    assert not signed_in(client)


def test_an_answer_works_once_and_only_in_the_browser_that_asked(kept: Site) -> None:
    client = kept.app.test_client()
    back = at_the_provider(begin(client))
    victim = kept.app.test_client()
    begin(victim)
    assert victim.get(back).headers["X-Refusal-Code"] == "sign_in:not_accepted"
    assert not signed_in(victim)
    back = at_the_provider(begin(client))
    assert client.get(back).status_code == 303
    assert client.get(back).headers["X-Refusal-Code"] == "sign_in:not_accepted"


def test_one_factor_does_not_do(kept: Site) -> None:
    client = kept.app.test_client()
    sent = requests.post(
        begin(client), data={"persona": "lead", "factor": "one"}, allow_redirects=False, timeout=10
    ).headers["Location"]
    back = urlsplit(sent)
    answer = client.get(f"{back.path}?{back.query}")
    assert (answer.status_code, answer.headers["X-Refusal-Code"]) == (403, "sign_in:one_factor")
    assert not signed_in(client)


def test_a_provider_that_is_away_is_said(tmp_path) -> None:
    answer = open_site(tmp_path).app.test_client().get("/sign-in")
    assert (answer.status_code, answer.headers["X-Refusal-Code"]) == (409, "sign_in:provider")
    assert "Try again in a few minutes" in answer.text
