"""What to write instead of a clause or function that is refused, where there is something better than a list."""

from typing import Any

from sqlglot import exp

_MEAN = "Write // by a whole number, such as days // 7; for a mean write avg, for a share release a proportion."
_TEXT = "Compare text with = or IN ('…', '…'), or turn it into groups with CASE."
_LATEST = (
    "For one row of several write arg_max(value, date), or QUALIFY row_number() OVER (PARTITION BY person_id ORDER BY "
    "date DESC) = 1."
)
_SPREAD = "Take avg, min or max of a person's values; over people release quantiles or a spread."
_DAY = "Write the day, for example DATE '2023-12-31'."
_TURNED = "Write first_value with the order turned round, or row_number and a condition on it."
_LIST = "Ask list_contains(list(x), value), len(list(x)), list(x ORDER BY date)[1] or [-1], in one query."
_AGE = "For an age write year(date) - year_of_birth, or date_diff of two dates."
_PART = "Write year(date), quarter(date) or month(date)."

INSTEAD: dict[Any, str] = {
    exp.Div: _MEAN,
    exp.Round: "Leave it out: numbers are whole steps of their column's grid.",
    exp.Like: _TEXT,
    exp.ILike: _TEXT,
    exp.SimilarTo: _TEXT,
    exp.RegexpLike: _TEXT,
    exp.DPipe: _TEXT,
    exp.Concat: _TEXT,
    exp.Median: _SPREAD,
    exp.PercentileCont: _SPREAD,
    exp.PercentileDisc: _SPREAD,
    exp.Quantile: _SPREAD,
    exp.Stddev: _SPREAD,
    exp.StddevSamp: _SPREAD,
    exp.Variance: _SPREAD,
    exp.Mode: "Count each value with count(*) FILTER (WHERE …) and compare the counts.",
    exp.First: "Write first(x ORDER BY date), or arg_min(x, date).",
    exp.Last: "Write last(x ORDER BY date), or arg_max(x, date).",
    exp.ArrayAgg: _LIST,
    exp.ArrayContains: _LIST,
    exp.Bracket: _LIST,
    exp.Array: "Write IN (1, 2), list_contains([1, 2], x) or x = ANY([1, 2]).",
    exp.GroupConcat: _LIST,
    exp.LastValue: _TURNED,
    exp.NthValue: _TURNED,
    exp.Ntile: "Write row_number, rank or dense_rank.",
    exp.Lateral: _LATEST,
    exp.CurrentDate: _DAY,
    exp.CurrentTimestamp: _DAY,
    exp.DateFromParts: _AGE,
    exp.TimestampTrunc: _PART,
    exp.DateTrunc: _PART,
    exp.Rand: "Leave chance out: a view is the same each time it is read.",
    exp.Values: "Write IN (1, 2), or in_code_list(column, 'diabetes/1').",
    exp.Except: "Write NOT EXISTS (SELECT 1 FROM t WHERE t.person_id = p.person_id AND …).",
    exp.Intersect: "Write EXISTS (SELECT 1 FROM t WHERE t.person_id = p.person_id AND …).",
}
