"""One suite for every object store: a folder, S3 as moto plays it, a second S3 server that runs, and two as one."""

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.store.objects import LocalObjects
from gateway.store.routed import SEALED, RoutedObjects
from gateway.store.s3 import S3Objects
from tests.factories.object_stores import client
from tests.factories.stores import EVERY, server, store_of
from workspaces.snapshots.objects import AlreadySealed, MissingObject, ObjectStore, StoreUnavailable


@pytest.fixture(params=EVERY)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ObjectStore]:
    with store_of(request.param, tmp_path) as opened:
        yield opened


def test_bytes_come_back(store: ObjectStore) -> None:
    store.put_bytes("a/b.json", b"first")
    assert store.get_bytes("a/b.json") == b"first"
    store.put_bytes("a/b.json", b"second")
    assert store.get_bytes("a/b.json") == b"second"


def test_files_come_back(store: ObjectStore, tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(b"x" * 3_000_000)
    store.put_file("deep/er/file.parquet", tmp_path / "in")
    store.fetch("deep/er/file.parquet", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == (tmp_path / "in").read_bytes()


def test_lists_by_prefix_in_order(store: ObjectStore) -> None:
    for name in ("b/2", "b/1", "c", "b2/1"):
        store.put_bytes(name, b"")
    assert store.list("b/") == ["b/1", "b/2"]
    assert store.list("") == ["b/1", "b/2", "b2/1", "c"]
    assert store.list("zz") == []


def test_what_is_missing_says_so(store: ObjectStore, tmp_path: Path) -> None:
    assert not store.exists("a/b")
    with pytest.raises(MissingObject):
        store.get_bytes("a/b")
    with pytest.raises(MissingObject):
        store.fetch("a/b", tmp_path / "out")
    store.delete("a/b")


def test_deleted_is_gone(store: ObjectStore) -> None:
    store.put_bytes("a/b", b"x")
    assert store.exists("a/b")
    store.delete("a/b")
    assert not store.exists("a/b")
    assert store.list("") == []


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../up", "a/../b", "a//b", "a/.hidden", "a b", "a/"])
def test_a_name_cannot_leave_its_place(store: ObjectStore, name: str) -> None:
    calls = [lambda: store.put_bytes(name, b"x"), lambda: store.put_file(name, Path(__file__))]
    calls += [lambda: store.get_bytes(name), lambda: store.fetch(name, Path("/dev/null")), lambda: store.exists(name)]
    for call in [*calls, lambda: store.delete(name)]:
        with pytest.raises(ValueError, match="name"):
            call()
    assert store.list("") == []


def test_a_file_takes_the_place_of_an_earlier_one(store: ObjectStore, tmp_path: Path) -> None:
    store.put_bytes("a/b", b"first")
    (tmp_path / "in").write_bytes(b"second")
    store.put_file("a/b", tmp_path / "in")
    assert (store.get_bytes("a/b"), store.list("")) == (b"second", ["a/b"])


def test_a_put_that_fails_leaves_nothing(store: ObjectStore, tmp_path: Path) -> None:
    store.put_bytes("a/kept", b"x")
    with pytest.raises(FileNotFoundError):
        store.put_file("a/kept", tmp_path / "gone")
    assert (store.get_bytes("a/kept"), store.list("")) == (b"x", ["a/kept"])


def test_a_disk_that_fails_leaves_no_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: int) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr("gateway.store.objects.os.fsync", fails)
    with pytest.raises(StoreUnavailable):
        LocalObjects(tmp_path / "objects").put_bytes("a", b"x")
    assert list((tmp_path / "objects").iterdir()) == []


@pytest.mark.parametrize("name", ["a/b", *(f"{part}b" for part in SEALED)])
def test_what_is_sealed_stays_as_it_is(store: ObjectStore, name: str) -> None:
    store.seal(name, b"first")
    store.seal(name, b"first")
    with pytest.raises(AlreadySealed):
        store.seal(name, b"other")
    assert store.get_bytes(name) == b"first"
    assert store.list("") == [name]


def test_a_trial_leaves_nothing(store: ObjectStore) -> None:
    store.check()
    assert store.list("") == []


def test_large_files_go_in_parts_and_come_back_in_ranges(store: ObjectStore, tmp_path: Path) -> None:
    content = b"0123456789abcdef" * (20 * 2**20 // 16)  # more than the 8 MiB from which an upload has parts
    (tmp_path / "in").write_bytes(content)
    store.put_file("large", tmp_path / "in")
    store.fetch("large", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == content
    if isinstance(store, S3Objects):
        part = store.client.get_object(Bucket=store.bucket, Key="large", Range="bytes=10000001-10000006")
        assert part["Body"].read() == content[10_000_001:10_000_007]


def test_who_is_not_known_to_the_server_gets_nothing(tmp_path: Path) -> None:
    with store_of("server", tmp_path) as ours:
        assert isinstance(ours, S3Objects)
        ours.put_bytes("a", b"x")
    stranger = S3Objects(ours.bucket, client(server().address, secret="another"))
    calls = [lambda: stranger.get_bytes("a"), lambda: stranger.put_bytes("a", b"y"), lambda: stranger.exists("a")]
    for call in [*calls, lambda: stranger.list(""), lambda: stranger.delete("a"), stranger.check]:
        with pytest.raises(StoreUnavailable):
            call()
    assert ours.get_bytes("a") == b"x"


def test_each_kind_of_object_lies_where_it_belongs(tmp_path: Path) -> None:
    records, sealed = LocalObjects(tmp_path / "records"), LocalObjects(tmp_path / "sealed")
    both = RoutedObjects(records, sealed)
    both.put_bytes("snapshots/s/room/person.parquet", b"rows")
    for part in SEALED:
        both.seal(f"{part}x", b"sealed")
    assert records.list("") == ["snapshots/s/room/person.parquet"]
    assert sealed.list("") == sorted(f"{part}x" for part in SEALED)


def test_files_of_the_folder_are_read_only(tmp_path: Path) -> None:
    LocalObjects(tmp_path).put_bytes("a", b"x")
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o400
