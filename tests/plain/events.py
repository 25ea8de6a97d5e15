"""Event plans as loops: which cells a person's events fall in, which of them count, and how many people are in each.

`people` are dictionaries with the view's columns, `sample_key` and `events`: dictionaries of the event's columns.
"""

import numpy as np

PRIME = 2_147_483_647


def order(sample_key, key):
    """The place of a person's cell: the fifth power of a line through the person's own two numbers."""
    slope, height = 1 + sample_key % (PRIME - 1), (sample_key >> 32) % PRIME
    x = (slope * key + height) % PRIME
    return x**5 % PRIME, key


def answer_events(plan, people):
    """(cells, periods) of an event plan."""
    periods = plan.periods.size if plan.periods else 1
    table = np.zeros((plan.shape[0] * periods,), dtype=np.int64)
    splits = list(plan.split.domain.values) if plan.split else [None]
    for person, own in placed(plan.of_person, people):
        touched = {key_of(plan, splits, event) for event in person["events"]} - {None}
        for key in kept(person, touched, plan.at_most):
            table[own * len(splits) * periods + key] += 1
    return table.reshape(plan.shape)


def answer_codes(plan, people):
    """(found, 3) of a code plan: cell, code, people."""
    found = {}
    for person, own in placed(plan.by, people):
        codes = {event[plan.code.name] for event in person["events"]} & set(plan.vocabulary.values)
        for code in kept(person, codes, plan.at_most):
            found[own, code] = found.get((own, code), 0) + 1
    return np.array([[*pair, number] for pair, number in sorted(found.items())], dtype=np.int64).reshape(-1, 3)


def kept(person, touched, at_most):
    """Of the cells a person touches those that count."""
    return sorted(touched, key=lambda key: order(person["sample_key"], key))[:at_most]


def placed(columns, people):
    """People with the number of their own cell; those with a key outside its domain are in none."""
    for person in people:
        own = 0
        for column in columns:
            values = list(column.domain.values)
            if person[column.name] not in values:
                break
            own = own * len(values) + values.index(person[column.name])
        else:
            yield person, own


def key_of(plan, splits, event):
    """The number of the cell an event falls in, None when it falls in none."""
    split = None if plan.split is None else event[plan.split.name]
    if split not in splits:
        return None
    if plan.periods is None:
        return splits.index(split)
    day = event[plan.periods.column]
    if day is None:
        return None
    months = 12 * day.year + day.month - 1 - plan.periods.first
    if not 0 <= months < plan.periods.months * plan.periods.size:
        return None
    return splits.index(split) * plan.periods.size + months // plan.periods.months
