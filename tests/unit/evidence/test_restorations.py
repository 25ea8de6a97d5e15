"""A log that was put back from a backup holds with its checkpoints; one that was cut off or rewritten does not."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.evidence import chain
from gateway.evidence.checkpoints import Checkpoint, leaf_of, verify_checkpoints
from gateway.evidence.merkle import root
from gateway.evidence.restorations import EVENT, Restoration, excused

Rows = list[dict[str, Any]]
SIGNER, STRANGER = Ed25519PrivateKey.from_private_bytes(b"1" * 32), Ed25519PrivateKey.from_private_bytes(b"2" * 32)
KEY = SIGNER.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
KEPT = 5


def grown(rows: Rows, number: int, say: str, **fields: Any) -> Rows:
    rows = list(rows)
    for _ in range(number):
        seq = len(rows) + 1
        row = {"seq": seq, "event": say, "reason": "", "previous": rows[-1]["hash"] if rows else chain.GENESIS}
        rows.append({**row, **fields, "hash": chain.row_hash({**row, **fields})})
    return rows


def signed(rows: Rows, size: int) -> Checkpoint:
    unsigned = Checkpoint(size, root([leaf_of(row) for row in rows[:size]]).hex(), "2026-07-01T00:00:00Z", KEY, "")
    return Checkpoint(size, unsigned.root, unsigned.at, KEY, SIGNER.sign(unsigned.body()).hex())


def put_back(rows: Rows, abandoned: list[Checkpoint], signer: Ed25519PrivateKey = SIGNER) -> Rows:
    said = Restoration("b1", len(rows), rows[-1]["hash"], tuple((each.size, each.root) for each in abandoned))
    return grown(rows, 1, EVENT, reason=said.reason(signer.sign(said.body())))


before = grown([], KEPT, "before")
lost = grown(before, 7, "lost")
LOST = [signed(lost, 8), signed(lost, 12)]
KEPT_ONE = signed(before, 3)


def test_what_was_given_up_is_excused_and_new_checkpoints_hold() -> None:
    rows = grown(put_back(before, LOST), 9, "after")
    assert chain.verify(rows).broken_at is None
    assert verify_checkpoints(rows, [KEPT_ONE, *LOST, signed(rows, 8), signed(rows, len(rows))], KEY) is None
    assert json.loads(rows[KEPT]["reason"])["said"].endswith("at least 7 are lost.")


def test_also_while_the_log_is_still_shorter_than_before() -> None:
    rows = put_back(before, LOST)
    assert verify_checkpoints(rows, [KEPT_ONE, *LOST], KEY) is None


def test_a_checkpoint_that_the_row_does_not_name_is_missed() -> None:
    rows = grown(put_back(before, LOST[:1]), 9, "after")
    found = verify_checkpoints(rows, LOST, KEY)
    assert found is not None
    assert "rewritten" in found.why


@pytest.mark.parametrize("forged", ["stranger", "moved", "changed", "twice", "unreadable", "without"])
def test_nobody_without_the_key_excuses_anything(forged: str) -> None:
    rows = put_back(before, LOST)
    reason = rows[-1]["reason"]
    if forged == "stranger":
        rows = put_back(before, LOST, STRANGER)
    elif forged == "moved":  # a true row of another place in the log
        rows = grown(grown(before, 1, "between"), 1, EVENT, reason=reason)
    elif forged == "changed":
        rows = grown(before, 1, EVENT, reason=reason.replace("b1", "b2"))
    elif forged == "twice":  # over a rewritten past
        past = grown(grown([], 1, "another"), KEPT - 1, "before")
        rows = grown(past, 1, EVENT, reason=reason)
    elif forged == "unreadable":
        rows = grown(before, 1, EVENT, reason="[" * 2000)
    else:
        rows = before
    assert excused(rows, [KEY]) == frozenset()
    assert verify_checkpoints(rows, LOST, KEY) is not None


def test_rows_that_were_kept_are_never_excused() -> None:
    rows = put_back(before, [KEPT_ONE, *LOST])
    assert (KEPT_ONE.size, KEPT_ONE.root) not in excused(rows, [KEY])


def test_what_is_given_up_is_signed_all_the_same() -> None:
    rows = put_back(before, LOST)
    forged = Checkpoint(LOST[0].size, LOST[0].root, "later", KEY, LOST[0].signature)
    assert verify_checkpoints(rows, [forged], KEY) is not None


def test_a_restore_may_be_followed_by_another() -> None:
    first = grown(put_back(before, LOST), 4, "after")
    both = [*LOST, signed(first, 9)]
    rows = grown(put_back(first[:7], both), 3, "again")
    assert verify_checkpoints(rows, both, KEY) is None
    assert verify_checkpoints(rows, [signed(first, 10)], KEY) is not None
