"""Requests that are refused as they are read or priced, before anything is spent; and what makes two requests one."""

from dataclasses import replace

import pytest

from disclosure.release import price
from tests.factories.snapshots import GRANTED, STATISTICS, VIEW, request
from workspaces.catalogue.errors import Invalid

COUNT, _, _, MEAN, BINS = STATISTICS
BOTH = {"name": "b", "kind": "comparison", "of": "hypertension", "group": "sex", "groups": ["male", "female"]}
MEDIAN = {"name": "m", "kind": "quantiles", "of": "sbp", "lower": 80, "upper": 200, "quantiles": [0.5]}
NAN, INFINITE = float("nan"), float("inf")
ON_FLAG = [{"name": "n", "kind": "count", "by": ["flag"]}]


def flagged(**condition):
    events = {"table": "condition_occurrence", "where": [{"column": "condition_concept_id", **condition}]}
    return {"view": {"form": {"columns": [{"name": "flag", "exists": events}]}}, "statistics": ON_FLAG}


def nested(depth):
    made = {}
    for _ in range(depth):
        made = {"form": made}
    return made


REFUSED = [
    *(
        ("request:epsilon", {"epsilon": epsilon})
        for epsilon in [
            *(0, "0", -1, "-0.5", NAN, "NaN", INFINITE, "Infinity", "-Infinity", "1e400", 1e308, 10**400),
            *("0.5 ", " 0.5", "0.5\n", "+0.5", ".5", "5e-1", "0_5", "0,5", "0x1", "½", "٠.٥", "", "half"),
            *("1.000001", "2", 2, 1.5, "0.0000001", 1e-7, 0.1 + 0.2, None, True, [0.5], {"is": 1}),
        ]
    ),
    ("request:epsilon_small", {"epsilon": "0.000001"}),
    *(
        ("request:edges", {"statistics": [{**BINS, "edges": edges}]})
        for edges in [
            *(
                [],
                [80],
                [80, 80],
                [120, 80],
                [80, NAN],
                [80, INFINITE],
                ["-Infinity", 80],
                [80, 120.5],
                [0, 80],
                "80,120",
            ),
            *([80, 10**20], [80, "1e2"], [80, "120 "], [80, True], [80, None], [80, [90]], list(range(60, 111))),
            list(range(5_000)),
        ]
    ),
    *(
        (f"request:{code}", {"statistics": [{**MEAN, "lower": lower, "upper": upper}]})
        for code, lower, upper in [
            *(("bounds", 80, 80), ("bounds", 200, 80), ("bounds", 0, 200), ("bounds", 80, 261), ("bounds", 80.5, 200)),
            *(
                ("lower", "NaN", 200),
                ("upper", 80, INFINITE),
                ("upper", 80, "1e3"),
                ("kind", None, 200),
                ("kind", 80, None),
            ),
        ]
    ),
    *(
        (f"request:{code}", {"statistics": [{**MEDIAN, **changes}]})
        for code, changes in [
            *(
                ("quantiles", {"quantiles": each})
                for each in [[], [0], [1], [0.5, 0.5], [0.9, 0.1], ["0.1234"], [None]]
            ),
            *(("quantiles", {"quantiles": each}) for each in ["0.5", [NAN], [-0.5], [n / 50 for n in range(1, 40)]]),
            *(("bounds", {"lower": 200}), ("kind", {"quantiles": None}), ("kind", {"edges": [80, 90]})),
            *(("of", {"of": "sex"}), ("by", {"by": ["quantile"]}), ("by", {"by": ["measure"]})),
        ]
    ),
    *(
        (f"request:{code}", {"statistics": [{**BOTH, **changes}]})
        for code, changes in [
            *(
                ("groups", {"groups": each})
                for each in [["male"], ["male"] * 2, ["male", "x"], ["male", None], "ab", []]
            ),
            *(("groups", {"group": "hypertension", "groups": [True, False]}), ("groups", {"by": ["sex"]})),
            *(
                ("column", {"group": "nothing"}),
                ("key", {"group": "sbp"}),
                ("of", {"of": "sex"}),
                ("kind", {"lower": 1}),
            ),
        ]
    ),
    ("request:by", {"statistics": [{"name": "t", "kind": "table", "by": ["sex"]}]}),
    ("request:kind", {"statistics": [{"name": "t", "kind": "table", "by": ["sex", "hypertension"], "of": "sbp"}]}),
    # Names
    ("request:statistics", {"statistics": [COUNT, COUNT]}),
    ("request:statistics", {"statistics": []}),
    ("request:statistics", {"statistics": [{**COUNT, "name": f"n{number}"} for number in range(21)]}),
    ("request:by", {"statistics": [{**COUNT, "by": ["sex", "sex"]}]}),
    ("request:by", {"statistics": [{**COUNT, "by": list("abcdef")}]}),
    ("request:column", {"statistics": [{**COUNT, "by": ["nothing"]}]}),
    ("request:key", {"statistics": [{**COUNT, "by": ["sbp"]}]}),
    ("request:of", {"statistics": [{**STATISTICS[1], "of": "sbp"}]}),
    ("request:of", {"statistics": [{**MEAN, "of": "sex"}]}),
    ("request:kind", {"statistics": [{**COUNT, "kind": "median"}]}),
    ("request:kind", {"statistics": [{**COUNT, "of": "sbp"}]}),
    ("request:name", {"statistics": [{**COUNT, "name": "DROP TABLE"}]}),
    ("request:name", {"statistics": [{**COUNT, "name": "people\n"}]}),
    ("request:unknown_field", {"statistics": [{**COUNT, "where": "sex"}]}),
    ("request:unknown_field", {"budget": 5}),
    *(("request:unknown_field", {"delta": delta}) for delta in [0, "1e-6", -1]),  # a grant's, never a request's
    *(("request:title", {"title": title}) for title in ["", "  ", "x" * 121, "a\nb", "a\u202eb", "a\ud800", 5, None]),
    ("request:sites", {"sites": ["elsewhere"]}),
    # Views
    *(("request:view", {"view": view}) for view in [{}, "SELECT", None, {"sql": "SELECT 1", **VIEW}]),
    *(
        ("request:sql", {"view": {"sql": sql}})
        for sql in ["x" * 20_001, 5, "SELECT\x00", "-- \u202e", "per\u200bson", "\ud800", "SELECT\u00a0person_id"]
    ),
    ("request:form", {"view": {"form": {"columns": [{"name": "sex", "person": "sex"}] * 2}}}),
    ("request:form", {"view": {"form": {"columns": [{"name": "person_id", "person": "sex"}]}}}),
    ("request:form", {"view": {"form": {"columns": [{"name": f"s{n}", "person": "sex"} for n in range(41)]}}}),
    ("request:form", flagged(**{"in": [320128] * 51})),
    ("request:form", flagged(**{"is": 10**400})),
    ("request:form", flagged(**{"is": NAN})),
    ("request:form", flagged(**{"is": 320128, "in": [320128]})),
    ("view:domain", flagged(**{"is": 5})),
    ("view:code_list", flagged(in_code_list="nonsense/1")),
    ("request:object", {"view": nested(100)}),
]


