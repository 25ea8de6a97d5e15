"""Statistics over event rows: without noise each is its plain twin; one person's change is what it claims."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from disclosure.event_requests import KINDS
from disclosure.statistics.registry import OVER_EVENTS, bind
from tests.factories.statistics import ASKED, COLUMNS, TERMS
from tests.factories.statistics import bound as statistic_of
from tests.plain.events import answer_codes, answer_events
from tests.plain.statistics import TWINS
from workspaces.catalogue.concepts import CONDITIONS
from workspaces.catalogue.errors import Invalid

CODE, DAY = "condition_concept_id", "condition_start_date"
TINY = Fraction(1, 1024)
EVENT = st.fixed_dictionaries(
    {
        CODE: st.sampled_from([*CONDITIONS.values[:4], 7, None]),
        DAY: st.none() | st.dates(date(2020, 2, 1), date(2021, 8, 31)),
    }
)
PERSON = st.fixed_dictionaries(
    {
        "sex": st.sampled_from(["female", "male", "unlisted", None]),
        "sample_key": st.integers(0, 2**64 - 1),
        "events": st.lists(EVENT, max_size=6),
    }
)


def released(statistic, people):
    """What would be released without noise, as (cells, coordinates)."""
    if hasattr(statistic, "placed"):
        found = answer_codes(statistic.plan, people)
        return statistic.placed(found, statistic.vector(found))
    return statistic.vector(answer_events(statistic.plan, people))


def test_every_kind_over_events_is_registered():
    assert set(OVER_EVENTS) == set(KINDS)


@pytest.mark.parametrize("kind", sorted(OVER_EVENTS))
@settings(deadline=None, max_examples=60)
@given(people=st.lists(PERSON, max_size=8), newcomer=PERSON)
def test_one_person_changes_the_vector_by_at_most_the_claim(kind, people, newcomer):
    statistic = statistic_of(kind)
    change = released(statistic, [*people, newcomer]) - released(statistic, people)
    claim = statistic.contribution
    assert abs(change).sum() <= claim.l1
    assert (change**2).sum() <= claim.l2_squared
    assert abs(change).max() <= claim.largest


@pytest.mark.parametrize("kind", sorted(OVER_EVENTS))
def test_the_claim_is_reached(kind):
    months = [date(2020, 4 + 3 * quarter, 6) for quarter in range(3)]
    events = [{CODE: code, DAY: day} for code in CONDITIONS.values[:4] for day in months]
    statistic = statistic_of(kind)
    change = released(statistic, [{"sex": "male", "sample_key": 5, "events": events}])
    assert change.sum() == statistic.contribution.l1 == statistic.contribution.l2_squared > 1


@pytest.mark.parametrize("kind", sorted(OVER_EVENTS))
@settings(deadline=None, max_examples=60)
@given(people=st.lists(PERSON, max_size=12))
def test_without_noise_each_cell_is_its_plain_twin(kind, people):
    statistic, twin = statistic_of(kind), TWINS[kind](people, ASKED[kind])
    seen = 0
    for keys, estimates in zip(statistic.plan.cells(), statistic.rows(released(statistic, people), TINY), strict=True):
        for entries, estimate in zip(statistic.entries(), estimates, strict=True):
            if entries[-1].value == "forecast":
                continue  # worked out from what is released: tests/spec/statistics/test_forecast.py
            exact = twin.get((*keys, *(entry.value for entry in entries)), {"people": 0})["people"]
            seen += exact
            assert (sum(estimate.drawn), estimate.value or 0) == (exact, exact)
    assert seen == sum(cell["people"] for keys, cell in twin.items() if keys[0] in ("female", "male"))


def changed(kind, terms=TERMS, **changes):
    from disclosure.requests import Statistic

    asked = {**ASKED[kind], "events": {**ASKED[kind]["events"], **changes.pop("events", {})}, **changes}
    asked["events"] = {name: value for name, value in asked["events"].items() if value is not None}
    return bind(Statistic.model_validate(asked), COLUMNS, terms)


@pytest.mark.parametrize(
    ("code", "events"),
    [
        ("request:date", {"date": "condition_concept_id"}),
        ("request:split", {"split": "condition_start_date"}),
        ("request:cells", {"first": "1900-01", "last": "2099-12", "per": "month"}),
        ("view:not_granted", {"table": "death"}),
        ("view:not_granted", {"date": "drug_exposure_start_date"}),
        ("view:domain", {"where": [{"column": "condition_concept_id", "is": 7}]}),
        ("view:person_key", {"split": "person_id"}),
    ],
)
def test_events_are_refused_from_request_and_grant_alone(code, events):
    with pytest.raises(Invalid) as refused:
        changed("periods", events=events)
    assert refused.value.code == code


def test_codes_need_a_delta_of_their_own():
    from dataclasses import replace

    with pytest.raises(Invalid) as refused:
        changed("codes", replace(TERMS, threshold_delta0_e15=0))
    assert refused.value.code == "request:needs_delta0"


def test_months_and_values_of_conditions_are_listed_as_literals():
    statistic = changed("periods", events={"where": [{"column": CODE, "is": CONDITIONS.values[0]}]})
    listed = [(literal.text, literal.bits) for literal in statistic.plan.events.literals]
    assert listed == [(str(CONDITIONS.values[0]), 4), ("2020-04", 12), ("2021-06", 12)]


def test_a_period_is_named_by_the_calendar():
    for per, first, named in (("month", "2020-04", 15), ("quarter", "2020-Q2", 5), ("year", "2020", 2)):
        entries = changed("periods", events={"per": per}).entries()
        assert (entries[0][0].value, len(entries)) == (first, named)
