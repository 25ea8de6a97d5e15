"""Each statistic without noise is its plain twin; one person's change is at most what it claims; widths are honest."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from disclosure.artefact import FORMAT
from disclosure.explain import CONFIDENCE, GAUSSIAN, LAPLACE, bound, check_cell
from disclosure.recounts import coordinates
from disclosure.statistics.base import exactly
from disclosure.statistics.registry import OVER_BLOCKS, OVER_EVENTS, REGISTRY
from disclosure.terms import STATISTICS
from tests.factories.statistics import ASKED, COLUMNS
from tests.factories.statistics import bound as statistic_of
from tests.plain.cell_plan import answer
from tests.plain.statistics import TWINS

KINDS = sorted(set(REGISTRY) - set(OVER_EVENTS))  # those are tested in test_event_statistics
PEOPLE = st.fixed_dictionaries(
    {
        "sex": st.sampled_from(["female", "male", "unlisted", None]),
        "smoker": st.sampled_from([True, False, None]),
        "treated": st.sampled_from([True, False, None]),
        "bmi": st.none() | st.integers(100, 700).map(lambda tenths: Fraction(tenths, 10)),
        "age_band": st.sampled_from(["00-04", "40-44", "90+", "unknown", None]),
        "outcome": st.sampled_from(["died", "lived", "moved", "unlisted", None]),
        "visits": st.none() | st.integers(0, 50).map(Fraction),
        "days": st.none() | st.integers(-20, 2000).map(Fraction),
        "change": st.none() | st.integers(-20, 20).map(Fraction),
    }
)
TINY = Fraction(1, 1024)
DERIVED = {
    "spread",
    "quantiles",
    "comparison",
    "rate",
    "standardised",
    "survival",
    "linear",
    "logistic",
}  # from several numbers of a cell


MECHANISMS = [(kind, GAUSSIAN) for kind in KINDS] + [("spread", LAPLACE), ("quantiles", LAPLACE)]  # others draw alike


def offered(kind, mechanism):
    statistic = statistic_of(kind)
    return statistic if mechanism == GAUSSIAN else replace(statistic, mechanism=mechanism)


def vector(statistic, people):
    return statistic.vector(answer(statistic.plan, people, COLUMNS))


def described(statistic):
    return {**statistic.about(), "kind": statistic.kind, "mechanism": GAUSSIAN, "scale": "1"}


def test_every_statistic_has_a_twin_and_an_example():
    assert set(REGISTRY) == set(TWINS) == set(ASKED)
    assert set(REGISTRY) | set(OVER_BLOCKS) == STATISTICS  # a program's are in test_program.py
    assert FORMAT


@pytest.mark.parametrize(("kind", "mechanism"), MECHANISMS)
@settings(deadline=None)
@given(people=st.lists(PEOPLE, max_size=12), newcomer=PEOPLE)
def test_one_person_changes_the_vector_by_at_most_the_claim(kind, mechanism, people, newcomer):
    statistic = offered(kind, mechanism)
    change = vector(statistic, [*people, newcomer]) - vector(statistic, people)
    claim = statistic.contribution
    assert abs(change).sum() <= claim.l1
    assert (change**2).sum() <= claim.l2_squared
    assert abs(change).max() <= claim.largest


@pytest.mark.parametrize(
    ("kind", "person"),
    [
        ("count", {"sex": "male"}),
        ("proportion", {"sex": "male", "smoker": False}),
        ("sum", {"sex": "male", "change": Fraction(20)}),
        ("mean", {"sex": "male", "bmi": Fraction("45.5")}),
        ("histogram", {"sex": "male", "bmi": Fraction(45)}),
        ("spread", {"sex": "male", "bmi": Fraction("30.2")}),
        ("comparison", {"sex": "male", "smoker": False, "treated": True}),
        ("table", {"sex": "male", "smoker": False}),
        ("rate", {"sex": "male", "visits": Fraction(9), "days": Fraction(366)}),
        ("linear", {"sex": "male", "bmi": Fraction("45.5"), "change": Fraction(20), "smoker": True}),
        ("logistic", {"sex": "male", "smoker": False, "outcome": "moved", "treated": True}),
        ("survival", {"sex": "male", "outcome": "moved", "days": Fraction(100)}),
        ("standardised", {"sex": "male", "visits": Fraction(9), "days": Fraction(366), "age_band": "90+"}),
        ("quantiles", {"sex": "male", "change": Fraction(20)}),
    ],
)
def test_the_claim_is_reached_so_it_is_not_larger_than_needed(kind, person):
    statistic = statistic_of(kind)
    change = vector(statistic, [person])
    assert (change**2).sum() == statistic.contribution.l2_squared
    assert abs(change).sum() <= statistic.contribution.l1
    assert kind in DERIVED or abs(change).sum() == statistic.contribution.l1


def test_what_laplace_noise_of_a_spread_is_charged_for_is_the_most_that_anybody_changes():
    """Every value there can be; the Gaussian's is held to its own bound by the values at the ends."""
    statistic = offered("spread", LAPLACE)
    changes = [vector(statistic, [{"sex": "male", "bmi": Fraction(tenths, 10)}]) for tenths in range(150, 456)]
    most = max(int(abs(change).sum()) for change in changes)
    assert statistic.contribution.l1 - 1 <= most <= statistic.contribution.l1


