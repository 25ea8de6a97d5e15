"""One suite for every object store: a folder, and S3 as moto plays it."""

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from gateway.store.objects import LocalObjects, S3Objects
from workspaces.snapshots.objects import MissingObject, ObjectStore


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectStore]:
    if request.param == "folder":
        yield LocalObjects(tmp_path / "objects")
        return
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket="snapshots")
        yield S3Objects("snapshots")


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
        raise OSError("no space left")

    monkeypatch.setattr("gateway.store.objects.os.fsync", fails)
    with pytest.raises(OSError, match="no space"):
        LocalObjects(tmp_path / "objects").put_bytes("a", b"x")
    assert list((tmp_path / "objects").iterdir()) == []


def test_files_of_the_folder_are_read_only(tmp_path: Path) -> None:
    LocalObjects(tmp_path).put_bytes("a", b"x")
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o400
