"""Most common codes: what stands above the threshold is named, the largest first; a person alone never is."""

from dataclasses import replace
from fractions import Fraction

import pytest

from disclosure.release import draw, price
from disclosure.requests import parse_request
from disclosure.thresholds import delta0, least_threshold
from tests.factories.worlds import write
from tests.spec.statistics.test_periods import TERMS
from workspaces.catalogue.concepts import CONDITIONS
from workspaces.catalogue.errors import Invalid

COMMON, RARE, SINGLE = CONDITIONS.values[0], CONDITIONS.values[3], CONDITIONS.values[5]
GRANTED = replace(TERMS, threshold_delta0_e15=100_000)


def asked(epsilon="1"):
    return parse_request(
        {
            "title": "Most common diagnoses",
            "view": {"sql": "SELECT person_id, sex FROM person"},
            "epsilon": epsilon,
            "statistics": [
                {
                    "name": "common",
                    "kind": "codes",
                    "events": {"table": "condition_occurrence", "split": "condition_concept_id", "at_most": 2},
                }
            ],
        }
    )


def world():
    """A code for all of 400 people, one for 200, and one for a single person; a code without a name for all."""
    rows = [(person, COMMON) for person in range(1, 401)] + [(person, RARE) for person in range(1, 201)]
    rows += [(1, SINGLE)] + [(person, COMMON + 1) for person in range(1, 401)]
    return {
        "person": [{"person_id": person, "sex": "male"} for person in range(1, 401)],
        "condition_occurrence": [{"person_id": person, "condition_concept_id": code} for person, code in rows],
    }


def test_the_common_ones_are_named_the_largest_first(tmp_path):
    artefact = draw(asked(), GRANTED, write(world(), tmp_path))
    named = [cell["keys"]["condition_concept_id"] for cell in artefact.cells]
    assert named == [str(COMMON), str(RARE)]
    statistic = artefact.body["statistics"][0]
    threshold = statistic["threshold"]
    assert all(cell["value"] > threshold for cell in artefact.cells)
    assert artefact.cells[0]["labels"]["condition_concept_id"] == CONDITIONS.label(COMMON)
    assert artefact.body["delta0_e15"] == statistic["delta0_e15"] == price(asked(), GRANTED).delta0_e15


def test_nobody_has_any_is_an_answer(tmp_path):
    assert draw(asked(), GRANTED, write({}, tmp_path)).cells == []


def test_what_the_threshold_costs_is_charged_and_no_more_than_is_granted():
    line = price(asked(), GRANTED).lines[0]
    assert 0 < line.delta0_e15 <= GRANTED.threshold_delta0_e15
    assert line.threshold == least_threshold(line.scale, 2, 100_000)
    assert delta0(line.scale, line.threshold - 1, 2) > 100_000
    wider = price(asked("0.2"), GRANTED).lines[0]
    assert wider.threshold > line.threshold
    assert wider.scale > line.scale


def test_a_grant_without_delta_names_no_codes():
    with pytest.raises(Invalid, match="request:needs_delta0"):
        price(asked(), TERMS)


def test_more_than_was_charged_is_not_drawn(tmp_path):
    files, cost = write({}, tmp_path), price(asked(), GRANTED)
    with pytest.raises(Invalid, match="request:price_changed"):
        draw(asked(), GRANTED, files, charged_micro_rho=cost.micro_rho, charged_delta0_e15=cost.delta0_e15 - 1)


def test_the_chance_of_one_persons_code_by_hand():
    """P(X ≥ 3) at scale 1 is (e^-4.5 + e^-8 + e^-12.5 + …) / (1 + 2e^-0.5 + 2e^-2 + …) = 0.0116 / 2.5066."""
    tail = 0.011108996538242306 + 0.00033546262790251185 + 3.726653172078671e-06 + 1.522997974471263e-08
    exact = 2 * tail / 2.506628288
    assert delta0(Fraction(1), 3, 2) / 10**15 == pytest.approx(exact, rel=1e-6)
    assert delta0(Fraction(1), 3, 2) / 10**15 >= exact
