import os
from pathlib import Path

import pytest

from workspaces.catalogue.errors import Invalid
from workspaces.rooms.users import Allocation, RoomUser, Standing, pool

POOL = tuple(
    RoomUser(name=f"tre-room-0{n}", uid=9000 + n, gid=9000 + n, reading_gid=9100, standing=Standing.OWN) for n in (1, 2)
)


def test_a_workspace_keeps_its_user(tmp_path: Path) -> None:
    with Allocation(tmp_path, POOL).lease("a") as first:
        pass
    with Allocation(tmp_path, POOL).lease("b") as second:
        pass
    with Allocation(tmp_path, POOL).lease("a") as again:
        pass
    assert (first, second, again) == (POOL[0], POOL[1], POOL[0])


def test_two_rooms_at_work_never_share_a_user(tmp_path: Path) -> None:
    with Allocation(tmp_path, POOL).lease("a") as first, Allocation(tmp_path, POOL).lease("b") as second:
        assert first != second
        with pytest.raises(Invalid) as refusal, Allocation(tmp_path, POOL).lease("c"):
            pass
    assert refusal.value.code == "room:full"


def test_the_user_least_recently_given_is_given_again(tmp_path: Path) -> None:
    allocation = Allocation(tmp_path, POOL)
    for key in ("a", "b", "a"):
        with allocation.lease(key):
            pass
    with allocation.lease("c") as user:
        assert user == POOL[1]
    with allocation.lease("a") as user:
        assert user == POOL[0]


def test_a_user_that_is_taken_is_replaced(tmp_path: Path) -> None:
    allocation = Allocation(tmp_path, POOL)
    with allocation.lease("a") as first:
        pass
    with allocation.lease("a"), allocation.lease("a") as second:
        assert second != first


def test_a_spoilt_record_of_users_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "allocation.json").write_text("{")
    with Allocation(tmp_path, POOL).lease("a") as user:
        assert user == POOL[0]


def test_root_is_no_room_user() -> None:
    with pytest.raises(Invalid):
        RoomUser(name="root", uid=0, gid=0, reading_gid=0, standing=Standing.OWN)


def test_the_pool_is_never_root() -> None:
    users = pool()
    assert all(user.uid != 0 for user in users)
    assert (users[0].standing is Standing.SAME) == (os.geteuid() != 0)
