"""The doctor finds what is wrong with a part, names it and what to do; a healthy house is told so."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from gateway.jobs.doctor import Finding, Stand, examine, ready
from gateway.jobs.house import House
from gateway.jobs.sign_checkpoint import sign_checkpoint
from gateway.models import OptOutList, Task
from gateway.store.keys import Keys
from gateway.store.migrate import downgrade
from gateway.store.objects import LocalObjects
from gateway.store.s3 import S3Objects
from gateway.vocabulary import TaskKind
from tests.factories.command_lines import tre
from tests.factories.gateways import Town, active_list
from workspaces.snapshots.objects import StoreUnavailable

SECRET = "k" * 32


@pytest.fixture
def house(town: Town, tmp_path: Path) -> House:
    made = House(town.gateway, LocalObjects(tmp_path / "objects"), Keys(tmp_path / "keys", SECRET))
    active_list(town)
    sign_checkpoint(made)
    return made


def stands(house: House) -> dict[str, Stand]:
    return {finding.part: finding.stand for finding in examine(house)}


def only(house: House, part: str) -> Finding:
    """The one finding that is not good, rooms aside: they are as this machine lets them be."""
    (found,) = [each for each in examine(house) if each.stand is not Stand.GOOD and each.part != "rooms"]
    assert found.part == part
    assert found.next_step.endswith(".") or ":" in found.next_step
    return found


def test_a_healthy_house(house: House) -> None:
    told = stands(house)
    assert list(told) == ["database", "pool", "keys", "store", "disk", "audit log", "opt-outs", "work", "rooms"]
    assert {stand for part, stand in told.items() if part != "rooms"} == {Stand.GOOD}
    assert ready(house) == {"open": True, "database": True, "tables": True, "store": True}


def older_list(house: House, days: float) -> None:
    with house.gateway.unit.writing() as work:
        for row in work.all(OptOutList):
            row.list_date = house.gateway.now() - timedelta(days=days)


def late_task(house: House, **changes: object) -> None:
    with house.gateway.unit.writing() as work:
        due = house.gateway.now() - timedelta(hours=2)
        work.add(Task(kind=TaskKind.RUN_JOB, subject_id="job-1", due_at=due, **changes))


SICK: dict[str, tuple[str, Stand, Callable[[House, pytest.MonkeyPatch], object]]] = {
    "another secret": ("keys", Stand.BAD, lambda at, _: setattr(at.keys, "_wrap", Keys(Path(), "x" * 32)._wrap)),
    "an old list": ("opt-outs", Stand.BAD, lambda at, _: older_list(at, 8)),
    "an ageing list": ("opt-outs", Stand.WEAK, lambda at, _: older_list(at, 5.5)),
    "nobody works": ("work", Stand.BAD, lambda at, _: late_task(at)),
    "a store that is away": (
        "objects",
        Stand.BAD,
        lambda at, patch: patch.setattr(at.objects, "check", lambda: (_ for _ in ()).throw(StoreUnavailable("away"))),
    ),
    "a full disk": ("disk", Stand.BAD, lambda _, patch: patch.setattr("gateway.jobs.doctor.LEAST_FREE_MIB", 10**9)),
}


@pytest.mark.parametrize("sickness", list(SICK))
def test_each_sickness_is_found(house: House, monkeypatch: pytest.MonkeyPatch, sickness: str) -> None:
    part, stand, befall = SICK[sickness]
    befall(house, monkeypatch)
    if sickness == "another secret":  # what is signed can not be looked at then either
        assert {part for part, found in stands(house).items() if found is Stand.BAD} == {"keys", "log", "history"}
        return
    assert only(house, part).stand is stand


def test_tables_of_an_older_version_are_told_and_nothing_else_is_asked(house: House) -> None:
    downgrade(house.gateway.settings.database, "0004")
    (found,) = examine(house)
    assert (found.part, found.stand, found.next_step) == ("database", Stand.BAD, "Run: tre migrate.")
    assert ready(house)["tables"] is False


def test_a_bucket_that_cannot_forget_is_found(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "us-east-1")
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket="records")
        client.put_bucket_versioning(Bucket="records", VersioningConfiguration={"Status": "Enabled"})
        versioned = House(house.gateway, S3Objects("records", client), house.keys)
        assert "stays readable" in only(versioned, "store").sentence


def test_the_command_ends_with_1_when_something_is_bad(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.cli.doctor.settings", lambda: house.gateway.settings)
    monkeypatch.setattr("gateway.cli.doctor.open_house", lambda _: house)
    good = tre("doctor")
    assert (good.exit_code, good.stdout.splitlines()[0]) == (0, "ok    database   It answers, with the newest tables.")
    late_task(house)
    bad = tre("doctor", "--json")
    assert bad.exit_code == 1
    assert {each["part"] for each in json.loads(bad.stdout) if each["stand"] == "bad"} == {"work"}
