"""The object store in S3: one bucket for records, which must forget, and one for what is sealed, which must not.

Records are destroyed when a snapshot is: their bucket keeps no versions. Releases, manifests and checkpoints may lie
in a bucket of their own with versions and object lock. boto3 lives here alone.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workspaces.snapshots.objects import AlreadySealed, MissingObject, StoreUnavailable, check_name

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_GONE = {"404", "NoSuchKey", "NotFound"}
_TAKEN = {"412", "PreconditionFailed"}
_TRIAL = "trial/object"


def connect() -> "S3Client":
    """A client whose endpoint and credentials come from the environment as boto3 reads it.

    A service that fails is asked five times in all, with growing pauses; one that says nothing is left after 60 s.
    """
    import boto3
    from botocore.config import Config

    patience = Config(connect_timeout=10, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 5})
    return boto3.client("s3", config=patience)


def utc_now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


class S3Objects:
    """Objects in one bucket. `lock_days` above 0 locks what is sealed for so long; `kms_key` encrypts what is put."""

    def __init__(
        self,
        bucket: str,
        client: "S3Client | None" = None,
        *,
        lock_days: int = 0,
        kms_key: str = "",
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.bucket = bucket
        self.client: S3Client = client or connect()
        self.lock_days = lock_days
        self.now = now
        self._extra: dict[str, Any] = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key} if kms_key else {}

    def put_file(self, name: str, path: Path) -> None:
        """Upload a file; S3 shows it only when it is whole."""
        with _working(), path.open("rb") as source:
            self.client.upload_fileobj(source, self.bucket, check_name(name), ExtraArgs=self._extra)

    def put_bytes(self, name: str, content: bytes) -> None:
        """Upload bytes."""
        with _working():
            self.client.put_object(Bucket=self.bucket, Key=check_name(name), Body=content, **self._extra)

    def seal(self, name: str, content: bytes) -> None:
        """Upload bytes once, by a conditional put; a service that knows no conditions is asked beforehand."""
        if self.exists(name):
            return self._same(name, content)
        lock: dict[str, Any] = {}
        if self.lock_days:
            until = self.now() + timedelta(days=self.lock_days)
            lock = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until}
        try:
            with _working():
                self.client.put_object(
                    Bucket=self.bucket, Key=check_name(name), Body=content, IfNoneMatch="*", **self._extra, **lock
                )
        except AlreadySealed:
            self._same(name, content)

    def get_bytes(self, name: str) -> bytes:
        """The bytes; raises `MissingObject`."""
        with _working():
            return self.client.get_object(Bucket=self.bucket, Key=check_name(name))["Body"].read()

    def fetch(self, name: str, to: Path) -> None:
        """Download an object into a new file."""
        with _working():
            self.client.download_file(self.bucket, check_name(name), str(to))

    def exists(self, name: str) -> bool:
        """True when the bucket has that key."""
        try:
            with _working():
                self.client.head_object(Bucket=self.bucket, Key=check_name(name))
        except MissingObject:
            return False
        return True

    def list(self, prefix: str) -> list[str]:
        """Keys that begin with `prefix`, sorted."""
        with _working():
            pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
            return sorted(item["Key"] for page in pages for item in page.get("Contents", ()))

    def delete(self, name: str) -> None:
        """Remove the key."""
        with _working():
            self.client.delete_object(Bucket=self.bucket, Key=check_name(name))

    def check(self) -> None:
        """Write and remove one small object."""
        self.put_bytes(_TRIAL, b"trial")
        self.delete(_TRIAL)

    def tidy(self) -> None:
        """Nothing to do: an upload that was cut off is no object; a rule of the bucket ends such uploads."""

    def keeps_versions(self) -> bool:
        """True when what is deleted here stays readable as an older version: no place for records."""
        with _working():
            return "Status" in self.client.get_bucket_versioning(Bucket=self.bucket)

    def _same(self, name: str, content: bytes) -> None:
        if self.get_bytes(name) != content:
            raise AlreadySealed


@contextmanager
def _working() -> Iterator[None]:
    """What the service's answers mean to us: a missing or taken key is the caller's, the rest is its own trouble.

    Only the kind of trouble is told: messages of the service name keys and addresses.
    """
    from boto3.exceptions import S3UploadFailedError
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code"))
        raise _understood(code) from None
    except (BotoCoreError, S3UploadFailedError) as error:
        raise StoreUnavailable(type(error).__name__) from None


def _understood(code: str) -> Exception:
    if code in _GONE:
        return MissingObject()
    return AlreadySealed() if code in _TAKEN else StoreUnavailable(code)
