"""How one signing key follows another: each names the other over both signatures, and the log keeps it as a row.

Whoever holds the newest key finds those before it; whoever kept an older one finds what came after. A key that is
named by two successors was used by somebody else as well: neither is believed. Pure.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

EVENT = "key:rotated"
FORMAT = "tre-gateway key handover v1"


@dataclass(frozen=True)
class Handover:
    """`old`, `new` and their signatures are hexadecimal; `number` counts from 1; `at` is ISO 8601 in UTC."""

    number: int
    at: str
    old: str
    new: str
    by_old: str = ""
    by_new: str = ""

    def body(self) -> bytes:
        """What both sign: canonical JSON of everything but the signatures."""
        told = {"format": FORMAT, "number": self.number, "at": self.at, "old": self.old, "new": self.new}
        return json.dumps(told, sort_keys=True, separators=(",", ":")).encode()

    def shown(self) -> dict[str, Any]:
        """As it is sealed and published."""
        return asdict(self)

    def reason(self) -> str:
        """As the row carries it: a sentence for people, then what was signed."""
        said = f"Key {self.old[:16]} signs nothing any more; {self.new[:16]} does."
        return json.dumps({"said": said, **self.shown()}, separators=(",", ":"))

    def holds(self) -> bool:
        """True when both keys signed it."""
        return _signed(self.old, self.by_old, self.body()) and _signed(self.new, self.by_new, self.body())


def read(told: Any) -> Handover:
    """A handover from its JSON. Raises ValueError for anything else."""
    if not isinstance(told, Mapping):
        raise ValueError("not a handover")
    texts = {name: told.get(name) for name in ("at", "old", "new", "by_old", "by_new")}
    number = told.get("number")
    if type(number) is not int or not all(isinstance(text, str) for text in texts.values()):
        raise ValueError("not a handover")
    return Handover(number=number, **{name: str(text) for name, text in texts.items()})


def recorded(rows: Iterable[Mapping[str, Any]]) -> dict[int, Handover]:
    """The handovers that rows of a log carry, by the row's number; rows that hold none are passed over."""
    found = {}
    for row in rows:
        if row.get("event") == EVENT:
            try:
                handover = read(json.loads(str(row["reason"])))
                found[int(row["seq"])] = handover
            except (ValueError, KeyError, TypeError, RecursionError):
                continue
    return {seq: handover for seq, handover in found.items() if handover.holds()}


def believed(key: str, handovers: Iterable[Handover]) -> frozenset[str]:
    """The key, every one before it, and what it was handed over to, as long as that is one key."""
    held = {each for each in handovers if each.holds()}
    return frozenset({*_before(key, held), *_after(key, held)})


def _before(key: str, held: set[Handover]) -> set[str]:
    found, new = {key}, {key}
    while new:
        new = {each.old for each in held if each.new in new} - found
        found |= new
    return found


def _after(key: str, held: set[Handover]) -> Sequence[str]:
    found = [key]
    while len(following := {each.new for each in held if each.old == found[-1]} - {*found}) == 1:
        found += following
    return found


def _signed(key: str, signature: str, body: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(bytes.fromhex(signature), body)
    except (InvalidSignature, ValueError):
        return False
    return True
