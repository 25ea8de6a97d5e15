"""Signed checkpoints of the audit log: how many rows it had, and their Merkle root, under the gateway's Ed25519 key.

Whoever rewrites the log makes the hash chain anew with ease; not the signature, nor the copies that others kept.
Pure, so that an outsider verifies an export with it.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gateway.evidence import merkle
from gateway.evidence.chain import Verdict
from gateway.evidence.handovers import Handover, believed, recorded
from gateway.evidence.restorations import excused

FORMAT = "tre-gateway audit checkpoint v1"


@dataclass(frozen=True)
class Checkpoint:
    """`root`, `public_key` and `signature` are hexadecimal; `at` is ISO 8601 in UTC; `size` counts rows."""

    size: int
    root: str
    at: str
    public_key: str
    signature: str

    def body(self) -> bytes:
        """What is signed: canonical JSON of everything but the signature."""
        told = {"format": FORMAT, "size": self.size, "root": self.root, "at": self.at, "public_key": self.public_key}
        return json.dumps(told, sort_keys=True, separators=(",", ":")).encode()

    def shown(self) -> dict[str, Any]:
        """As it is exported and published."""
        return asdict(self)


def read(told: Any) -> Checkpoint:
    """A checkpoint from its JSON. Raises ValueError for anything else."""
    if not isinstance(told, Mapping):
        raise ValueError("not a checkpoint")
    texts = {name: told.get(name) for name in ("root", "at", "public_key", "signature")}
    size = told.get("size")
    if type(size) is not int or size < 1 or not all(isinstance(text, str) for text in texts.values()):
        raise ValueError("not a checkpoint")
    return Checkpoint(size=size, **{name: str(text) for name, text in texts.items()})


def is_signed(checkpoint: Checkpoint, public_key: str) -> bool:
    """True when this key signed it."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(checkpoint.signature), checkpoint.body())
    except (InvalidSignature, ValueError):
        return False
    return checkpoint.public_key == public_key


def is_signed_by(checkpoint: Checkpoint, keys: Collection[str]) -> bool:
    """True when one of these keys signed it."""
    return checkpoint.public_key in keys and is_signed(checkpoint, checkpoint.public_key)


def leaf_of(row: Mapping[str, Any]) -> bytes:
    """The leaf of a row of the log: its hash, which covers everything in it."""
    return merkle.leaf(bytes.fromhex(str(row["hash"])))


def verify_checkpoints(
    rows: Sequence[Mapping[str, Any]],
    checkpoints: Iterable[Checkpoint],
    public_key: str,
    handovers: Iterable[Handover] = (),
) -> Verdict | None:
    """Hold a log whose chain holds to its checkpoints; None when all agree, else where and why it does not.

    Rows behind the newest checkpoint are held by the chain alone. A checkpoint that a restore gave up, and that the
    log's signed row names, need not agree; it must be signed all the same. Keys that this one followed, or was
    followed by, are believed as the log's rows say (and `handovers` from elsewhere), each up to its own end.
    """
    said = recorded(rows)
    keys = believed(public_key, [*said.values(), *handovers])
    ends = {handover.old: seq for seq, handover in said.items()}
    edge, given_up = merkle.Frontier(), excused(rows, keys)
    for size, signed in groupby(sorted(checkpoints, key=lambda each: each.size), key=lambda each: each.size):
        kept = edge.size
        for row in rows[kept:size]:
            edge.add(leaf_of(row))
        for checkpoint in signed:  # the log's own, and what others kept of the same size
            if not is_signed_by(checkpoint, keys):
                return _broken(rows, size, f"the checkpoint of {size} rows has no valid signature of this key")
            if (size, checkpoint.root) in given_up:
                continue
            if size >= ends.get(checkpoint.public_key, size + 1):
                return _broken(rows, size, f"the checkpoint of {size} rows is under a key that had ended before")
            if size > len(rows):
                why = f"rows are missing at the end: a checkpoint was signed over {size}"
                return _broken(rows, len(rows) + 1, why)
            if edge.root().hex() != checkpoint.root:
                why = f"rows were rewritten or re-ordered after they were signed, between row {kept + 1} and row {size}"
                return _broken(rows, kept + 1, why)
    return None


def _broken(rows: Sequence[Mapping[str, Any]], at: int, why: str) -> Verdict:
    return Verdict(len(rows), str(rows[-1]["hash"]) if rows else "", at, why)
