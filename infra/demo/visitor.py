"""A persona at work: signs in as people do, makes a token, then speaks to the API with it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import requests

from infra.identity.personas import Persona

TIMEOUT_SECONDS = 60
_CSRF = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
_TOKEN = re.compile(r">\s*([A-Za-z0-9_-]{43})\s*<")


class Refused(Exception):
    """The gateway's own answer to what it will not do."""

    def __init__(self, status: int, code: str, sentence: str, next_step: str) -> None:
        super().__init__(f"{code}: {sentence} {next_step}")
        self.status = status
        self.code = code


class NotAsExpected(Exception):
    """Something else than a page or a refusal came back."""


@dataclass
class Visitor:
    """One person with a browser (cookies) and, once made, a token."""

    who: Persona
    url: str
    browser: requests.Session = field(default_factory=requests.Session)
    token: str = ""
    id: str = ""

    def arrive(self) -> str:
        """Sign in, and make a token."""
        self.sign_in()
        self.make_token()
        return "signed in"

    def sign_in(self) -> None:
        """Through the identity provider by OpenID Connect, as a browser would."""
        page = self._browse("GET", f"{self.url}/sign-in")
        if urlsplit(page.url).netloc == urlsplit(self.url).netloc:
            raise NotAsExpected(f"signing in did not lead to the identity provider ({page.status_code})")
        back = self._browse("POST", page.url, data={"persona": self.who.sub})
        if back.status_code != 200 or urlsplit(back.url).netloc != urlsplit(self.url).netloc:
            raise NotAsExpected(f"signing in did not lead back ({back.status_code})")

    def make_token(self) -> None:
        """On the account page, by its form; from here on the API answers."""
        page = self._browse("GET", f"{self.url}/account")
        form = {"csrf_token": _found(_CSRF, page), "label": "demonstration", "days": "1", "scope": "EVERYTHING"}
        made = self._browse("POST", f"{self.url}/account/tokens", data=form, headers={"Referer": page.url})
        self.token = _found(_TOKEN, made)
        self.id = str(self.get("/me")["id"])

    def get(self, path: str) -> Any:
        """JSON from the API. Raises Refused."""
        return self._ask("GET", path).json()

    def get_bytes(self, path: str) -> bytes:
        """Bytes from the API. Raises Refused."""
        return self._ask("GET", path).content

    def post(self, path: str, body: Any = None) -> Any:
        """What came of a command. Raises Refused."""
        return self._ask("POST", path, json={} if body is None else body).json()

    def _browse(self, method: str, url: str, **kwargs: Any) -> requests.Response:
        return _answered(lambda: self.browser.request(method, url, timeout=TIMEOUT_SECONDS, **kwargs), url)

    def _ask(self, method: str, path: str, **kwargs: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        # not the browser's session: a token must do by itself
        url, how = f"{self.url}/api/v1{path}", {"headers": headers, "allow_redirects": False, **kwargs}
        answer = _answered(lambda: requests.request(method, url, timeout=TIMEOUT_SECONDS, **how), url)
        if answer.status_code == 200:
            return answer
        try:
            said = answer.json()
            raise Refused(answer.status_code, said["code"], said["sentence"], said["next_step"])
        except (ValueError, KeyError, TypeError):
            raise NotAsExpected(f"{method} {path} answered {answer.status_code}") from None


def _answered(ask: Callable[[], requests.Response], url: str) -> requests.Response:
    try:
        return ask()
    except requests.RequestException as why:
        raise NotAsExpected(f"{urlsplit(url).netloc} did not answer ({type(why).__name__})") from None


def _found(pattern: re.Pattern[str], page: requests.Response) -> str:
    match = pattern.search(page.text)
    if match is None:
        raise NotAsExpected(f"the page {urlsplit(page.url).path} ({page.status_code}) lacks what a browser would use")
    return unescape(match.group(1))
