"""Statistics worked out from several columns: what is refused from request and view alone, and with which code."""

import pytest

from disclosure.release import price
from tests.factories.snapshots import GRANTED, request
from workspaces.catalogue.errors import Invalid

RATE = {"name": "r", "kind": "rate", "of": "sbp", "upper": 200, "time": "born", "time_upper": 1990}
SURVIVAL = {"name": "s", "kind": "survival", "of": "hypertension", "time": "born", "upper": 2000, "step": 50}
BIRTH, ILL = {"of": "born", "lower": 1920, "upper": 2000}, {"of": "hypertension"}
LINEAR = {"name": "l", "kind": "linear", "of": "sbp", "lower": 80, "upper": 200, "on": [BIRTH, ILL]}
LOGISTIC = {"name": "o", "kind": "logistic", "of": "hypertension", "on": [{"of": "sex", "reference": "male"}]}
STANDARDISED = {**RATE, "kind": "standardised", "age": "age_band"}

REFUSED = [
    *(
        (f"request:{code}", {**RATE, **changes})
        for code, changes in [
            *(("time", {"time": each}) for each in ("sbp", "sex", "hypertension")),
            ("time", {"of": "born", "upper": 2000}),
            ("column", {"time": "nothing"}),
            ("of", {"of": "sex"}),
            ("bounds", {"upper": 0}),
            ("bounds", {"upper": 80.5}),
            ("bounds", {"time_upper": 2031}),
            ("bounds", {"time_upper": -1}),
            ("upper", {"of": "hypertension", "upper": 2}),
            ("upper", {"upper": "1e3"}),
            ("time_upper", {"time_upper": float("nan")}),
            ("kind", {"lower": 80}),
            ("kind", {"time_upper": None}),
        ]
    ),
    *(
        (f"request:{code}", {**STANDARDISED, **changes})
        for code, changes in [
            *(("age", {"age": each}) for each in ("sex", "sbp", "born")),
            *(("age", {"by": ["age_band"]}), ("column", {"age": "nothing"}), ("kind", {"age": None})),
            *(("time", {"time": "sbp"}), ("bounds", {"upper": 0})),
        ]
    ),
    *(
        (f"request:{code}", {**LOGISTIC, **changes})
        for code, changes in [
            *(("of", {"of": "sbp"}), ("kind", {"lower": 1}), ("by", {"by": ["term"]}), ("on", {"by": ["sex"]})),
            *(("on", {"on": [each]}) for each in ({"of": "sbp"}, {"of": "sex", "reference": "x"}, ILL, BIRTH)),
        ]
    ),
    *(
        (f"request:{code}", {**SURVIVAL, **changes})
        for code, changes in [
            *(("of", {"of": "sbp"}), ("of", {"of": "age_band", "censored": "90+"}), ("of", {"by": ["hypertension"]})),
            *(("censored", {"of": "sex"}), ("censored", {"of": "sex", "censored": "neither"})),
            *(("time", {"time": "sex"}), ("column", {"time": "nothing"}), ("bounds", {"upper": 2031})),
            *(("step", {"step": each}) for each in (0, -50, 0.5, 30, 16, 4000)),
            *(("kind", {"step": None}), ("kind", {"lower": 0}), ("by", {"by": ["time"]})),
        ]
    ),
    *(
        (f"request:{code}", {**LINEAR, **changes})
        for code, changes in [
            *(("on", {"on": each}) for each in ([], [BIRTH] * 2, [{**ILL, "of": "sbp"}], [{**BIRTH, "upper": None}])),
            *(("on", {"on": [each]}) for each in ({"of": "sex"}, {"of": "born"}, {**BIRTH, "of": "hypertension"})),
            *(("on", {"on": [{**ILL, "reference": "true"}]}), ("on", {"by": ["hypertension"]})),
            *(("bounds", {"on": [{**BIRTH, **each}]}) for each in ({"lower": 2000}, {"upper": 1920}, {"upper": 3000})),
            *(("bounds", {"lower": 200}), ("column", {"on": [{"of": "nothing"}]}), ("kind", {"on": None})),
            *(("unknown_field", {"on": [{**ILL, "how": 1}]}), ("of", {"on": [{"of": "A"}]})),
        ]
    ),
]


@pytest.mark.parametrize(("code", "statistic"), REFUSED)
def test_a_request_that_does_not_fit_is_refused_by_a_code(code, statistic):
    with pytest.raises(Invalid) as refused:
        price(request(statistics=[statistic]), GRANTED)
    assert refused.value.code == code
    assert refused.value.next_step


@pytest.mark.parametrize(
    "statistic", [RATE, {**RATE, "of": "hypertension", "upper": 1}, STANDARDISED, SURVIVAL, LINEAR, LOGISTIC]
)
def test_one_that_fits_has_a_price(statistic):
    assert price(request(statistics=[statistic]), GRANTED).micro_rho > 0
