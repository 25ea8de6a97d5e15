"""What changed, place by place and cell by cell."""

from typing import Any

from gateway.rules.changes import Change, cell_changes, request_changes
from tests.factories.gateways import REQUEST


def test_nothing_changed() -> None:
    assert request_changes(REQUEST, REQUEST) == []


def test_a_change_names_its_place_and_survives_a_new_part_before_it() -> None:
    first = {"name": "people", "kind": "count"}
    after = {**REQUEST, "epsilon": "0.4", "statistics": [first, *REQUEST["statistics"]]}
    assert request_changes(REQUEST, after) == [
        Change("statistics “people”, name", "", "people"),
        Change("statistics “people”, kind", "", "count"),
        Change("epsilon", "0.5", "0.4"),
    ]
    assert request_changes(after, REQUEST)[-1] == Change("statistics “people”, kind", "count", "")


def test_a_clause_of_the_view() -> None:
    sql = {"sql": "SELECT 1"}
    changed = request_changes(REQUEST, {**REQUEST, "view": sql})
    assert changed[0] == Change("view, sql", "", "SELECT 1")
    assert all(each.after == "" for each in changed[1:])


def cell(sex: str, value: float | None, low: float | None, high: float | None, noisy: bool = False) -> dict[str, Any]:
    keys = {"sex": sex}
    told = {"statistic": "people", "keys": keys, "labels": {"sex": sex.title()}}
    return {**told, "value": value, "low": low, "high": high, "too_noisy": noisy}


def test_what_was_hidden_and_now_shows_a_figure_comes_first() -> None:
    before = {
        "cells": [cell("female", 50, 40, 60), cell("male", 3, -7, 13, noisy=True), cell("other", None, None, None)]
    }
    after = {"cells": [cell("female", 90, 80, 100), cell("male", 30, 20, 40), cell("unknown", 1, 0, 2)]}
    male, female = cell_changes(before, after)
    assert (male.labels, male.before, male.after, male.shown_now, male.apart) == (("Male",), 3, 30, True, True)
    assert (female.shown_now, female.apart) == (False, True)


def test_intervals_that_meet_say_nothing() -> None:
    (moved,) = cell_changes({"cells": [cell("male", 50, 40, 60)]}, {"cells": [cell("male", 58, 48, 68)]})
    assert not moved.apart
    (moved,) = cell_changes({"cells": [cell("male", 50, None, 60)]}, {"cells": [cell("male", 90, 80, 99)]})
    assert not moved.apart
