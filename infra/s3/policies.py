"""Who may do what in the two buckets: records, which must forget, and sealed things, which must not.

The pages need released packages only; the worker needs records and may add what is sealed; an auditor reads the
evidence; nobody may remove a version or lift a lock. Statements are IAM policy JSON (version 2012-10-17).
"""

from collections.abc import Mapping, Sequence
from typing import Any

Statement = Mapping[str, Any]

RECORDS = ("snapshots/*", "erasures/*", "trial/*")
NOTES = ("spends/*", "tombstones/*", "lists/*", "handovers/*")
SEALED = ("releases/*", "manifests/*", "checkpoints/*", *NOTES, "trial/*")
EVIDENCE = ("manifests/*", "checkpoints/*", "releases/*", *NOTES)
NEVER = (
    "s3:BypassGovernanceRetention",
    "s3:DeleteObjectVersion",
    "s3:PutBucketObjectLockConfiguration",
    "s3:PutBucketVersioning",
    "s3:PutBucketPolicy",
    "s3:DeleteBucket",
)


def policies(records: str, sealed: str) -> dict[str, dict[str, Any]]:
    """The policy of each part: `web`, `worker`, `auditor`; two different buckets. Raises ValueError for one."""
    if records == sealed:
        raise ValueError("records must be forgotten and sealed things kept: two buckets")
    return {
        "web": _policy(_allow(["s3:GetObject"], sealed, ["releases/*"])),
        "worker": _policy(
            _allow(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], records, RECORDS),
            _allow(["s3:GetObject", "s3:PutObject", "s3:PutObjectRetention", "s3:DeleteObject"], sealed, SEALED),
            _listing(records, sealed),
        ),
        "auditor": _policy(_allow(["s3:GetObject"], sealed, EVIDENCE), _listing(sealed)),
    }


def bucket_policy(bucket: str) -> dict[str, Any]:
    """What nobody may do in a bucket, whatever their own policy says: speak in the clear, undo a lock or a version."""
    everything = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    clear = {"Bool": {"aws:SecureTransport": "false"}}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": everything, "Condition": clear},
            {"Effect": "Deny", "Principal": "*", "Action": list(NEVER), "Resource": everything},
        ],
    }


def _policy(*statements: Statement) -> dict[str, Any]:
    denied = {"Effect": "Deny", "Action": list(NEVER), "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [*statements, denied]}


def _allow(actions: Sequence[str], bucket: str, names: Sequence[str]) -> Statement:
    return {
        "Effect": "Allow",
        "Action": list(actions),
        "Resource": [f"arn:aws:s3:::{bucket}/{name}" for name in names],
    }


def _listing(*buckets: str) -> Statement:
    return {"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": [f"arn:aws:s3:::{name}" for name in buckets]}
