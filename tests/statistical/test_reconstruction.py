"""An outsider with every package of a full grant: what they can see at all, and how well they guess from it."""

import json
import zipfile
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest

from disclosure import noise
from disclosure.accounting import convert_grant
from disclosure.release import draw
from gateway.evidence.package import make_package
from infra.audit import cases, reconstruct, seam
from infra.audit.faults import many_rows
from infra.audit.programs import chambers
from infra.audit.search import Place
from tests.factories.neighbours import people

ABOUT = {"mark": "BLIND", "project_title": "Audit", "release_id": "R-1", "artefact_digest": "ab" * 32}
GRANTED = convert_grant(reconstruct.EPSILON_MICRO, reconstruct.DELTA_E15)
TERMS = replace(cases.TERMS, delta_e15=GRANTED.delta_conv_e15, threshold_delta0_e15=GRANTED.delta0_e15 // 2)


def test_a_full_grant_is_spent_and_no_further():
    asked = reconstruct.full_grant(GRANTED, TERMS)
    spent = [seam.claim(request, TERMS) for request in asked]
    assert len({request.digest() for request in asked}) == len(asked) > 3
    assert sum(cost.micro_rho for cost in spent) <= GRANTED.micro_rho
    assert sum(cost.delta0_e15 for cost in spent) <= GRANTED.delta0_e15
    cheapest = min(seam.claim(request, TERMS).micro_rho for request in asked)
    assert GRANTED.micro_rho - sum(cost.micro_rho for cost in spent) < cheapest


def always(part):
    """What is drawn, whatever the people: of a threshold nothing, of each choice the second candidate."""
    if part.mechanism == noise.CHOICE:
        return np.ones(part.vector.size // part.candidates, dtype=np.int64)
    return part.vector * 0 if part.threshold else np.full_like(part.vector, 60)


def test_a_package_tells_nothing_but_noisy_numbers(monkeypatch):
    """The whole package, byte for byte, is the same for other people where the noisy numbers are."""
    request = cases.request_of(*(case.kind for case in cases.cases()))
    place = Place(request, cases.TERMS)

    def packed(files):
        return make_package(json.loads(draw(request, cases.TERMS, files, chambers=chambers).to_bytes()), ABOUT)

    monkeypatch.setattr(noise, "add_noise", lambda parts: [always(part) for part in parts])
    found = {place.with_files(present, packed) for present in (many_rows(), people(place), [])}
    assert len(found) == 1
    assert len(zipfile.ZipFile(BytesIO(found.pop())).namelist()) >= 3


def test_a_guess_is_held_against_what_is_allowed():
    fair = reconstruct.Guessing(1, 1, 1, right=550, trials=1_000, allowed=0.7, allowed_by_rho=0.6)
    assert fair.holds
    assert fair.at_least < 0.55
    for right in (720, 800):
        assert not replace(fair, right=right).holds
    assert replace(fair, right=760, allowed=0.8, allowed_by_rho=0.8).holds
    assert not replace(fair, right=790, allowed_by_rho=0.9).holds  # (ε, δ) is refuted by itself


@pytest.mark.slow
def test_guesses_are_no_better_than_the_grant_allows_and_uncharged_draws_are():
    person, *others = many_rows(4)
    fair = reconstruct.guess(person, others, trials=4_000)
    assert fair.holds
    assert fair.right / fair.trials > 0.5  # the attack is one
    assert not reconstruct.guess(person, others, trials=2_000, forgotten=10).holds
