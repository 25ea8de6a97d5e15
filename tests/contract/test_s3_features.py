"""What only some S3 services have (versions, locks, conditions, policies, KMS), held against moto's play of them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.core import set_initial_no_auth_action_count

from gateway.store.routed import RoutedObjects
from gateway.store.s3 import S3Objects
from infra.s3.policies import bucket_policy, policies
from workspaces.snapshots.objects import AlreadySealed, StoreUnavailable

RECORDS, SEALED = "records", "sealed"
NOW = datetime.now(UTC)


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket=RECORDS)
        client.create_bucket(Bucket=SEALED, ObjectLockEnabledForBucket=True)
        yield client


@pytest.fixture
def both(s3: Any) -> RoutedObjects:
    return RoutedObjects(S3Objects(RECORDS, s3), S3Objects(SEALED, s3, lock_days=365))


def versions(s3: Any, bucket: str) -> list[str]:
    return [item["VersionId"] for item in s3.list_object_versions(Bucket=bucket).get("Versions", ())]


def test_what_is_sealed_is_locked_and_survives_its_removal(s3: Any, both: RoutedObjects) -> None:
    both.seal("releases/rel-1/artefact.json", b"sealed")
    held = s3.head_object(Bucket=SEALED, Key="releases/rel-1/artefact.json")
    assert held["ObjectLockMode"] == "COMPLIANCE"
    assert held["ObjectLockRetainUntilDate"] > NOW + timedelta(days=364)
    both.delete("releases/rel-1/artefact.json")
    assert not both.exists("releases/rel-1/artefact.json")
    (kept,) = versions(s3, SEALED)
    read = s3.get_object(Bucket=SEALED, Key="releases/rel-1/artefact.json", VersionId=kept)["Body"].read()
    assert read == b"sealed"
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=SEALED, Key="releases/rel-1/artefact.json", VersionId=kept)


def test_records_are_never_locked_and_leave_nothing(s3: Any, both: RoutedObjects, tmp_path: Path) -> None:
    (tmp_path / "person.parquet").write_bytes(b"rows of people")
    both.put_file("snapshots/snp-1/room/person.parquet", tmp_path / "person.parquet")
    assert "ObjectLockMode" not in s3.head_object(Bucket=RECORDS, Key="snapshots/snp-1/room/person.parquet")
    both.delete("snapshots/snp-1/room/person.parquet")
    assert s3.list_object_versions(Bucket=RECORDS).get("Versions", []) == []


def test_a_bucket_that_keeps_versions_says_so(s3: Any) -> None:
    assert not S3Objects(RECORDS, s3).keeps_versions()
    assert S3Objects(SEALED, s3).keeps_versions()


def test_of_two_who_seal_at_once_one_wins(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    late = S3Objects(SEALED, s3)
    S3Objects(SEALED, s3).seal("releases/a", b"first")
    monkeypatch.setattr(S3Objects, "exists", lambda *_: False)  # it looked before the other had written
    with pytest.raises(AlreadySealed):
        late.seal("releases/a", b"second")
    assert late.get_bytes("releases/a") == b"first"


def test_what_is_put_is_encrypted_under_the_key_that_is_set(s3: Any, tmp_path: Path) -> None:
    key = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
    (tmp_path / "in").write_bytes(b"rows")
    store = S3Objects(RECORDS, s3, kms_key=key)
    store.put_bytes("a", b"x")
    store.put_file("b", tmp_path / "in")
    store.seal("c", b"y")
    for name in ("a", "b", "c"):
        told = s3.head_object(Bucket=RECORDS, Key=name)
        assert (told["ServerSideEncryption"], told["SSEKMSKeyId"]) == ("aws:kms", key)


def _as(part: str) -> Any:
    """A client of a user who has that part's policy and nothing else."""
    iam = boto3.client("iam")
    iam.create_user(UserName=part)
    told = json.dumps(policies(RECORDS, SEALED)[part])
    iam.put_user_policy(UserName=part, PolicyName=part, PolicyDocument=told)
    made = iam.create_access_key(UserName=part)["AccessKey"]
    return boto3.client("s3", aws_access_key_id=made["AccessKeyId"], aws_secret_access_key=made["SecretAccessKey"])


@set_initial_no_auth_action_count(0)
def _enforced(call: Any) -> Any:
    """What it gives while every request is held against the caller's policies."""
    return call()


OBJECTS = {
    (RECORDS, "snapshots/snp-1/room/person.parquet"),
    (SEALED, "releases/rel-1/package.zip"),
    (SEALED, "manifests/snp-1.json"),
    (SEALED, "checkpoints/000000000001.json"),
}
READS = {
    "web": {"releases/rel-1/package.zip"},
    "worker": {name for _, name in OBJECTS},
    "auditor": {name for bucket, name in OBJECTS if bucket == SEALED},
}


@pytest.mark.parametrize("part", list(READS))
def test_each_part_reads_and_writes_what_its_policy_says(s3: Any, part: str) -> None:
    for bucket, name in OBJECTS:
        s3.put_object(Bucket=bucket, Key=name, Body=b"x")
    theirs = _as(part)
    read, wrote, gone = _enforced(
        lambda: (
            {name for bucket, name in OBJECTS if _may(S3Objects(bucket, theirs).get_bytes, name)},
            {name for bucket, name in OBJECTS if _may(S3Objects(bucket, theirs).put_bytes, name, b"y")},
            {name for bucket, name in OBJECTS if _may(S3Objects(bucket, theirs).delete, name)},
        )
    )
    assert read == READS[part]
    assert wrote == gone == (READS[part] if part == "worker" else set())


@pytest.mark.parametrize("part", list(READS))
def test_no_part_may_remove_a_version_or_change_a_bucket(s3: Any, part: str) -> None:
    s3.put_object(Bucket=SEALED, Key="releases/rel-1/package.zip", Body=b"x")
    (kept,) = versions(s3, SEALED)
    theirs = _as(part)
    for call in (
        lambda: theirs.delete_object(Bucket=SEALED, Key="releases/rel-1/package.zip", VersionId=kept),
        lambda: theirs.put_bucket_policy(Bucket=SEALED, Policy=json.dumps(bucket_policy(SEALED))),
        lambda: theirs.delete_bucket(Bucket=RECORDS),
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            _enforced(call)


def test_one_bucket_for_both_is_refused() -> None:
    with pytest.raises(ValueError, match="two buckets"):
        policies("one", "one")


def test_the_policy_of_a_bucket_is_one_that_the_service_takes(s3: Any) -> None:
    for bucket in (RECORDS, SEALED):
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(bucket_policy(bucket)))
        kept = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
        assert {statement["Effect"] for statement in kept["Statement"]} == {"Deny"}


def _may(call: Any, *given: Any) -> bool:
    try:
        call(*given)
    except StoreUnavailable as refused:
        if str(refused) not in {"AccessDenied", "403"}:
            raise
        return False
    return True
