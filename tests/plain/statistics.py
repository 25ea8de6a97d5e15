"""Each statistic a second time, without noise, as loops that a newcomer can check.

`people` is a list of dictionaries, one per person, values by view column: numbers as Fractions in the column's own
unit, flags as True, False or None, keys as they stand in the domain.
"""

import math
from fractions import Fraction
from itertools import pairwise

from tests.plain.event_statistics import codes, forecast, periods


def count(people, asked):
    """{key values: {"people": n}}"""
    return {keys: {"people": len(group)} for keys, group in _groups(people, asked).items()}


def proportion(people, asked):
    """{key values: {"people": how many are known, "with": how many are true}}"""
    table = {}
    for keys, group in _groups(people, asked).items():
        known = [person[asked["of"]] for person in group if person[asked["of"]] is not None]
        table[keys] = {"people": len(known), "with": known.count(True)}
    return table


def total(people, asked):
    """{key values: {"people": how many are known, "total": sum of clamped values}}"""
    table = {}
    low, high = Fraction(str(asked["lower"])), Fraction(str(asked["upper"]))
    for keys, group in _groups(people, asked).items():
        known = [person[asked["of"]] for person in group if person[asked["of"]] is not None]
        table[keys] = {"people": len(known), "total": sum((min(max(v, low), high) for v in known), Fraction(0))}
    return table


def histogram(people, asked):
    """{key values and bin: {"people": n}}; bins as "low..high", the last one closed on both sides."""
    edges = [Fraction(str(edge)) for edge in asked["edges"]]
    table = {}
    for keys, group in _groups(people, asked).items():
        for position, (low, high) in enumerate(pairwise(edges)):
            last = position == len(edges) - 2
            found = 0
            for person in group:
                value = person[asked["of"]]
                if value is not None and low <= value and (value < high or (last and value == high)):
                    found += 1
            table[(*keys, f"{asked['edges'][position]}..{asked['edges'][position + 1]}")] = {"people": found}
    return table


def spread(people, asked):
    """{key values and measure: {"value": mean, variance (divisor n) or standard deviation of clamped values}}"""
    table = {}
    for keys, exact in total(people, asked).items():
        if not exact["people"]:
            continue
        mean = exact["total"] / exact["people"]
        low, high = Fraction(str(asked["lower"])), Fraction(str(asked["upper"]))
        distances = []
        for person in people:
            if tuple(person[name] for name in asked.get("by", ())) == keys and person[asked["of"]] is not None:
                distances.append((min(max(person[asked["of"]], low), high) - mean) ** 2)
        variance = sum(distances) / len(distances)
        table[(*keys, "mean")] = {"value": mean}
        table[(*keys, "variance")] = {"value": variance}
        table[(*keys, "standard_deviation")] = {"value": Fraction(float(variance) ** 0.5)}
    return table


def quantiles(people, asked):
    """{key values and share: {"value": the least clamped value with at least that share at or below it}}"""
    table = {}
    low, high = Fraction(str(asked["lower"])), Fraction(str(asked["upper"]))
    for keys, group in _groups(people, asked).items():
        known = sorted(min(max(person[asked["of"]], low), high) for person in group if person[asked["of"]] is not None)
        for share in asked["quantiles"]:
            for position, value in enumerate(known, start=1):
                if position >= Fraction(share) * len(known):
                    table[(*keys, share)] = {"value": value}
                    break
    return table


def comparison(people, asked):
    """{key values and measure: {"value": …}} from the four counts; absent where a group or a ratio has no value."""
    table = {}
    for keys, group in _groups(people, asked).items():
        shares, sizes = [], []
        for value in asked["groups"]:
            known = [
                each[asked["of"]] for each in group if each[asked["group"]] is value and each[asked["of"]] in (0, 1)
            ]
            sizes.append(len(known))
            shares.append(Fraction(known.count(True), len(known)) if known else None)
        if None in shares:
            continue
        first, second = shares
        table[(*keys, "risk_compared")] = {"value": first, "people": min(sizes)}
        table[(*keys, "risk_reference")] = {"value": second, "people": min(sizes)}
        table[(*keys, "risk_difference")] = {"value": first - second, "people": min(sizes)}
        if first and second:
            table[(*keys, "risk_ratio")] = {"value": first / second, "people": min(sizes)}
        if 0 < first < 1 and 0 < second < 1:
            table[(*keys, "odds_ratio")] = {
                "value": first / (1 - first) / (second / (1 - second)),
                "people": min(sizes),
            }
    return table


YEARS = {"d": Fraction(1461, 4), "wk": Fraction(1461, 28), "mo": Fraction(12), "a": Fraction(1)}  # of these in a year


def rate(people, asked, unit="d"):
    """{key values: {"value": capped events in 1,000 capped person-years, of people for whom both are known}}"""
    table = {}
    for keys, group in _groups(people, asked).items():
        events, time, known = _person_time(group, asked)
        if time > 0:
            table[keys] = {"value": 1000 * events / (time / YEARS[unit]), "people": known, "time": time}
    return table


