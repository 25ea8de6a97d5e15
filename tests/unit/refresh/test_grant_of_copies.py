"""What a grant says of the workspace's copy: how many must be alike, whether pseudonyms stay; draws read neither."""

from pathlib import Path

import duckdb
import pytest

from gateway.models import Grant
from gateway.vocabulary import Command
from tests.factories.gateways import Town, application, approved_project
from tests.factories.refreshing import DATA, PEOPLE, Street, settle_street
from workspaces.catalogue.errors import Invalid
from workspaces.snapshots import SnapshotFolder, open_snapshot


@pytest.fixture
def street(town: Town, tmp_path: Path) -> Street:
    return settle_street(town, tmp_path)


def built(street: Street, **asked: object) -> str:
    """A project of such a grant with its snapshot."""
    project_id = approved_project(street.town, data=DATA, epsilon="1", **asked)
    snapshot_id = street.town.do("lead", Command.REQUEST_SNAPSHOT, project_id).created_id
    street.work()
    street.town.do("ig", Command.CLEAR_SNAPSHOT, snapshot_id)
    return project_id


def newest(street: Street, project_id: str) -> SnapshotFolder:
    row = [each for each in street.snapshots() if each.project_id == project_id][-1]
    return open_snapshot(street.house.objects, row.id, street.house.folder / "snapshots", street.house.keys.public())


def people_in(folder: Path) -> int:
    return duckdb.read_parquet(str(folder / "person.parquet")).shape[0]


def staying(street: Street, project_id: str) -> set[int]:
    path = newest(street, project_id).room / "pseudonym.parquet"
    return {row[0] for row in duckdb.read_parquet(str(path)).project("pseudonym").fetchall()}


def test_k_is_each_grants_own_and_never_lowers_the_houses(street: Street) -> None:
    strict, plain = built(street, room_k=len(PEOPLE) + 1), built(street)
    assert people_in(newest(street, strict).room) == 0
    assert people_in(newest(street, strict).drawn) == len(PEOPLE)
    assert people_in(newest(street, plain).room) == len(PEOPLE)
    house = street.house
    object.__setattr__(house.gateway.settings, "room_k", len(PEOPLE) + 1)
    assert people_in(newest(street, built(street, room_k=3)).room) == 0


def test_pseudonyms_stay_where_the_grant_says_so_and_leave_with_the_person(street: Street) -> None:
    stays, other = built(street, longitudinal=True), built(street, longitudinal=True)
    before = staying(street, stays)
    assert len(before) == len(PEOPLE)
    assert not before & staying(street, other)
    street.opt_out(PEOPLE[0])
    street.refresh()
    after = staying(street, stays)
    assert after < before
    assert len(after) == len(PEOPLE) - 1
    numbers = {row[0] for row in duckdb.read_parquet(str(newest(street, stays).room / "person.parquet")).fetchall()}
    assert numbers == set(range(1, len(PEOPLE)))


def test_others_have_none_and_draws_read_none(street: Street) -> None:
    plain, both = built(street), built(street, longitudinal=True, room_k=len(PEOPLE) + 1)
    assert not (newest(street, plain).room / "pseudonym.parquet").exists()
    opened = newest(street, both)
    assert opened.drawn != opened.room
    assert staying(street, both) == set()  # withheld with everything else of theirs
    assert {path.name for path in opened.drawn.iterdir()} == {
        "person.parquet",
        "social_care_event.parquet",
        "sampling.parquet",
    }


def test_the_grant_keeps_what_was_asked_for(street: Street) -> None:
    project_id = approved_project(street.town, room_k=5, longitudinal=True)
    grant: Grant = street.town.read(lambda work: work.find(Grant, Grant.project_id == project_id))
    assert (grant.room_k, grant.longitudinal) == (5, True)
    with pytest.raises(Invalid):
        street.town.do("lead", Command.DRAFT_PROJECT, street.town.pool_id, application(room_k=-1))
