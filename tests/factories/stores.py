"""The object stores that a gateway may have, each by a name, for suites that must hold on every one of them."""

import atexit
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from unittest.mock import patch

import boto3
from moto import mock_aws

from gateway.store.objects import LocalObjects
from gateway.store.routed import RoutedObjects
from gateway.store.s3 import S3Objects
from tests.factories.object_stores import Server, client
from workspaces.snapshots.objects import ObjectStore

REACHED = ("folder", "server")  # by every process: what moto plays lives in one
OURS = (*REACHED, "buckets")  # what the documentation offers: a folder, one bucket, one for records and one sealed
EVERY = (*OURS, "bucket", "two folders")
_CREDENTIALS = {name: "testing" for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
_numbers = count(1)


@contextmanager
def store_of(name: str, folder: Path) -> Iterator[ObjectStore]:
    """An empty store; `folder` is where those lie that lie on the disk."""
    if name == "folder":
        yield LocalObjects(folder / "objects")
    elif name == "two folders":
        yield RoutedObjects(LocalObjects(folder / "records"), LocalObjects(folder / "sealed"))
    elif name == "server":
        yield _on_the_server()
    else:
        with patch.dict(os.environ, _CREDENTIALS, AWS_DEFAULT_REGION="us-east-1"), mock_aws():
            yield _played(two=name == "buckets")


@cache
def server() -> Server:
    """The S3 server of this process, started when first asked for."""
    folder = Path(tempfile.mkdtemp(prefix="tre-s3-"))
    started = Server(folder / "buckets")
    started.start()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(started.kill)
    return started


def _on_the_server() -> S3Objects:
    store = S3Objects(f"bucket-{next(_numbers)}", client(server().address))
    store.client.create_bucket(Bucket=store.bucket)
    return store


def _played(*, two: bool) -> ObjectStore:
    """By moto: one bucket, or records without versions beside what is sealed under a lock."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="records")
    if not two:
        return S3Objects("records", s3)
    s3.create_bucket(Bucket="sealed", ObjectLockEnabledForBucket=True)
    return RoutedObjects(S3Objects("records", s3), S3Objects("sealed", s3, lock_days=30))


def afresh(store: ObjectStore) -> None:
    """In a process that was forked: connections of its own."""
    if isinstance(store, S3Objects):
        store.client = client(server().address)


def contents(store: ObjectStore) -> dict[str, bytes]:
    """Everything that can be read in it."""
    return {name: store.get_bytes(name) for name in store.list("")}


def killed(store: ObjectStore, do: Callable[[], object], *, after: float | None = None) -> int:
    """Do it in a forked process, killed after so many seconds where told; its exit code, or minus its signal."""
    child = os.fork()
    if child == 0:
        code = 1  # whatever it raises must not go on as a second test run
        try:
            afresh(store)
            do()
            code = 0
        finally:
            os._exit(code)
    if after is not None:
        time.sleep(after)
        os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
