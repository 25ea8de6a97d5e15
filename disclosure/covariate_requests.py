"""What a regression asks of each covariate: a number with bounds, a flag, or a column whose values are groups."""

from pydantic_core import PydanticCustomError

from disclosure.request_values import Bound, Key, Name, Strict

MOST = 8
NEXT = {
    "on": f'Give 1 to {MOST} covariates such as {{"of": "age", "lower": 20, "upper": 90}} (a number) or '
    '{"of": "smoker"} (a flag); for logistic regression columns of groups, with the reference where it is not the '
    'first, such as {"of": "sex", "reference": "female"}.',
    "reference": "Give the value that the others are compared with, as the column holds it.",
}


class Covariate(Strict):
    """One covariate: `lower` and `upper` for a number, `reference` for a column of groups, neither for a flag."""

    of: Name
    lower: Bound = None
    upper: Bound = None
    reference: Key | None = None


def check_covariates(kind: str, outcome: str | None, on: tuple[Covariate, ...] | None) -> None:
    """Raises a pydantic error unless each column is named once and has what its kind of regression takes."""
    if on is None:
        return
    names = [outcome, *(covariate.of for covariate in on)]
    if len(set(names)) < len(names):
        raise PydanticCustomError("on", "must name each column once, and not the outcome")
    for covariate in on:
        bounded = (covariate.lower is not None) + (covariate.upper is not None)
        wrong = bounded == 1 or covariate.reference is not None if kind == "linear" else bounded > 0
        if wrong:
            raise PydanticCustomError("on", "must give both bounds or none to linear, and none to logistic regression")
