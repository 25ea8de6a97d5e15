"""Merkle trees over the rows of a log, as in RFC 6962 section 2.1: roots, inclusion and consistency proofs.

Leaves and nodes are SHA-256 digests (32 bytes). Pure: an outsider needs this file and the proofs, nothing else.
"""

from collections.abc import Sequence
from hashlib import sha256

EMPTY = sha256(b"").digest()


def leaf(data: bytes) -> bytes:
    """The hash of an entry; the prefix keeps entries and nodes apart."""
    return sha256(b"\x00" + data).digest()


def node(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """The right edge of a growing tree: one root per perfect subtree, the largest first (at most log2 of its size)."""

    def __init__(self, size: int = 0, edge: Sequence[bytes] = ()) -> None:
        if len(edge) != size.bit_count():
            raise ValueError("a frontier holds one root per bit of its size")
        self.size, self.edge = size, list(edge)

    def add(self, hashed: bytes) -> None:
        """One more leaf: subtrees of equal size become one."""
        self.size += 1
        joined, rest = hashed, self.size
        while rest % 2 == 0:
            joined, rest = node(self.edge.pop(), joined), rest // 2
        self.edge.append(joined)

    def root(self) -> bytes:
        """The hash of the whole tree."""
        if not self.edge:
            return EMPTY
        joined = self.edge[-1]
        for left in reversed(self.edge[:-1]):
            joined = node(left, joined)
        return joined


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes."""
    edge = Frontier()
    for each in leaves:
        edge.add(each)
    return edge.root()


def _split(size: int) -> int:
    """The largest power of two below the size."""
    return 1 << (size - 1).bit_length() - 1


def inclusion(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """The audit path of one leaf, from its neighbour up to the root (RFC 6962, 2.1.1)."""
    if not 0 <= index < len(leaves):
        raise ValueError("there is no such leaf")
    if len(leaves) == 1:
        return []
    middle = _split(len(leaves))
    if index < middle:
        return [*inclusion(index, leaves[:middle]), root(leaves[middle:])]
    return [*inclusion(index - middle, leaves[middle:]), root(leaves[:middle])]


def is_included(hashed: bytes, index: int, size: int, path: Sequence[bytes], whole: bytes) -> bool:
    """True when that leaf stands at that place of the tree with that root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, joined = index, size - 1, hashed
    for each in path:
        if last == 0:
            return False
        if place % 2 or place == last:
            joined = node(each, joined)
            while place % 2 == 0 and place:
                place, last = place >> 1, last >> 1
        else:
            joined = node(joined, each)
        place, last = place >> 1, last >> 1
    return last == 0 and joined == whole


def consistency(size: int, leaves: Sequence[bytes]) -> list[bytes]:
    """The proof that the first `size` leaves were only added to (RFC 6962, 2.1.2)."""
    if not 0 < size <= len(leaves):
        raise ValueError("a proof is about an earlier tree that is not empty")
    return _consistency(size, leaves, known=True)


def _consistency(size: int, leaves: Sequence[bytes], *, known: bool) -> list[bytes]:
    if size == len(leaves):
        return [] if known else [root(leaves)]
    middle = _split(len(leaves))
    if size <= middle:
        return [*_consistency(size, leaves[:middle], known=known), root(leaves[middle:])]
    return [*_consistency(size - middle, leaves[middle:], known=False), root(leaves[:middle])]


def is_consistent(before: int, after: int, earlier: bytes, later: bytes, path: Sequence[bytes]) -> bool:
    """True when the later tree holds the earlier one unchanged at its beginning (RFC 9162, 2.1.4.2)."""
    if before == after:
        return not path and earlier == later
    if not 0 < before < after:
        return False
    steps = [earlier, *path] if before.bit_count() == 1 else list(path)
    if not steps:
        return False
    place, last = before - 1, after - 1
    while place % 2:
        place, last = place >> 1, last >> 1
    old = new = steps[0]
    for each in steps[1:]:
        if last == 0:
            return False
        if place % 2 or place == last:
            old, new = node(each, old), node(each, new)
            while place % 2 == 0 and place:
                place, last = place >> 1, last >> 1
        else:
            new = node(new, each)
        place, last = place >> 1, last >> 1
    return last == 0 and old == earlier and new == later
