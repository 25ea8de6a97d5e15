"""Guessing: tokens, answers to sign-ins, a second factor, and who has an account. Counted in the database by all."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from gateway.app import create_app
from gateway.commands.perform import Gateway
from gateway.models import Attempt, AuditEvent
from gateway.rules.refusals import Refusal
from gateway.vocabulary import Command
from tests.factories.gateways import Town, application, opened
from tests.factories.sites import Site, open_site
from tests.factories.tried import Tried
from workspaces.catalogue.errors import Invalid

HERE, THERE = "192.0.2.7", "192.0.2.8"
ME = "/api/v1/me"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return open_site(tmp_path, failures_per_address=12, failures_per_account=4)


def guess(app: Flask, token: str, address: str = HERE, **headers: str) -> int:
    asked = {"Authorization": f"Bearer {token}", **headers}
    return app.test_client().get(ME, headers=asked, environ_base={"REMOTE_ADDR": address}).status_code


def right(site: Site) -> str:
    made = site.town.do("lead", Command.CREATE_TOKEN, site.town.people["lead"], {"label": "x"})
    return str(made.returned["token"])


def logged(town: Town) -> list[str]:
    rows = town.read(lambda work: work.all(AuditEvent, AuditEvent.code == "sign_in:too_many"))
    return [row.actor for row in rows]


def test_wrong_tokens_are_counted_by_address_and_forgotten(site: Site, tried: Tried) -> None:
    token = right(site)
    assert [guess(site.app, f"wrong{n}") for n in range(15)] == [401] * 11 + [429] * 4
    assert guess(site.app, "wrong", THERE) == 401
    assert guess(site.app, token) == 200  # a neighbour's guesses keep nobody out
    assert logged(site.town) == ["nobody"]
    site.town.clock.pass_(minutes=21)
    assert guess(site.app, "wrong") == 401
    assert len(site.town.read(lambda work: work.all(Attempt))) == 1
    tried(18)


def test_every_worker_counts_the_same(site: Site, tried: Tried) -> None:
    """64 guesses at once at two workers: eleven are told that they are wrong, and the log has one row."""
    gateway = Gateway(opened(site.town.gateway.settings.database), site.town.gateway.settings, site.town.clock)
    house = site.app.extensions
    other = create_app(gateway.settings, house=_house(gateway, house))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: guess((site.app, other)[n % 2], f"wrong{n}"), range(64)))
    assert sorted(answers) == [401] * 11 + [429] * 53
    assert logged(site.town) == ["nobody"]
    tried(64)


def _house(gateway: Gateway, house: dict[str, Any]) -> Any:
    from types import SimpleNamespace

    keys = SimpleNamespace(public=house["public_key"])
    return SimpleNamespace(gateway=gateway, objects=house["objects"], keys=keys, rooms=house["promises"])


def test_no_token_at_all_is_no_guess(site: Site, tried: Tried) -> None:
    for _ in range(30):
        assert site.app.test_client().get(ME).status_code == 401
    assert guess(site.app, "wrong") == 401
    tried(30)


def test_an_address_that_somebody_claims_is_not_theirs(site: Site, tried: Tried) -> None:
    claimed = [guess(site.app, "wrong", **{"X-Forwarded-For": f"10.0.0.{n}"}) for n in range(13)]
    assert claimed == [401] * 11 + [429] * 2
    tried(13)


def test_behind_the_proxy_its_own_word_counts(tmp_path: Path, tried: Tried) -> None:
    site = open_site(tmp_path, failures_per_address=12, behind_proxy=True)
    spoofed = [guess(site.app, "wrong", "127.0.0.1", **{"X-Forwarded-For": f"10.0.0.{n}, {HERE}"}) for n in range(13)]
    assert spoofed == [401] * 11 + [429] * 2
    assert guess(site.app, "wrong", "127.0.0.1", **{"X-Forwarded-For": THERE}) == 401
    within = [guess(site.app, "wrong", "127.0.0.1", **{"X-Forwarded-For": f"2001:db8::{n:x}"}) for n in range(13)]
    assert within == [401] * 11 + [429] * 2  # one line has 2^64 such addresses
    assert guess(site.app, "wrong", "127.0.0.1", **{"X-Forwarded-For": "no address\x7f"}) == 401
    tried(28)


def test_wrong_answers_to_a_sign_in_close_it_for_that_address(site: Site, tried: Tried) -> None:
    def ask(path: str, address: str = HERE) -> int:
        return site.app.test_client().get(path, environ_base={"REMOTE_ADDR": address}).status_code

    answers = [ask(f"/sign-in/answer?state=s{n}&code=c{n}") for n in range(14)]
    assert answers == [409] * 11 + [429] * 3
    assert ask("/sign-in") == 429
    assert ask("/sign-in/answer?state=s&code=c", THERE) == 409
    assert ask("/register") == 200
    tried(14)


def test_one_account_that_keeps_failing_its_second_factor_waits(
    site: Site, monkeypatch: pytest.MonkeyPatch, tried: Tried
) -> None:
    """From ever new addresses; others sign in meanwhile."""
    claims = {"iss": "test", "sub": "lead", "name": "Lead", "email": "lead@example.org", "amr": ["pwd"]}
    monkeypatch.setattr("gateway.web.sign_in._claims", lambda: claims)

    def ask(n: int) -> int:
        return site.app.test_client().get("/sign-in/answer", environ_base={"REMOTE_ADDR": f"10.1.{n}.1"}).status_code

    assert [ask(n) for n in range(6)] == [403] * 3 + [429] * 3
    claims["amr"] = ["pwd", "otp"]
    assert ask(7) == 429
    claims["sub"] = "researcher"
    assert ask(8) == 303
    tried(8)


def test_nothing_kept_says_whose_attempts_they_were(site: Site) -> None:
    guess(site.app, "wrong")
    rows = site.town.read(lambda work: work.all(Attempt))
    assert rows
    assert HERE not in repr(rows)
    assert all(len(row.whose) == 64 for row in rows)


def test_who_has_an_account_cannot_be_tried_out_at_length(town: Town, tried: Tried) -> None:
    """Members are named by address, so that an application tells who is known here: twenty wrong ones a day."""
    codes = []
    for n in range(24):
        given = application(members=[f"guess{n}@example.org"])
        with pytest.raises((Invalid, Refusal)) as why:
            town.do("outsider", Command.DRAFT_PROJECT, town.pool_id, given)
        codes.append(why.value.code)
    assert codes == ["application:unknown_member"] * 20 + ["application:too_many_guesses"] * 4
    with pytest.raises(Refusal):
        town.do("outsider", Command.DRAFT_PROJECT, town.pool_id, application())  # a right one tells no more either
    town.do("lead", Command.DRAFT_PROJECT, town.pool_id, application())
    town.clock.pass_(days=2)
    town.do("outsider", Command.DRAFT_PROJECT, town.pool_id, application())
    tried(25)