# of 100,000 people of the European Standard Population 2013, from 0 to 4 upwards; 90 and over are together
STANDARD = "5000 5500 5500 5500 6000 6000 6500 7000 7000 7000 7000 6500 6000 5500 5000 4000 2500 1500 1000"


def standardised(people, asked, unit="d"):
    """{key values and measure: {"value": …}} per 100,000; the standardised rate needs time in each of 19 bands"""
    table, bands = {}, [f"{low:02d}-{low + 4:02d}" for low in range(0, 90, 5)] + ["90+"]
    for keys, group in _groups(people, asked).items():
        aged = [person for person in group if person[asked["age"]] in bands]
        rates = {}
        for band in bands:
            events, time, _ = _person_time([person for person in aged if person[asked["age"]] == band], asked)
            if time > 0:
                rates[band] = 100_000 * events / (time / YEARS[unit])
        if len(rates) == len(bands):
            weights = dict(zip(bands, map(int, STANDARD.split()), strict=True))
            value = sum(weights[band] * rates[band] for band in bands) / 100_000
            table[(*keys, "standardised_rate")] = {"value": value}
        events, time, known = _person_time(aged, asked)
        if time > 0:
            value = 100_000 * events / (time / YEARS[unit])
            table[(*keys, "crude_rate")] = {"value": value, "people": known, "time": time}
    return table


def survival(people, asked, endings=("died", "moved", "lived")):
    """{key values, measure and time: {"value": share or people}}: Kaplan-Meier, Aalen-Johansen, people at risk

    `endings` are the public values of the outcome. A figure after which nobody was at risk is not here.
    """
    table = {}
    step, steps = Fraction(asked["step"]), int(Fraction(asked["upper"]) / Fraction(asked["step"]))
    causes = [ending for ending in endings if ending != asked["censored"]]
    for keys, group in _groups(people, asked).items():
        known = [(each[asked["of"]], each[asked["time"]]) for each in group if each[asked["of"]] in endings]
        ended = [(how, min(max(int(time // step), 0), steps)) for how, time in known if time is not None]
        free, happened = Fraction(1), dict.fromkeys(causes, Fraction(0))
        for number in range(steps + 1):
            at_risk = sum(when >= number for _, when in ended)
            table[(*keys, "at_risk", str(number * step))] = {"value": at_risk}
            if number == steps or not at_risk:
                continue
            events = {cause: ended.count((cause, number)) for cause in causes}
            for cause in causes:
                happened[cause] += free * events[cause] / at_risk
            free *= 1 - Fraction(sum(events.values()), at_risk)
            until = str((number + 1) * step)
            table[(*keys, "survival", until)] = {"value": free}
            for cause in causes if len(causes) > 1 else []:
                table[(*keys, f"incidence_{cause}", until)] = {"value": happened[cause]}
    return table


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


def _person_time(group, asked):
    """Capped events and capped time of those for whom both are known, and how many they are."""
    both = [(person[asked["of"]], person[asked["time"]]) for person in group]
    known = [(Fraction(events), time) for events, time in both if events is not None and time is not None]
    most, longest = Fraction(str(asked["upper"])), Fraction(str(asked["time_upper"]))
    events = sum(min(max(number, 0), most) for number, _ in known)
    return events, sum(min(max(time, 0), longest) for _, time in known), len(known)


def table(people, asked):
    """{values of the keys: {"people": n}} with "*" for the keys added up over: cells, margins of each key, the total"""
    found = {}
    for keys, group in _groups(people, asked).items():
        if None in keys or "unlisted" in keys:
            continue
        texts = [str(key).lower() if isinstance(key, bool) else key for key in keys]
        wanted = [tuple(texts), ("*",) * len(texts)]
        for place, text in enumerate(texts):
            wanted.append(("*",) * place + (text,) + ("*",) * (len(texts) - place - 1))
        for each in wanted:
            found[each] = {"people": found.get(each, {"people": 0})["people"] + len(group)}
    return found


TWINS = {
    "count": count,
    "proportion": proportion,
    "sum": total,
    "mean": total,
    "histogram": histogram,
    "spread": spread,
    "quantiles": quantiles,
    "comparison": comparison,
    "table": table,
    "periods": periods,
    "codes": codes,
    "forecast": forecast,
    "rate": rate,
    "standardised": standardised,
    "survival": survival,
    "linear": linear,
    "logistic": logistic,
}


def _groups(people, asked):
    """People by the values of the keys; the groups present only. A cell that nobody is in is not here."""
    groups = {}
    if not asked.get("by"):
        groups[()] = []
    for person in people:
        groups.setdefault(tuple(person[name] for name in asked.get("by", ())), []).append(person)
    return groups
