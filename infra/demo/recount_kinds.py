"""Each statistic counted again from rows of a view, in plain loops and in the columns' own units.

Rows are dictionaries: numbers as fractions, flags as True and False, keys as the catalogue has them, None where not
known. What is given here is what `disclosure.recounts.coordinates` reads.
"""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise, product
from typing import Any

Row = Mapping[str, Any]
Rows = Sequence[Row]
Statistic = Mapping[str, Any]
Exact = dict[str, Any]


def recounted(statistic: Statistic, keys: Mapping[str, Any], rows: Rows, listed: Mapping[str, set[str]]) -> Exact:
    """What a plain count gives for a cell: `rows` are those with the cell's keys (`by`), `keys` all of its keys.

    `listed` are the public values of the keys that stand within a cell, without "*".
    """
    if statistic["kind"] == "table":
        rows = [row for row in rows if all(text(row[column]) in values for column, values in listed.items())]
    return _KINDS.get(statistic["kind"], _count)(statistic, keys, rows)


def text(value: object) -> str | None:
    """A value as a key is written."""
    return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _count(statistic: Statistic, keys: Mapping[str, Any], rows: Rows) -> Exact:
    names = [name for name in statistic.get("within", []) if keys[name] != "*"]
    return {"people": sum(all(text(row[name]) == keys[name] for name in names) for row in rows)}


def _proportion(statistic: Statistic, _: Mapping[str, Any], rows: Rows) -> Exact:
    known = [row[statistic["of"]] for row in rows if row[statistic["of"]] is not None]
    return {"people": len(known), "with": sum(known)}


def _total(statistic: Statistic, _: Mapping[str, Any], rows: Rows) -> Exact:
    known = _clamped(rows, statistic["of"], statistic)
    return {"people": len(known), "total": sum(known), "squares": sum(value**2 for value in known)}


def _clamped(rows: Rows, column: str, bounds: Mapping[str, Any]) -> list[Fraction]:
    low, high = Fraction(bounds["lower"]), Fraction(bounds["upper"])
    return [min(max(Fraction(row[column]), low), high) for row in rows if row[column] is not None]


def _histogram(statistic: Statistic, keys: Mapping[str, Any], rows: Rows) -> Exact:
    edges = [Fraction(edge) for edge in statistic["edges"]]
    names = [f"{low}..{high}" for low, high in pairwise(statistic["edges"])]
    place = names.index(keys[statistic["of"]])
    low, high, last = edges[place], edges[place + 1], place == len(names) - 1
    values = [row[statistic["of"]] for row in rows if row[statistic["of"]] is not None]
    return {"people": sum(low <= value < high or (last and value == high) for value in values)}


def _quantiles(statistic: Statistic, _: Mapping[str, Any], rows: Rows) -> Exact:
    low, high, step = (Fraction(statistic[name]) for name in ("lower", "upper", "unit_step"))
    leaves = [0] * ((high - low) // step + 1)
    for value in _clamped(rows, statistic["of"], statistic):
        leaves[(value - low) // step] += 1
    return {"leaves": leaves}


def _comparison(statistic: Statistic, _: Mapping[str, Any], rows: Rows) -> Exact:
    pairs = [(text(row[statistic["group"]]), row[statistic["of"]]) for row in rows]
    return {"counts": [pairs.count((group, flag)) for group in statistic["groups"] for flag in (False, True)]}


def _rate(statistic: Statistic, _: Mapping[str, Any], rows: Rows) -> Exact:
    known = [row for row in rows if row[statistic["of"]] is not None and row[statistic["time"]] is not None]
    time = {"lower": "0", "upper": statistic["time_upper"]}
    return {
        "events": sum(_clamped(known, statistic["of"], statistic)),
        "time": sum(_clamped(known, statistic["time"], time)),
    }


def _standardised(statistic: Statistic, keys: Mapping[str, Any], rows: Rows) -> Exact:
    found = []
    for band in sorted(statistic["standard"]):
        exact = _rate(statistic, keys, [row for row in rows if row[statistic["age"]] == band])
        found.append((exact["events"], exact["time"]))
    return {"bands": found}


def _survival(statistic: Statistic, _: Mapping[str, Any], rows: Rows) -> Exact:
    step, endings = Fraction(statistic["step"]), list(statistic["endings"])
    steps = Fraction(statistic["upper"]) // step + 1
    counts = [0] * (len(endings) * steps)
    for row in rows:
        ending, time = text(row[statistic["of"]]), row[statistic["time"]]
        if ending in endings and time is not None:
            counts[endings.index(ending) * steps + min(max(time // step, 0), steps - 1)] += 1
    return {"counts": counts}


def _linear(statistic: Statistic, _: Mapping[str, Any], rows: Rows) -> Exact:
    terms = statistic["terms"]
    size = len(terms) + 1
    sums = [[Fraction(0)] * size for _ in range(size)]
    for row in rows:
        if all(row[term["of"]] is not None for term in terms):
            flat = {"lower": "0", "upper": "1"}
            values = [Fraction(1), *(_clamped([row], term["of"], {**flat, **term})[0] for term in terms)]
            for i, j in product(range(size), repeat=2):
                sums[i][j] += values[i] * values[j]
    return {"sums": sums}


def _logistic(statistic: Statistic, _: Mapping[str, Any], rows: Rows) -> Exact:
    columns = [statistic["of"], *(each["of"] for each in statistic["on"])]
    groups = [["false", "true"], *(each["groups"] for each in statistic["on"])]
    people = [tuple(text(row[column]) for column in columns) for row in rows]
    return {"counts": [people.count(values) for values in product(*groups)]}


def _over_events(statistic: Statistic, keys: Mapping[str, Any], rows: Rows) -> Exact:
    """People who touch a cell. Rows name the cells they touch; nobody may touch more than count, or this is no recount.

    Which cells of a person count, where there are more, only the secret key of the person says.
    """
    cells = [row["touched"][statistic["name"]] for row in rows]
    if max(map(len, cells), default=0) > int(statistic["at_most"]):
        raise ValueError("somebody touches more cells than count")
    names = [name for name in statistic["within"] if name != "measure"]
    return {"people": sum(tuple(keys[name] for name in names) in touched for touched in cells)}


_KINDS: dict[str, Callable[[Statistic, Mapping[str, Any], Rows], Exact]] = {
    "proportion": _proportion,
    "sum": _total,
    "mean": _total,
    "spread": _total,
    "histogram": _histogram,
    "quantiles": _quantiles,
    "comparison": _comparison,
    "rate": _rate,
    "standardised": _standardised,
    "survival": _survival,
    "linear": _linear,
    "logistic": _logistic,
    "periods": _over_events,
    "codes": _over_events,
    "forecast": _over_events,
}
