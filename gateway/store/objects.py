"""The object store: a folder on this machine, or an S3 bucket. boto3 lives here alone."""

import fcntl
import io
import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workspaces.snapshots.objects import MissingObject, check_name

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_YOUNG_SECONDS = 5.0
_GONE = {"404", "NoSuchKey", "NotFound"}


class LocalObjects:
    """Objects as read-only files under one folder, moved into place whole."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(mode=0o700, parents=True, exist_ok=True)

    def put_file(self, name: str, path: Path) -> None:
        """Copy the file under that name."""
        with path.open("rb") as source:
            self._put(name, source)

    def put_bytes(self, name: str, content: bytes) -> None:
        """Write bytes under that name."""
        self._put(name, io.BytesIO(content))

    def get_bytes(self, name: str) -> bytes:
        """The bytes; raises `MissingObject`."""
        try:
            return self._path(name, make=False).read_bytes()
        except FileNotFoundError:
            raise MissingObject from None

    def fetch(self, name: str, to: Path) -> None:
        """Copy an object into a new file."""
        try:
            shutil.copyfile(self._path(name, make=False), to)
        except FileNotFoundError:
            raise MissingObject from None

    def exists(self, name: str) -> bool:
        """True when there is a file of that name."""
        return self._path(name, make=False).is_file()

    def list(self, prefix: str) -> list[str]:
        """Names that begin with `prefix`, sorted; drafts are not objects."""
        files = (path for path in self.root.rglob("*") if path.is_file() and not path.name.startswith(".."))
        names = (path.relative_to(self.root).as_posix() for path in files)
        return sorted(name for name in names if name.startswith(prefix))

    def delete(self, name: str) -> None:
        """Remove the file."""
        self._path(name, make=False).unlink(missing_ok=True)

    def tidy(self) -> None:
        """Remove drafts whose writers died: nobody holds their lock. Young ones may not have it yet."""
        for path in self.root.rglob("..?*"):
            with suppress(OSError), path.open("rb") as draft:  # BlockingIOError: it is being written
                fcntl.flock(draft, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if time.time() - path.stat().st_ctime > _YOUNG_SECONDS:
                    path.unlink()

    def _path(self, name: str, *, make: bool = True) -> Path:
        path = self.root / check_name(name)
        if make:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path

    def _put(self, name: str, source: Any) -> None:
        target = self._path(name)
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix="..", delete=False) as draft:
            try:
                fcntl.flock(draft, fcntl.LOCK_EX)
                shutil.copyfileobj(source, draft, 2**20)
                draft.flush()
                os.fsync(draft.fileno())
                os.chmod(draft.name, 0o400)
                os.replace(draft.name, target)
            except BaseException:
                os.unlink(draft.name)
                raise


class S3Objects:
    """Objects in one bucket; endpoint and credentials come from the environment as boto3 reads it."""

    def __init__(self, bucket: str, client: "S3Client | None" = None) -> None:
        import boto3

        self.bucket = bucket
        self.client: S3Client = client or boto3.client("s3")

    def put_file(self, name: str, path: Path) -> None:
        """Upload a file; S3 shows it only when it is whole."""
        self.client.upload_file(str(path), self.bucket, check_name(name))

    def put_bytes(self, name: str, content: bytes) -> None:
        """Upload bytes."""
        self.client.put_object(Bucket=self.bucket, Key=check_name(name), Body=content)

    def get_bytes(self, name: str) -> bytes:
        """The bytes; raises `MissingObject`."""
        from botocore.exceptions import ClientError

        try:
            return self.client.get_object(Bucket=self.bucket, Key=check_name(name))["Body"].read()
        except ClientError as error:
            raise _understood(error) from None

    def fetch(self, name: str, to: Path) -> None:
        """Download an object into a new file."""
        from botocore.exceptions import ClientError

        try:
            self.client.download_file(self.bucket, check_name(name), str(to))
        except ClientError as error:
            raise _understood(error) from None

    def exists(self, name: str) -> bool:
        """True when the bucket has that key."""
        from botocore.exceptions import ClientError

        try:
            self.client.head_object(Bucket=self.bucket, Key=check_name(name))
        except ClientError as error:
            if isinstance(_understood(error), MissingObject):
                return False
            raise
        return True

    def list(self, prefix: str) -> list[str]:
        """Keys that begin with `prefix`, sorted."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return sorted(item["Key"] for page in pages for item in page.get("Contents", ()))

    def delete(self, name: str) -> None:
        """Remove the key."""
        self.client.delete_object(Bucket=self.bucket, Key=check_name(name))

    def tidy(self) -> None:
        """Nothing to do: an upload that was cut off is no object; a rule of the bucket ends such uploads."""


def _understood(error: Any) -> Exception:
    """What a missing key means to us; any other answer of the service stays a defect."""
    code = error.response.get("Error", {}).get("Code")
    return MissingObject() if code in _GONE else error