@pytest.mark.parametrize(("kind", "mechanism"), MECHANISMS)
@settings(deadline=None)
@given(people=st.lists(PEOPLE, max_size=30))
def test_without_noise_each_cell_is_its_plain_twin(kind, mechanism, people):
    statistic, asked = offered(kind, mechanism), ASKED[kind]
    twin = TWINS[kind](people, asked)
    rows = statistic.rows(vector(statistic, people), TINY)
    for keys, estimates in zip(statistic.plan.cells(), rows, strict=True):
        for entries, estimate in zip(statistic.entries(), estimates, strict=True):
            exact = twin.get((*keys, *(entry.value for entry in entries)), {"people": 0, "with": 0, "total": 0})
            assert_same(kind, statistic, estimate, exact)


def assert_same(kind, statistic, estimate, exact):
    if "with" not in exact and kind in DERIVED:
        if exact.get("shaky") and (estimate.value is None or exact["value"] is None):
            return  # without groups that are set aside there may be a figure where there is none with them
        if (exact.get("people", 2) < 2 or exact.get("time", 9) < 9) and estimate.value is None:
            return  # one person may be nobody: the noise is of whole numbers
        assert abs(Fraction(estimate.value) - exact["value"]) <= Fraction(1, 1000)
        return
    if kind in DERIVED:
        assert estimate.value in ((None, 0) if kind in ("survival", "linear") else (None,))  # nobody is there
        return
    assert list(estimate.drawn) == coordinates(described(statistic), exact)
    if kind in ("count", "histogram", "table"):
        assert estimate.value == exact["people"]
    elif kind == "sum":
        assert estimate.value == exactly(Fraction(exact["total"]))
    elif exact["people"] <= 1:
        assert estimate.value is None or exact["people"] == 1
    else:
        true = Fraction(exact["with" if kind == "proportion" else "total"]) / exact["people"]
        assert abs(Fraction(estimate.value) - true) <= Fraction(1, 1000)


@pytest.mark.parametrize("kind", ["count", "sum", "histogram"])
def test_additive_widths_are_known_before_the_draw(kind):
    statistic = statistic_of(kind)
    scale = Fraction(8) * statistic.contribution.largest
    expected = statistic.expected(scale, 20_000)
    noisy = np.full((2, statistic.coordinates), 500, dtype=np.int64)
    estimate = statistic.rows(noisy, scale)[0][0]
    assert expected.assumes is None
    assert estimate.high - estimate.value == estimate.value - estimate.low == expected.half_width


@pytest.mark.parametrize("kind", ["proportion", "mean"])
def test_a_ratio_says_what_its_expected_width_assumes(kind):
    statistic = statistic_of(kind)
    expected = statistic.expected(Fraction(8), 20_000)
    assert "assuming about 10,000 people in each cell" in expected.assumes
    assert statistic.expected(Fraction(8), 200).half_width > expected.half_width > 0


@pytest.mark.parametrize("kind", ["proportion", "mean"])
@pytest.mark.parametrize("drawn", [(3, 4), (-50, -60), (0, 0), (-30, 25)])
def test_a_ratio_over_perhaps_nobody_has_no_valid_interval(kind, drawn):
    statistic = statistic_of(kind)
    estimate = statistic.rows(np.array([drawn, drawn]), Fraction(200))[0][0]
    assert (estimate.value, estimate.low, estimate.high, estimate.too_noisy) == (None, None, None, True)


def test_a_share_is_cut_to_its_range_only_after_its_interval():
    statistic = statistic_of("proportion")
    estimate = statistic.rows(np.array([[-5, 300], [300, 5]]), Fraction(8))[0][0]
    assert (estimate.value, estimate.low) == (0, 0)
    assert estimate.high > 0
    unusual = statistic.rows(np.array([[-90, 300], [300, 5]]), Fraction(8))[0][0]
    assert (unusual.value, unusual.low, unusual.too_noisy) == (0, None, True)


def test_counts_keep_their_sign_so_that_totals_stay_unbiased():
    estimate = statistic_of("count").rows(np.array([[-4], [9]]), Fraction(8))[0][0]
    assert estimate.value == -4
    assert estimate.too_noisy


def test_too_noisy_follows_released_numbers():
    half = bound(Fraction(8), GAUSSIAN, CONFIDENCE)
    loud, clear = (statistic_of("count").rows(np.array([[n], [n]]), Fraction(8))[0][0] for n in (half - 1, half))
    assert loud.too_noisy
    assert not clear.too_noisy


def test_a_recount_beyond_the_bound_is_noticed():
    statistic = {"kind": "count", "mechanism": GAUSSIAN, "scale": "8"}
    limit = bound(Fraction(8), GAUSSIAN, cells=4)
    assert check_cell(statistic, {"drawn": [100]}, {"people": 100 - limit}, cells=4)
    assert not check_cell(statistic, {"drawn": [100]}, {"people": 100 - limit - 1}, cells=4)
    assert not check_cell(statistic, {"drawn": []}, {"people": 100}, cells=4)


def test_sums_are_exact_decimals_in_the_columns_unit():
    statistic = statistic_of("sum", of="bmi", lower="10", upper="70")
    estimate = statistic.rows(np.array([[12_345], [0]]), Fraction(8) * 700)[0][0]
    assert estimate.value == Decimal("1234.5")


def test_the_meaning_of_a_statistic_is_public():
    about = statistic_of("mean").about()
    assert (about["lower"], about["upper"], about["unit_step"], about["unit"]) == ("15", "45.5", "0.1", "kg/m2")
    assert [entry.label for (entry,) in statistic_of("histogram").entries()] == [
        "15 to under 18.5",
        "18.5 to under 25",
        "25 to 45",
    ]
