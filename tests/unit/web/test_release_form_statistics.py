"""Every statistic can be asked for with the form: rows to JSON, JSON back to rows, and the same meaning again."""

import pytest

from disclosure.release import price
from disclosure.requests import parse_request
from disclosure.statistics.registry import OVER_BLOCKS, REGISTRY
from gateway.web.release_form import KINDS, StatisticForm, _statistic, filled_from
from tests.factories.chambers import STATISTIC as PROGRAM
from tests.factories.snapshots import EVENTS, GRANTED, MORE, STATISTICS, request

ASKED = {each["kind"]: each for each in [*STATISTICS, *MORE, *EVENTS, PROGRAM]}
FLAGGED = {"name": "c", "kind": "comparison", "of": "hypertension", "group": "smoker", "groups": [True, False]}


def test_the_form_offers_every_statistic():
    assert {kind for kind, _ in KINDS if kind} == {*REGISTRY, *OVER_BLOCKS} == set(ASKED)


@pytest.mark.parametrize("kind", sorted(ASKED))
def test_a_stored_statistic_survives_the_form(kind):
    stored = request(statistics=[ASKED[kind]])
    (row,) = filled_from(stored.canonical())["statistics"]
    again = _statistic(StatisticForm(data=row))
    sent = parse_request({**stored.canonical(), "statistics": [again]})
    assert sent.digest() == stored.digest()
    assert price(sent, GRANTED).lines == price(stored, GRANTED).lines


@pytest.mark.parametrize("method", ["counts", "selection"])
def test_how_quantiles_are_drawn_survives_the_form(method):
    stored = request(statistics=[{**ASKED["quantiles"], "method": method}])
    (row,) = filled_from(stored.canonical())["statistics"]
    again = _statistic(StatisticForm(data=row))
    assert parse_request({**stored.canonical(), "statistics": [again]}).digest() == stored.digest()


def test_flags_are_written_as_words():
    (statistic,) = request(statistics=[FLAGGED]).canonical()["statistics"]
    assert statistic["groups"] == ["true", "false"]
    assert parse_request({**request().canonical(), "statistics": [statistic]}).statistics[0].groups == ("true", "false")


@pytest.mark.parametrize(
    ("where", "as_json"),
    [
        ([{"column": "condition_concept_id", "is": 320128}], False),
        ([{"column": "condition_concept_id", "in_code_list": "diabetes/1"}], False),
        ([{"column": "condition_concept_id", "in": [320128, 201826]}], True),
    ],
)
def test_conditions_on_events_survive_the_form(where, as_json):
    (codes,) = (each for each in EVENTS if each["kind"] == "codes")
    stored = request(statistics=[{**codes, "events": {**codes["events"], "where": where}}])
    (row,) = filled_from(stored.canonical())["statistics"]
    assert ("events_json" in row) is as_json
    again = _statistic(StatisticForm(data=row))
    assert parse_request({**stored.canonical(), "statistics": [again]}).digest() == stored.digest()
