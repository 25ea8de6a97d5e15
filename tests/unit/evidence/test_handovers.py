"""Which keys are believed: those before, those after, never what a thief of an old one names."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.evidence.handovers import EVENT, Handover, believed, read, recorded

KEYS = [Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in range(5)]
NAMES = [key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex() for key in KEYS]


def handed(old: int, new: int, number: int = 1, by_old: int | None = None, by_new: int | None = None) -> Handover:
    """From one key to another; signed by them, or by others."""
    bare = Handover(number, "2026-11-23T09:00:00+00:00", NAMES[old], NAMES[new])
    signers = (KEYS[old if by_old is None else by_old], KEYS[new if by_new is None else by_new])
    return read(
        bare.shown() | dict(zip(("by_old", "by_new"), (k.sign(bare.body()).hex() for k in signers), strict=True))
    )


CHAIN = [handed(0, 1), handed(1, 2, 2), handed(2, 3, 3)]


@pytest.mark.parametrize("key", range(4))
def test_every_key_of_a_chain_believes_all_of_it(key: int) -> None:
    assert believed(NAMES[key], CHAIN) == set(NAMES[:4])


def test_one_signature_is_not_enough() -> None:
    for each in (handed(0, 1, by_old=4), handed(0, 1, by_new=4)):
        assert not each.holds()
        assert believed(NAMES[0], [each]) == {NAMES[0]}
        assert believed(NAMES[1], [each]) == {NAMES[1]}


def test_what_a_thief_of_an_old_key_names_is_never_believed_by_who_has_the_newest() -> None:
    theft = handed(1, 4, 2)
    assert theft.holds(), "the thief has both keys"
    assert believed(NAMES[3], [*CHAIN, theft]) == set(NAMES[:4])
    assert believed(NAMES[1], [*CHAIN, theft]) == {NAMES[0], NAMES[1]}, "two successors: neither is believed"


def test_circles_end() -> None:
    assert believed(NAMES[0], [handed(0, 1), handed(1, 0, 2)]) == {NAMES[0], NAMES[1]}


@pytest.mark.parametrize(
    "change", [{"number": 2}, {"at": "2026-11-24T09:00:00+00:00"}, {"old": NAMES[4]}, {"by_new": "zz"}]
)
def test_every_word_of_it_is_signed(change: dict[str, Any]) -> None:
    assert not read(CHAIN[0].shown() | change).holds()


@pytest.mark.parametrize("odd", [None, [], {}, {**CHAIN[0].shown(), "number": "1"}, {**CHAIN[0].shown(), "old": 1}])
def test_what_is_no_handover_is_refused(odd: Any) -> None:
    with pytest.raises(ValueError, match="not a handover"):
        read(odd)


def test_rows_that_hold_none_are_passed_over() -> None:
    odd = ["", "{", "[]", "[" * 100_000, json.dumps({"old": 1}), handed(0, 1, by_old=4).reason()]
    rows = [{"seq": seq, "event": EVENT, "reason": reason} for seq, reason in enumerate([*odd, CHAIN[0].reason()], 1)]
    assert recorded([*rows, {"seq": 9, "event": "another", "reason": CHAIN[1].reason()}]) == {len(odd) + 1: CHAIN[0]}
