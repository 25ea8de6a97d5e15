"""That one row stands in the log under a signed checkpoint, shown without any other row (RFC 6962, 2.1.1).

The path holds hashes only. Pure, so that an outsider checks a proof with it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.evidence import merkle
from gateway.evidence.chain import row_hash
from gateway.evidence.checkpoints import Checkpoint, is_signed_by, leaf_of, read

FORMAT = "tre-gateway audit proof v1"


@dataclass(frozen=True)
class RowProof:
    """One row, the hashes from it up to the root, and the checkpoint that signs the root."""

    row: Mapping[str, Any]
    path: tuple[str, ...]
    checkpoint: Checkpoint

    def shown(self) -> dict[str, Any]:
        """As it is handed on."""
        told = {"format": FORMAT, "row": dict(self.row), "path": list(self.path)}
        return {**told, "checkpoint": self.checkpoint.shown()}


def prove(rows: Sequence[Mapping[str, Any]], seq: int, checkpoint: Checkpoint) -> RowProof:
    """The proof of the row of that number (from 1). Raises ValueError when the checkpoint does not reach it."""
    if not 1 <= seq <= checkpoint.size <= len(rows):
        raise ValueError("the checkpoint does not reach this row")
    leaves = [leaf_of(row) for row in rows[: checkpoint.size]]
    path = tuple(each.hex() for each in merkle.inclusion(seq - 1, leaves))
    return RowProof(rows[seq - 1], path, checkpoint)


def read_proof(told: Any) -> RowProof:
    """A proof from its JSON. Raises ValueError for anything else."""
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise ValueError("not a proof")
    row, path, checkpoint = told.get("row"), told.get("path"), told.get("checkpoint")
    if not isinstance(row, dict) or not isinstance(path, list) or not all(isinstance(each, str) for each in path):
        raise ValueError("not a proof")
    return RowProof(row, tuple(path), read(checkpoint))


def why_not(proof: RowProof, keys: Collection[str]) -> str | None:
    """None when the row is in the log that one of these keys signed, else why that is not shown."""
    if not is_signed_by(proof.checkpoint, keys):
        return "the checkpoint has no valid signature of this key"
    if proof.row.get("hash") != row_hash(proof.row):
        return "the row was changed"
    if not _leads_to_root(proof):
        return "the row is not in the log that was signed"
    return None


def _leads_to_root(proof: RowProof) -> bool:
    seq, checkpoint = proof.row.get("seq"), proof.checkpoint
    try:
        path, root = [bytes.fromhex(each) for each in proof.path], bytes.fromhex(checkpoint.root)
    except ValueError:
        return False
    return type(seq) is int and merkle.is_included(leaf_of(proof.row), seq - 1, checkpoint.size, path, root)
