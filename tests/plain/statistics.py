"""Each statistic a second time, without noise, as loops that a newcomer can check.

`people` is a list of dictionaries, one per person, values by view column: numbers as Fractions in the column's own
unit, flags as True, False or None, keys as they stand in the domain.
"""

from fractions import Fraction
from itertools import pairwise

from tests.plain.event_statistics import codes, forecast, periods
from tests.plain.groups import groups_of as _groups
from tests.plain.regressions import linear, logistic


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


def distances(people, asked, points, less):
    """{key values and share: people between the rank asked for and those at each of the points}

    The ranks of a point are those of its people, less `less` people at either end, or less half of its people.
    """
    table = {}
    for keys, group in _groups(people, asked).items():
        known = [person[asked["of"]] for person in group if person[asked["of"]] is not None]
        clamped = [min(max(value, points[0]), points[-1]) for value in known]
        for share in asked["quantiles"]:
            rank, found = Fraction(share) * len(clamped), []
            for point in points:
                below, there = sum(value < point for value in clamped), clamped.count(point)
                inner = min(less, Fraction(there, 2))
                found.append(max(0, below + inner - rank, rank - (below + there - inner)))
            table[(*keys, share)] = found
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
