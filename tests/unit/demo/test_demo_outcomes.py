"""A demonstration whose folder moves to another port, and what it says when something comes out otherwise."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from werkzeug.test import Client as Browser

from infra.demo import acts, command, proofs
from infra.demo import summary as summaries
from infra.demo.diary import Diary, WrongOutcome
from infra.demo.personas import CAST
from infra.demo.place import Place
from infra.demo.visitor import NotAsExpected, Refused, Visitor
from infra.identity.provider import Client, Provider
from workspaces.catalogue.errors import Invalid

NOWHERE = "http://127.0.0.1:9"


def place(folder: Path, port: int) -> Place:
    return Place(folder, folder / "data", port)


def test_a_folder_keeps_the_name_of_its_provider_on_another_port(tmp_path: Path) -> None:
    first, moved = place(tmp_path, 8500), place(tmp_path, 9500)
    assert first.issuer == first.provider == "http://127.0.0.1:8501"
    assert (moved.issuer, moved.provider) == (first.issuer, "http://127.0.0.1:9501")
    assert moved.environment()["TRE_OIDC_ISSUER"] == moved.provider


def test_a_provider_that_moved_is_found_where_it_is_and_keeps_its_name() -> None:
    client = Client("tre-gateway", "secret")
    provider = Provider(issuer="http://127.0.0.1:8501", address="http://127.0.0.1:9501", personas={}, client=client)
    told = Browser(provider).get("/.well-known/openid-configuration").json
    assert told["issuer"] == "http://127.0.0.1:8501"
    assert all(url.startswith("http://127.0.0.1:9501/") for name, url in told.items() if name.endswith(("_uri", "int")))


WRONG: dict[str, Exception] = {
    "no page": NotAsExpected("the page /account (500) lacks what a browser would use"),
    "bad input": Invalid("demo:command", "tre audit ended with 70.", "Look."),
    "refused": Refused(403, "command:not_your_role", "That is not for you.", "Ask."),
}


def raising(error: Exception) -> Callable[..., Any]:
    def act(*_: object) -> Any:
        raise error

    return act


@pytest.mark.parametrize("how", WRONG)
def test_whatever_a_step_meets_is_a_wrong_outcome(how: str) -> None:
    for take in (
        lambda diary, act: diary.did("looks", "lead", act),
        lambda diary, act: diary.refused("looks", "lead", "subject:unknown", act),
        lambda diary, act: diary.proved("looks", "lead", act),
    ):
        diary = Diary()
        with pytest.raises(WrongOutcome, match="looks"):
            take(diary, raising(WRONG[how]))  # type: ignore[no-untyped-call]
        assert diary.steps[-1]["outcome"].startswith("WRONG: ")


def test_a_gateway_that_does_not_answer_is_not_as_expected() -> None:
    visitor = Visitor(CAST["lead"].who, NOWHERE)
    for ask in (visitor.arrive, lambda: visitor.get("/me"), visitor.make_token):
        with pytest.raises(NotAsExpected, match="did not answer"):
            ask()


@pytest.mark.parametrize("where", ["between", "summary"])
def test_what_goes_wrong_between_steps_ends_the_journey_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    from gateway.jobs.house import House

    broken = raising(NotAsExpected("there is no answer of the national service"))
    monkeypatch.setattr(acts, "play", broken if where == "between" else lambda _: None)
    monkeypatch.setattr(proofs.Proofs, "run", lambda _: None)
    monkeypatch.setattr(summaries, "summary", broken)
    with pytest.raises(click.ClickException, match="wrong outcome after the step: the beginning: there is no answer"):
        command.play(place(tmp_path, 8500), House(None, None, None))  # type: ignore[arg-type]
