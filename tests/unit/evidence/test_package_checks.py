"""A package tells what the output rules say of its values, and what noise of either kind is scaled to."""

import copy
import re

import pytest

from gateway.evidence.page import page

STATISTIC = {
    "name": "people",
    "kind": "count",
    "by": [],
    "meaning": "Number of people.",
    "unit": "people",
    "mechanism": "discrete Gaussian",
    "scale": "11.5",
    "micro_rho": 3771,
    "sensitivity": {"l1": 7, "l2_squared": 9},
    "half_width_95": "23",
    "half_width_assumes": None,
    "noise_floor": None,
    "interval": {"confidence": "0.95", "covers": "At least 95 % of such intervals hold the exact figure."},
}
CELL = {
    "statistic": "people",
    "keys": {},
    "labels": {},
    "value": 80,
    "low": 57,
    "high": 103,
    "too_noisy": False,
    "drawn": [80],
}
ARTEFACT = {
    "title": "People",
    "request_digest": "cd" * 32,
    "view_sql": "SELECT 1",
    "view_notes": [],
    "literals": [],
    "micro_rho": 3771,
    "delta_e15": 500_000_000,
    "epsilon_micro": 500_000,
    "neighbours": "one linked person",
    "statistics": [STATISTIC],
    "cells": [CELL],
}
CHECKS = {
    "name": "UK <LLC>",
    "source": "its rules",
    "overall": "change it before a person looks",
    "findings": [
        {
            "rule": "low_counts",
            "outcome": "change this",
            "sentence": "1 of 1 below 10, on released values.",
            "words": "",
            "cells": [],
        },
    ],
}


def read(artefact, **about):
    return re.sub(r"<[^>]*>", "", page(artefact, {"mark": "BLIND", **about}))


def laplace():
    artefact = copy.deepcopy(ARTEFACT)
    artefact["statistics"][0]["mechanism"] = "discrete Laplace"
    return {**artefact, "delta_e15": 0}


def test_the_verdict_on_released_values_is_in_the_package():
    said = read(ARTEFACT, checks=CHECKS)
    assert "Checks of the released values" in said
    assert "UK &lt;LLC&gt; (its rules). Change it before a person looks." in said
    assert "Change this. 1 of 1 below 10, on released values." in said


@pytest.mark.parametrize("about", [{}, {"checks": None}])
def test_a_package_that_was_not_checked_does_not_say_that_it_was(about):
    assert "Checks of" not in read(ARTEFACT, **about)


def test_the_sensitivity_printed_is_the_one_that_the_noise_is_scaled_to():
    assert "at most 3 (L2)." in read(ARTEFACT)
    assert "at most 7 (L1)." in read(laplace())


def test_without_a_delta_no_chance_is_spoken_of():
    assert "(except with a chance of about 1 in 2 million)" in read(ARTEFACT)
    said = read(laplace())
    assert "except with a chance" not in said
    assert "ε = 0.5 at δ = 0." in said
