"""The audit itself: every statistic in it, bounds that are what they say, claims that hold, faults that are caught.

What a run tries is in `infra/audit`; the full size is for `./run prove`.
"""

from dataclasses import replace

import pytest
from click.testing import CliRunner
from scipy.stats import beta

from disclosure.statistics.base import Contribution
from disclosure.statistics.registry import OVER_BLOCKS, REGISTRY
from infra.audit import cases, command, falsify, faults, run, seam
from infra.audit.records import Build
from infra.audit.search import Place, pair_in

WRONG = falsify.chance_of_one(40)


def test_every_registered_statistic_is_audited():
    assert cases.missing() == ()
    assert [case.kind for case in cases.cases()] == list(cases.AUDITED)
    assert {*REGISTRY, *OVER_BLOCKS} < set(cases.AUDITED)


def test_a_statistic_that_the_audit_cannot_ask_for_is_named(monkeypatch):
    monkeypatch.delitem(cases.FIELDS, "edges")
    assert cases.asked.__wrapped__("histogram") is None
    monkeypatch.setattr(cases, "asked", cases.asked.__wrapped__)
    assert cases.missing() == ("histogram",)


@pytest.mark.parametrize(("hits", "runs"), [(0, 100), (3, 5_000), (2_500, 5_000), (4_999, 5_000), (70_000, 150_000)])
@pytest.mark.parametrize("wrong", [1e-3, 1e-10])
def test_bounds_are_those_of_clopper_and_pearson(hits, runs, wrong):
    assert falsify.upper(hits, runs, wrong) == pytest.approx(beta.ppf(1 - wrong, hits + 1, runs - hits), abs=1e-8)
    least = beta.ppf(wrong, hits, runs - hits + 1) if hits else 0
    assert falsify.lower(hits, runs, wrong) == pytest.approx(least, abs=1e-8)
    assert falsify.upper(runs, runs, wrong) == 1


def test_a_whole_run_raises_a_false_alarm_once_in_a_million_runs():
    assert falsify.chance_of_one(40) * 40 * falsify.BOUNDS == pytest.approx(1e-6)


@pytest.fixture(scope="module")
def count():
    case = next(case for case in cases.cases() if case.kind == "count")
    place = Place(case.request, case.terms)
    return pair_in(place, faults.many_rows(1)[0], ()), seam.claim(case.request, case.terms)


def test_a_count_keeps_its_claim_and_half_the_noise_does_not(count):
    assert not any(verdict.refuted for verdict in falsify.verdicts(*count, runs=2_000, wrong=WRONG))
    assert faults.sensitivity_halved(*count, runs=2_000, wrong=WRONG).caught


@pytest.mark.slow
def test_a_second_draw_averaged_is_caught(count):
    assert faults.second_draw(*count, runs=50_000, wrong=WRONG).caught


def test_a_person_in_two_counts_charged_as_one_is_caught(count):
    pair, claim = count
    twice = [replace(part, vector=part.vector * 2) for part in pair.with_]
    assert any(
        each.refuted for each in falsify.verdicts(replace(pair, with_=tuple(twice)), claim, runs=2_000, wrong=WRONG)
    )


def test_a_tie_at_the_threshold_is_caught_and_its_cure_is_not():
    assert faults.tie_at_threshold(runs=50_000, wrong=WRONG, let_through=True).caught
    assert not faults.tie_at_threshold(runs=50_000, wrong=WRONG, let_through=False).caught


def test_a_view_that_takes_whichever_row_is_stored_first_is_caught():
    assert faults.in_view().caught


def test_points_that_are_learnt_from_records_are_caught():
    assert faults.in_choice().caught


def test_the_counts_beside_the_sampling_keys_change_nothing():
    """Where they say that nobody exceeds a cap, rows are not capped: an answer must be the same without them."""
    request = cases.request_of(*cases.AUDITED)
    for people in (faults.many_rows(4), faults.small_group(), [*faults.small_group(), *faults.many_rows(1)]):
        with_, without = (Place(request, cases.TERMS, Build(census=census)).exact(people) for census in (True, False))
        assert [part.vector.tolist() for part in with_] == [part.vector.tolist() for part in without]


@pytest.mark.slow
def test_the_small_audit_holds():
    found = list(run.audit())
    assert [outcome for outcome in found if not outcome.holds] == []
    tried = {(outcome.part, outcome.name) for outcome in found}
    for kind in cases.AUDITED:
        for each in (("one person's change", kind), ("loss", kind), ("nothing but noisy numbers", kind)):
            assert each in tried
        assert ("planted fault caught", f"sensitivity halved, {kind}") in tried
    caught = {name.partition(",")[0] for part, name in tried if part == "planted fault caught"}
    assert caught == {
        "bound keyed on dense numbers",
        "cap keyed on dense numbers",
        "draws that are not charged",
        "keys from data",
        "points from data",
        "second draw averaged",
        "sensitivity halved",
        "suppression in the build",
        "threshold tie",
        "unkeyed tie-break",
    }


@pytest.mark.slow
def test_a_statistic_that_claims_too_little_breaks_the_audit(monkeypatch):
    monkeypatch.setattr(REGISTRY["table"], "contribution", Contribution(l1=1, l2_squared=1, largest=1))
    (pair,) = run.search(["table"], run.SMALL, seed=1)
    (outcome,) = run.changes(["table"], [pair])
    assert not outcome.holds
    case, _pure = run.priced("table")
    assert any(verdict.refuted for verdict in falsify.verdicts(*run.judged(case, pair), runs=2_000, wrong=WRONG))


def test_the_command_says_what_did_not_hold(monkeypatch):
    outcomes = [run.Outcome("loss", "count", True, "fine"), run.Outcome("loss", "sum", False, "ρ ≥ 2, claimed 1")]
    monkeypatch.setattr(run, "audit", lambda _size, seed: iter(outcomes[:seed]))
    good = CliRunner().invoke(command.disclosure, ["audit", "--seed", "1"])
    bad = CliRunner().invoke(command.disclosure, ["audit", "--seed", "2"])
    assert (good.exit_code, bad.exit_code) == (0, 1)
    assert "BROKEN  loss: sum: ρ ≥ 2, claimed 1" in bad.output
    lines = CliRunner().invoke(command.disclosure, ["audit", "--seed", "2", "--json"]).output.splitlines()
    assert [line.count('"holds": true') for line in lines] == [1, 0]
