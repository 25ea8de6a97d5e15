"""Regressions without noise, as loops; `people` and `asked` are those of `tests.plain.statistics`."""

import math
from fractions import Fraction

from tests.plain.groups import groups_of as _groups


def linear(people, asked):
    """{key values and measure: {"value": …}} by solving the normal equations in fractions; absent where they do not"""
    table = {}
    named = [*asked["on"], {"of": asked["of"], "lower": asked["lower"], "upper": asked["upper"]}]
    for keys, group in _groups(people, asked).items():
        whole = [[_clamped(person[each["of"]], each) for each in named] for person in group]
        rows = [[Fraction(1), *row] for row in whole if None not in row]
        table[(*keys, "people")] = {"value": len(rows)}
        found = _solved(rows)
        if found is None:
            continue
        expected = found[0]
        for slope, each in zip(found[1:], asked["on"], strict=True):
            if "lower" in each:
                low, high = Fraction(each["lower"]), Fraction(each["upper"])
                expected += slope * (low + high) / 2
            table[(*keys, f"{'slope' if 'lower' in each else 'difference'}_{each['of']}")] = {"value": slope}
        table[(*keys, "expected")] = {"value": expected}
    return table


def _clamped(value, bounds):
    if value is None or "lower" not in bounds:
        return None if value is None else Fraction(value)
    return min(max(value, Fraction(bounds["lower"])), Fraction(bounds["upper"]))


def _solved(rows):
    """The least-squares coefficients of the last number of each row on the others, by Gaussian elimination."""
    size = len(rows[0]) - 1 if rows else 0
    return _eliminated([[sum(row[i] * row[j] for row in rows) for j in range(size + 1)] for i in range(size)])


def _eliminated(sums):
    """The unknowns of as many equations, the right side last; None where they are not told apart."""
    size = len(sums)
    for i in range(size):
        pivot = next((j for j in range(i, size) if abs(sums[j][i]) > 1e-12), None)
        if pivot is None:
            return None
        sums[i], sums[pivot] = sums[pivot], sums[i]
        for j in range(size):
            if j != i:
                times = sums[j][i] / sums[i][i]
                sums[j] = [a - times * b for a, b in zip(sums[j], sums[i], strict=True)]
    return [sums[i][size] / sums[i][i] for i in range(size)] or None


def logistic(people, asked, groups=(("lived", "died", "moved"), (False, True))):
    """{key values and term: {"value": odds or odds ratio}} by Newton's method; `groups` have the reference first

    Shaky where some group has fewer than five people with, or without, or where it does not end.
    """
    table, names = {}, [each["of"] for each in asked["on"]]
    for keys, group in _groups(people, asked).items():
        rows = []
        for person in group:
            places = [
                list(of).index(person[name]) for of, name in zip(groups, names, strict=True) if person[name] in of
            ]
            if len(places) == len(names) and person[asked["of"]] is not None:
                flags = [float(place == n) for place, of in zip(places, groups, strict=True) for n in range(len(of))]
                rows.append((flags, float(person[asked["of"]])))
        columns = range(sum(map(len, groups)))
        few = min(sum(flags[n] * (y == side) for flags, y in rows) for n in columns for side in (0, 1))
        first = [sum(map(len, groups[:place])) for place in range(len(groups))]
        kept = [n for n in columns if n not in first]
        found = _newton([([1.0, *(flags[n] for n in kept)], y) for flags, y in rows]) if few else None
        terms = [f"{name}={_text(value)}" for of, name in zip(groups, names, strict=True) for value in of[1:]]
        for place, term in enumerate(["odds", *terms]):
            table[(*keys, term)] = {"value": math.exp(found[place]) if found else None, "shaky": few < 5 or not found}
    return table


def _text(value):
    return str(value).lower() if isinstance(value, bool) else value


def _newton(rows):
    """The coefficients of highest likelihood, or None where they run away."""
    size = len(rows[0][0])
    found = [0.0] * size
    for _ in range(50):
        curvature, slope = [[0.0] * size for _ in range(size)], [0.0] * size
        for x, y in rows:
            chance = 1 / (1 + math.exp(-sum(a * b for a, b in zip(x, found, strict=True))))
            for i in range(size):
                slope[i] += x[i] * (y - chance)
                for j in range(size):
                    curvature[i][j] += x[i] * x[j] * chance * (1 - chance)
        step = _eliminated([[*row, end] for row, end in zip(curvature, slope, strict=True)])
        found = [a + b for a, b in zip(found, step, strict=True)] if step else found
        if not step or max(map(abs, found)) > 15:
            return None
        if max(map(abs, step)) < 1e-10:
            break
    return found
