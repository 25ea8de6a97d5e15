"""Who runs what in a demonstration, and that it says what is weaker."""

import os
import pwd
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.demo import household
from infra.demo.command import SYSTEM, weaker
from workspaces.rooms.base import Promise
from workspaces.rooms.supervisor import GATEWAY_USER
from workspaces.rooms.users import Standing, pool

after_setup = pytest.mark.skipif(pool()[0].standing is not Standing.OWN, reason="needs root and ./run setup")


@pytest.fixture
def open_place() -> Iterator[Path]:
    """A folder that everybody may enter (pytest's own are closed)."""
    with tempfile.TemporaryDirectory(prefix="household-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@after_setup
def test_a_new_folder_is_given_to_the_gateways_user(open_place: Path) -> None:
    assert household.why_not_the_gateway_user(open_place / "demo", None) is None
    assert (open_place / "demo").owner() == GATEWAY_USER


@after_setup
def test_a_folder_with_something_in_it_stays_its_owners(open_place: Path) -> None:
    (open_place / "demo").mkdir()
    (open_place / "demo" / "file").touch()
    why = household.why_not_the_gateway_user(open_place / "demo", None)
    assert why is not None
    assert "another user" in why
    assert (open_place / "demo").stat().st_uid == 0


@after_setup
@pytest.mark.parametrize("closed", ["data", "data/rows.csv", "above"])
def test_what_the_gateways_user_cannot_read_is_left_to_root(open_place: Path, closed: str) -> None:
    for name in ("data", "above"):
        (open_place / name).mkdir()
    (open_place / "data" / "rows.csv").touch()
    (open_place / closed).chmod(0o600)
    why = household.why_not_the_gateway_user(open_place / "above" / "demo", open_place / "data")
    assert why is not None
    assert "cannot read" in why
    assert (open_place / "above" / "demo").stat().st_uid == 0


def test_who_is_not_root_stays_who_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1234567)
    assert household.why_not_the_gateway_user(tmp_path / "demo", None) == "only root can start it as another user"
    assert not (tmp_path / "demo").exists()


def test_without_users_setup_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(_name: str) -> pwd.struct_passwd:
        raise KeyError

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(pwd, "getpwnam", unknown)
    why = household.why_not_the_gateway_user(tmp_path / "demo", None)
    assert why == f"there is no user {GATEWAY_USER}: run ./run setup"


def test_everything_weaker_has_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    promises = (Promise("kept", True, "walls"), Promise("disk quota", False, "looked at now and then"))
    monkeypatch.setattr(os, "geteuid", lambda: 1234567)
    lines = weaker(promises, python=SYSTEM, why="no users")
    assert "the gateway runs as user 1234567, not as a user of its own (no users)" in lines
    assert any(line.startswith("rooms have the system's Python") for line in lines)
    assert "rooms: disk quota (looked at now and then)" in lines
    assert not any("walls" in line for line in lines)
    assert len(weaker((), python=Path("/srv/python"), why=None)) == len(lines) - 3
