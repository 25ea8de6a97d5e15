"""Everybody left out in turn, over the whole path; what changes is held against what every statistic claims.

Deliveries are loaded, opt-outs applied, the snapshot built (with other numbers for those who are left), the view
proven and drawn up to its noise. Faults planted in the build must show here.
"""

import numpy as np
import pytest

from infra.audit import cases, seam
from infra.audit.faults import many_rows
from infra.audit.search import change, one_by_one, shares
from tests.factories.neighbours import PEOPLE, Vault, large, people
from workspaces.snapshots import deidentify

pytestmark = pytest.mark.slow
KINDS = tuple(case.kind for case in cases.cases())
REQUEST = cases.request_of(*KINDS)
CLAIMED = seam.claim(REQUEST, cases.TERMS).contributions
PLACE = Vault(REQUEST, cases.TERMS)


def shares_by_kind(present):
    found = shares(one_by_one(PLACE, present), CLAIMED)
    return {kind: found[position] for position, kind in enumerate(KINDS)}


def test_nobody_moves_a_statistic_further_than_it_claims():
    found = shares_by_kind(people(PLACE))
    assert all(share <= 1 for share in found.values()), found
    assert all(found.values()), f"nobody moves {[kind for kind, share in found.items() if not share]}: nothing is shown"


def test_sampling_keys_that_follow_the_dense_number_are_caught(monkeypatch):
    real = deidentify.keyed

    def by_rank(numbers, key):
        keys = real(numbers, key)
        return np.argsort(np.argsort(keys)).astype(np.uint64) if key != bytes(range(1, 33)) else keys

    present = [
        type(person)(100 + position, {**person.rows, "person": [{"sex": "female"}]})
        for position, person in enumerate(many_rows(6))
    ]
    assert max(shares_by_kind(present).values()) <= 1
    monkeypatch.setattr(deidentify, "keyed", by_rank)
    assert max(shares_by_kind(present).values()) > 1


def test_a_build_that_drops_rare_diagnoses_is_caught(monkeypatch):
    ill = {"condition_concept_id": cases.HYPERTENSION, "condition_start_date": "2024-01-01"}
    rows = {"person": [{"sex": "male"}], "condition_occurrence": [ill], "drug_exposure": [], "measurement": []}
    present = [type(person)(100 + place, rows) for place, person in enumerate(many_rows(4))]
    assert shares_by_kind(present)["proportion"] == 1
    rare = "CASE WHEN count(*) OVER (PARTITION BY condition_concept_id) >= 4 THEN condition_concept_id ELSE 0 END"
    monkeypatch.setitem(deidentify.RULES["condition_occurrence"], "condition_concept_id", rare)
    assert shares_by_kind(present)["proportion"] > 1


def test_nobody_moves_a_statistic_further_in_a_snapshot_of_320_000_rows(tmp_path):
    whole = seam.exact(REQUEST, cases.TERMS, large(tmp_path / "whole"))
    again = seam.exact(REQUEST, cases.TERMS, large(tmp_path / "again"))
    assert all(np.array_equal(one.vector, other.vector) for one, other in zip(whole, again, strict=True))
    for without in (0, 1, PEOPLE // 2, PEOPLE - 1):
        parts = seam.exact(REQUEST, cases.TERMS, large(tmp_path / str(without), without=without))
        for kind, claimed, here, there in zip(KINDS, CLAIMED, whole, parts, strict=True):
            assert 0 <= change(here, there).of(claimed) <= 1, (kind, without)
        assert any(not np.array_equal(one.vector, other.vector) for one, other in zip(whole, parts, strict=True))
