"""The audit chain holds, and names the row where it does not."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.evidence.chain import GENESIS, row_hash, verify


def chain(count: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    previous = GENESIS
    for seq in range(1, count + 1):
        row: dict[str, Any] = {"seq": seq, "event": f"thing:done{seq}", "previous": previous, "roles": ["LEAD"]}
        row["hash"] = previous = row_hash(row)
        rows.append(row)
    return rows


def test_a_whole_chain_holds() -> None:
    rows = chain(7)
    found = verify(rows, rows[-1]["hash"])
    assert (found.rows, found.head, found.broken_at) == (7, rows[-1]["hash"], None)


@given(st.integers(1, 9), st.sampled_from(["event", "roles", "previous", "hash", "seq"]))
def test_a_changed_row_is_named(place: int, field: str) -> None:
    rows = chain(9)
    rows[place - 1][field] = 99 if field == "seq" else "changed"
    assert verify(rows).broken_at == place


@pytest.mark.parametrize("place", [1, 4, 8])
def test_a_lost_row_is_named(place: int) -> None:
    rows = chain(9)
    del rows[place - 1]
    assert verify(rows).broken_at == place


def test_rows_cut_from_the_end_are_noticed_with_a_head() -> None:
    rows = chain(9)
    assert verify(rows[:6]).broken_at is None
    assert verify(rows[:6], rows[-1]["hash"]).broken_at == 7


def test_swapped_rows_are_named() -> None:
    rows = chain(5)
    rows[1], rows[2] = rows[2], rows[1]
    assert verify(rows).broken_at == 2
