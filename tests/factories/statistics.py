"""A small view, people of it, and requests over it, for tests of statistics."""

from disclosure.person_view.schema import ViewColumn
from disclosure.requests import Statistic
from disclosure.statistics.registry import bind
from disclosure.terms import Terms
from workspaces.catalogue.columns import BOOLEAN_DOMAIN, Type, decimals, texts
from workspaces.catalogue.tables import AGE_BANDS

COLUMNS = {
    "sex": ViewColumn("sex", Type.TEXT, domain=texts(("female", "Female"), ("male", "Male"))),
    "smoker": ViewColumn("smoker", Type.BOOLEAN, domain=BOOLEAN_DOMAIN),
    "treated": ViewColumn("treated", Type.BOOLEAN, domain=BOOLEAN_DOMAIN),
    "bmi": ViewColumn("bmi", Type.DOUBLE, grid=decimals("10", "70", "0.1", "kg/m2")),
    "age_band": ViewColumn("age_band", Type.TEXT, domain=AGE_BANDS),
    "outcome": ViewColumn(
        "outcome", Type.TEXT, domain=texts(("died", "Died"), ("lived", "Lived"), ("moved", "Moved away"))
    ),
    "visits": ViewColumn("visits", Type.INTEGER, grid=decimals("0", "50", "1", "1")),
    "days": ViewColumn("days", Type.INTEGER, grid=decimals("-2000", "2000", "1", "d")),
    "change": ViewColumn("change", Type.INTEGER, grid=decimals("-20", "20", "1", "mm[Hg]")),
}

ASKED = {
    "count": {"name": "people", "kind": "count", "by": ["sex"]},
    "proportion": {"name": "smokers", "kind": "proportion", "of": "smoker", "by": ["sex"]},
    "sum": {"name": "total_change", "kind": "sum", "of": "change", "lower": "-10", "upper": "20", "by": ["sex"]},
    "mean": {"name": "mean_bmi", "kind": "mean", "of": "bmi", "lower": "15", "upper": "45.5", "by": ["sex"]},
    "histogram": {
        "name": "bmi_bins",
        "kind": "histogram",
        "of": "bmi",
        "edges": ["15", "18.5", "25", "45"],
        "by": ["sex"],
    },
    "spread": {"name": "bmi_spread", "kind": "spread", "of": "bmi", "lower": "15", "upper": "45.5", "by": ["sex"]},
    "quantiles": {
        "name": "quartiles",
        "kind": "quantiles",
        "of": "change",
        "lower": "-6",
        "upper": "6",
        "quantiles": ["0.25", "0.5", "0.75"],
        "by": ["sex"],
    },
    "comparison": {
        "name": "smoking",
        "kind": "comparison",
        "of": "smoker",
        "group": "treated",
        "groups": [True, False],
        "by": ["sex"],
    },
    "rate": {
        "name": "visit_rate",
        "kind": "rate",
        "of": "visits",
        "upper": "5",
        "time": "days",
        "time_upper": "365",
        "by": ["sex"],
    },
    "standardised": {
        "name": "visits_at_standard_age",
        "kind": "standardised",
        "of": "visits",
        "upper": "5",
        "time": "days",
        "time_upper": "365",
        "age": "age_band",
        "by": ["sex"],
    },
    "survival": {
        "name": "survival",
        "kind": "survival",
        "of": "outcome",
        "censored": "lived",
        "time": "days",
        "upper": "360",
        "step": "90",
        "by": ["sex"],
    },
    "periods": {
        "name": "diagnoses",
        "kind": "periods",
        "by": ["sex"],
        "events": {
            "table": "condition_occurrence",
            "date": "condition_start_date",
            "per": "quarter",
            "first": "2020-04",
            "last": "2021-06",
            "split": "condition_concept_id",
            "at_most": 3,
        },
    },
    "forecast": {
        "name": "demand",
        "kind": "forecast",
        "by": ["sex"],
        "events": {
            "table": "condition_occurrence",
            "date": "condition_start_date",
            "first": "2020-04",
            "last": "2021-06",
            "at_most": 3,
        },
        "ahead": 3,
    },
    "codes": {
        "name": "most_common",
        "kind": "codes",
        "by": ["sex"],
        "events": {"table": "condition_occurrence", "split": "condition_concept_id", "at_most": 2},
    },
    "linear": {
        "name": "bmi_by_change",
        "kind": "linear",
        "of": "bmi",
        "lower": "15",
        "upper": "45.5",
        "on": [{"of": "change", "lower": "-10", "upper": "20"}, {"of": "smoker"}],
        "by": ["sex"],
    },
    "logistic": {
        "name": "who_smokes",
        "kind": "logistic",
        "of": "smoker",
        "on": [{"of": "outcome", "reference": "lived"}, {"of": "treated"}],
        "by": ["sex"],
    },
    "table": {"name": "sex_by_smoking", "kind": "table", "by": ["sex", "smoker"]},
}

TERMS = Terms(
    tables={"condition_occurrence": ("condition_concept_id", "condition_start_date")},
    delta_e15=500_000_000,
    public_population=20_000,
    threshold_delta0_e15=100_000,
)


def single(kind):
    """The statistic of that kind with as few cells as it can have."""
    return bound(kind) if kind == "table" else bound(kind, by=[])


def bound(kind, **changes):
    """The statistic of that kind over the small view, bound to its columns."""
    return bind(Statistic.model_validate({**ASKED[kind], **changes}), COLUMNS, TERMS)
