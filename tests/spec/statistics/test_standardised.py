"""Visits per 100,000 person-years at the ages of the European Standard Population 2013, worked by hand.

In each band 10 people are followed for 365 days. In 00-04 they make 2 visits, in 90+ 30, elsewhere none.
Band rates: 2 in 3,650 days and 30 in 3,650 days are 20,013.6986 and 300,205.4795 per 100,000 years.
Standardised: 0.05 · 20,013.6986 + 0.01 · 300,205.4795 = 4,002.7397. Crude: 32 visits in 69,350 days: 16,853.6410.
"""

from decimal import Decimal
from fractions import Fraction

import pytest

from tests.factories.statistics import COLUMNS, bound
from tests.plain.cell_plan import answer
from workspaces.catalogue.standard_population import EUROPEAN_2013

RATE = bound("standardised", by=[])
VISITS = {"00-04": [2] + 9 * [0], "90+": 10 * [3]}
PEOPLE = [
    {"age_band": band, "visits": Fraction(visits), "days": Fraction(365)}
    for band in EUROPEAN_2013
    for visits in VISITS.get(band, 10 * [0])
] + [{"age_band": "unknown", "visits": Fraction(5), "days": Fraction(365)}]


def drawn(people):
    return RATE.vector(answer(RATE.plan, people, COLUMNS))


def test_the_standard_has_100_000_people_of_nineteen_bands():
    assert (len(EUROPEAN_2013), sum(EUROPEAN_2013.values())) == (19, 100_000)
    assert [EUROPEAN_2013[band] for band in ("00-04", "35-39", "70-74", "85-89", "90+")] == [
        *(5_000, 7_000, 5_000, 1_500, 1_000)
    ]


def test_the_drawn_numbers_and_what_one_person_can_change():
    numbers = drawn(PEOPLE)[0].tolist()
    assert (numbers[:4], numbers[-2:]) == ([2 * 146, 3_650, 0, 3_650], [30 * 146, 3_650])
    assert RATE.contribution.l2_squared == (5 * 146) ** 2 + 365**2


def test_the_figures():
    standardised, crude = RATE.rows(drawn(PEOPLE), Fraction(1, 1024))[0]
    assert (standardised.value, crude.value) == (Decimal("4002.7397"), Decimal("16853.6410"))


def test_the_interval_combines_those_of_the_bands(monkeypatch):
    # noise of reach 14.6 visits·weight: of a band ± 0.1 visits in 3,650 days, when its days are as good as known
    monkeypatch.setattr("disclosure.statistics.standardised.reach", lambda *_: 14.6)
    standardised, _ = RATE.rows(1_000 * drawn([each for each in PEOPLE if each["age_band"] != "90+"]), Fraction(1))[0]
    assert standardised.value is None  # nobody is 90 or older
    standardised, _ = RATE.rows(1_000 * drawn(PEOPLE), Fraction(1))[0]
    squares = sum((people / 100_000) ** 2 for people in EUROPEAN_2013.values())
    reach = squares**0.5 * 0.1 / 3_650_000 * 365.25 * 100_000
    assert float(standardised.high - standardised.value) == pytest.approx(reach, rel=0.02)
    assert float(standardised.value - standardised.low) == pytest.approx(reach, rel=0.02)