@pytest.mark.parametrize(("code", "changes"), REFUSED, ids=[f"{code} {ascii(made)[:60]}" for code, made in REFUSED])
def test_refused(code, changes):
    with pytest.raises(Invalid) as refusal:
        price(request(**changes), GRANTED)
    assert refusal.value.code == code, refusal.value.sentence
    assert refusal.value.sentence.endswith(".")
    assert refusal.value.next_step


def test_a_table_of_tens_of_thousands_of_cells_is_the_most():
    keys = ("borough", "age_band", "ethnic_group", "imd_decile")
    view = {"form": {"columns": [{"name": name, "person": name} for name in keys]}}
    asked = request(view=view, statistics=[{"name": "n", "kind": "count", "by": list(keys)}])
    assert price(asked, replace(GRANTED, tables={"person": keys})).lines[0].cells == 34 * 20 * 6 * 11


def test_a_statistic_of_more_cells_is_refused():
    keys = ("borough", "age_band", "ethnic_group", "imd_decile", "sex")
    view = {"form": {"columns": [{"name": name, "person": name} for name in keys]}}
    asked = request(view=view, statistics=[{"name": "n", "kind": "count", "by": list(keys)}])
    with pytest.raises(Invalid) as refusal:
        price(asked, replace(GRANTED, tables={"person": keys}))
    assert refusal.value.code == "request:cells"


POWER = " * ".join(["(year_of_birth - 1900)"] * 5)


@pytest.mark.parametrize("kind", ["sum", "mean"])
@pytest.mark.parametrize(("upper", "fits"), [(2**31 - 1, True), (2**31, False), (5 * 10**9, False)])
def test_bounds_are_never_wider_than_what_is_added_up_exactly(kind, upper, fits):
    asked = request(
        view={"sql": f"SELECT person_id, {POWER} AS v FROM person"},  # noqa: S608
        statistics=[{"name": "total", "kind": kind, "of": "v", "lower": 0, "upper": upper}],
    )
    terms = replace(GRANTED, tables={"person": ("year_of_birth",)})
    if fits:
        assert price(asked, terms).lines[0].scale > upper / 4
        return
    with pytest.raises(Invalid) as refusal:
        price(asked, terms)
    assert refusal.value.code == "request:bounds"


@pytest.mark.parametrize(("epsilon", "micro"), [("1", 1_000_000), (1, 1_000_000), (0.3, 300_000), ("0.000001", 1)])
def test_epsilon_is_a_whole_number_of_millionths(epsilon, micro):
    assert request(epsilon=epsilon).epsilon_micro == micro


def test_the_same_meaning_has_the_same_digest():
    asked = [{**MEAN, "lower": "80.0", "upper": "200.000"}]
    assert request(epsilon="0.50", statistics=asked).digest() == request(epsilon=0.5, statistics=[MEAN]).digest()
    assert request(epsilon="0.500001").digest() != request(epsilon="0.5").digest()
    assert request(statistics=[COUNT, MEAN]).digest() != request(statistics=[MEAN, COUNT]).digest()
    assert request(title="Blood").digest() != request().digest()


def test_a_refusal_never_repeats_what_was_sent():
    with pytest.raises(Invalid) as refusal:
        request(secret_17="secret_18", title="ok")
    assert "secret" not in f"{refusal.value.sentence} {refusal.value.next_step}"


@pytest.mark.parametrize("step", [1, 2])
def test_squares_that_would_not_fit_are_refused_at_the_price(step):
    asked = request(
        view={"sql": "SELECT person_id, (year_of_birth - 1900) * (year_of_birth - 1900) * 20 AS v FROM person"},
        statistics=[{"name": "s", "kind": "spread", "of": "v", "lower": 0, "upper": 2**18 - step}],
    )
    terms = replace(GRANTED, tables={"person": ("year_of_birth",)})
    if step == 2:
        assert price(asked, terms).lines[0].micro_rho > 0
        return
    with pytest.raises(Invalid) as refusal:
        price(asked, terms)
    assert refusal.value.code == "request:bounds"
