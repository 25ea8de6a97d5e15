"""That a log only grew from one signed checkpoint to a later one, shown without any row of it (RFC 6962, 2.1.2).

For whoever may keep checkpoints and may not read the log. The path holds hashes only. Pure.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.evidence import merkle
from gateway.evidence.checkpoints import Checkpoint, is_signed_by, leaf_of, read

FORMAT = "tre-gateway audit growth v1"
_HASH_BYTES = 32


@dataclass(frozen=True)
class GrowthProof:
    """Two checkpoints, and the hashes that lead from the root of the first to the root of the second."""

    before: Checkpoint
    after: Checkpoint
    path: tuple[str, ...]

    def shown(self) -> dict[str, Any]:
        """As it is handed on."""
        told = {"format": FORMAT, "path": list(self.path)}
        return {**told, "before": self.before.shown(), "after": self.after.shown()}


def prove_growth(rows: Sequence[Mapping[str, Any]], before: Checkpoint, after: Checkpoint) -> GrowthProof:
    """The proof from the first to the second. Raises ValueError when rows are missing."""
    if not before.size <= after.size <= len(rows):
        raise ValueError("the rows do not reach from the one to the other")
    path = merkle.consistency(before.size, [leaf_of(row) for row in rows[: after.size]])
    return GrowthProof(before, after, tuple(each.hex() for each in path))


def read_growth(told: Any) -> GrowthProof:
    """A proof from its JSON. Raises ValueError for anything else."""
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise ValueError("not a proof")
    path = told.get("path")
    if not isinstance(path, list) or not all(isinstance(each, str) for each in path):
        raise ValueError("not a proof")
    return GrowthProof(read(told.get("before")), read(told.get("after")), tuple(path))


def why_not_grown(proof: GrowthProof, keys: Collection[str]) -> str | None:
    """None when the second log begins with the whole first one and one of these keys signed both, else why not."""
    for checkpoint in (proof.before, proof.after):
        if not is_signed_by(checkpoint, keys):
            return f"the checkpoint of {checkpoint.size} rows has no valid signature of this key"
    try:
        path = [bytes.fromhex(each) for each in proof.path]
        earlier, later = bytes.fromhex(proof.before.root), bytes.fromhex(proof.after.root)
    except ValueError:
        return "the proof is damaged"
    if any(len(each) != _HASH_BYTES for each in path):
        return "the proof is damaged"
    if not merkle.is_consistent(proof.before.size, proof.after.size, earlier, later, path):
        return f"the log of {proof.after.size} rows does not begin with those {proof.before.size} rows"
    return None
