"""Statistics over event rows as loops. `people` have the view's columns, a `sample_key` and their `events`.

A person counts in so many cells and no more: those that come first in the order of `tests.plain.events`.
"""

from tests.plain.events import kept
from workspaces.catalogue.tables import TABLES

MONTHS = {"month": 1, "quarter": 3, "year": 12}


def periods(people, asked):
    """{key values, split, period: {"people": n}}; cells that nobody is in are not here."""
    events, found = asked["events"], {}
    names = period_names(events)
    column = TABLES[events["table"]].column(events["split"]) if "split" in events else None
    splits = list(column.domain.values) if column else [None]
    for person in people:
        touched = set()
        for event in person["events"]:
            split = event[column.name] if column else None
            name = period_of(event[events["date"]], events)
            if split in splits and name in names:
                touched.add(splits.index(split) * len(names) + names.index(name))
        for cell in kept(person, touched, events["at_most"]):
            split = (splits[cell // len(names)],) if column else ()
            keys = (*(person[name] for name in asked.get("by", ())), *split, names[cell % len(names)])
            found[keys] = {"people": found.get(keys, {"people": 0})["people"] + 1}
    return found


def forecast(people, asked):
    """{key values, month, "counted": {"people": n}}; what is forecast from noisy counts has a twin of its own."""
    monthly = {**asked, "events": {**asked["events"], "per": "month"}}
    return {(*keys, "counted"): exact for keys, exact in periods(people, monthly).items()}


def codes(people, asked):
    """{key values, code: {"people": n}} of the codes found that have a name."""
    events, found = asked["events"], {}
    named = TABLES[events["table"]].column(events["split"]).domain.values
    for person in people:
        touched = {event[events["split"]] for event in person["events"]} & set(named)
        for code in kept(person, touched, events["at_most"]):
            keys = (*(person[name] for name in asked.get("by", ())), str(code))
            found[keys] = {"people": found.get(keys, {"people": 0})["people"] + 1}
    return found


def period_names(events):
    """The names of all periods, in order."""
    names, (year, month) = [], (int(part) for part in events["first"].split("-"))
    while f"{year}-{month:02d}" <= events["last"]:
        name = name_of(year, month, events["per"])
        names += [name] if name not in names else []
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return names


def period_of(day, events):
    """The name of the period that a day is in."""
    return None if day is None else name_of(day.year, day.month, events["per"])


def name_of(year, month, per):
    """2020, 2020-Q2 or 2020-04."""
    if per == "year":
        return str(year)
    return f"{year}-Q{(month + 2) // 3}" if per == "quarter" else f"{year}-{month:02d}"
