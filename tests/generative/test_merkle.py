"""Merkle trees against the definition of RFC 6962, its published vectors, and every forged proof near a true one."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.evidence import merkle

# the entries and roots of the reference implementation of Certificate Transparency (merkle_tree_test)
ENTRIES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
sizes = st.integers(1, 40)


def leaves(count):
    return [merkle.leaf(number.to_bytes(4, "big")) for number in range(count)]


def plain_root(hashes):
    """The definition, word by word."""
    if not hashes:
        return sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    middle = 1
    while middle * 2 < len(hashes):
        middle *= 2
    return sha256(b"\x01" + plain_root(hashes[:middle]) + plain_root(hashes[middle:])).digest()


@pytest.mark.parametrize("size", range(1, 9))
def test_published_roots(size):
    assert merkle.root([merkle.leaf(entry) for entry in ENTRIES[:size]]).hex() == ROOTS[size - 1]


@given(st.integers(0, 70))
def test_a_root_is_the_definitions(size):
    assert merkle.root(leaves(size)) == plain_root(leaves(size))


@given(sizes, sizes)
def test_a_frontier_goes_on_where_it_was_left(first, more):
    edge = merkle.Frontier()
    for each in leaves(first):
        edge.add(each)
    again = merkle.Frontier(edge.size, edge.edge)
    for each in leaves(first + more)[first:]:
        again.add(each)
    assert again.root() == plain_root(leaves(first + more))


@given(sizes, st.data())
def test_an_entry_is_where_it_is_and_nowhere_else(size, data):
    index, all_ = data.draw(st.integers(0, size - 1)), leaves(size)
    path, whole = merkle.inclusion(index, all_), merkle.root(all_)
    assert merkle.is_included(all_[index], index, size, path, whole)
    other = data.draw(st.integers(-1, size))
    if other != index:
        assert not merkle.is_included(all_[index], other, size, path, whole)
    assert not merkle.is_included(merkle.leaf(b"another"), index, size, path, whole)
    assert not merkle.is_included(all_[index], index, size, [*path, whole], whole)
    for place in range(len(path)):
        assert not merkle.is_included(all_[index], index, size, path[:place] + path[place + 1 :], whole)
        assert not merkle.is_included(all_[index], index, size, [*path[:place], b"x" * 32, *path[place + 1 :]], whole)


@given(sizes, st.data())
def test_a_log_only_grows(after, data):
    before, all_ = data.draw(st.integers(1, after)), leaves(after)
    path = merkle.consistency(before, all_)
    earlier, later = merkle.root(all_[:before]), merkle.root(all_)
    assert merkle.is_consistent(before, after, earlier, later, path)
    changed = merkle.root([merkle.leaf(b"rewritten"), *all_[1:before]])
    assert not merkle.is_consistent(before, after, changed, later, path)
    assert not merkle.is_consistent(before, after, earlier, changed, path) or changed == later
    assert not merkle.is_consistent(before, after, earlier, later, [*path, later])
    for place in range(len(path)):
        assert not merkle.is_consistent(before, after, earlier, later, path[:place] + path[place + 1 :])
        forged = [*path[:place], b"x" * 32, *path[place + 1 :]]
        assert not merkle.is_consistent(before, after, earlier, later, forged)


@pytest.mark.parametrize(("before", "after"), [(0, 3), (4, 3), (-1, 3)])
def test_no_proof_of_what_was_never_there(before, after):
    with pytest.raises(ValueError, match="earlier tree"):
        merkle.consistency(before, leaves(after))
    assert not merkle.is_consistent(before, after, merkle.EMPTY, merkle.root(leaves(after)), [])


def test_no_place_outside_and_no_frontier_of_another_size():
    with pytest.raises(ValueError, match="no such leaf"):
        merkle.inclusion(3, leaves(3))
    with pytest.raises(ValueError, match="one root per bit"):
        merkle.Frontier(3, [b"x" * 32])
