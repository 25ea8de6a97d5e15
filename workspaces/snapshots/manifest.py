"""The manifest of a snapshot: canonical JSON, signed, stored last. It holds exact counts and stays inside (P9)."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import duckdb
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from workspaces.catalogue.errors import Invalid
from workspaces.intake.codes import mapping_version
from workspaces.intake.deliveries import fingerprint
from workspaces.intake.vault import Load
from workspaces.opt_outs.list import OptOutList

if TYPE_CHECKING:
    from workspaces.snapshots.deidentify import PseudonymKey
    from workspaces.snapshots.minimise import Written
    from workspaces.snapshots.plan import SnapshotPlan, Step

FORMAT = "snapshot-manifest/1"


def canonical(content: Any) -> bytes:
    """JSON with sorted keys, no spaces, UTF-8: equal content gives equal bytes."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def describe(
    plan: "SnapshotPlan",
    loads: tuple[Load, ...],
    opt_outs: OptOutList,
    pseudonyms: "PseudonymKey",
    steps: tuple["Step", ...],
    exempted: int,
    tables: Mapping[str, "Written"],
    risk: dict[str, Any],
    now: datetime,
) -> bytes:
    """What was built, from what, by what, with exact counts: the canonical bytes of a manifest."""
    return canonical(
        {
            "format": FORMAT,
            "built_at": now.isoformat(),
            "plan": plan.describe(),
            "plan_digest": plan.digest,
            "versions": {"code": plan.code_version, "mapping": mapping_version(), "duckdb": duckdb.__version__},
            "pseudonym_key_id": pseudonyms.id,
            "sources": [_source(load) for load in loads],
            "opt_out_list": {"receipt": opt_outs.receipt.describe(), "digest": opt_outs.digest},
            "steps": [asdict(step) for step in steps],
            "people": steps[-1].people_out,
            **({"exempted": exempted} if plan.exemption else {}),
            "tables": {name: _table(written) for name, written in sorted(tables.items())},
            "risk": risk,
        }
    )


def _source(load: Load) -> dict[str, Any]:
    return {
        "organisation": load.source["organisation"],
        "format": load.source["format"],
        "standing": load.source["standing"],
        "receipt": load.source["receipt"],
        "digest": load.digest,
        "revision": load.revision,
        "extract_date": load.extract_date,
        "rows": load.rows,
        "quarantined": load.quarantined,
    }


def _table(written: "Written") -> dict[str, Any]:
    return {
        "columns": list(written.columns),
        "rows_in": written.rows_in,
        "rows": written.rows,
        "bytes": written.path.stat().st_size,
        "sha256": fingerprint(written.path),
    }


def digest_of(manifest: bytes) -> str:
    """SHA-256 of its bytes, as hexadecimal text."""
    return sha256(manifest).hexdigest()


def check_signature(*, manifest: bytes, signature: bytes, public_key: bytes) -> None:
    """`Invalid` unless the Ed25519 signature is the gateway's; `public_key` is 32 raw bytes."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, manifest)
    except InvalidSignature:
        raise Invalid(
            "snapshot:signature_wrong",
            "The manifest does not bear this gateway's signature.",
            "Treat the snapshot as tampered with; tell the IG officer.",
        ) from None
