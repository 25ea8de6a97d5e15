"""The exact bounded aggregate as loops: what an engine answers for a cell plan, from one dictionary per person."""

from itertools import pairwise, product

import numpy as np

from disclosure.engines.plan import Bins, CellPlan, CountAll, CountKnown, CountTrue, Product, Squares, Sum


def answer(plan: CellPlan, people, columns):
    """(cells, plan columns) of int64; a person whose key is not in its domain is in no cell."""
    width = sum(measure.width for measure in plan.measures)
    places = [range(plan.steps.size)] if plan.steps else []
    rows = {keys: [0] * width for keys in product(*(domain.values for _, domain in plan.keys), *places)}
    for person in people:
        keys = tuple(person[column.name] for column, _ in plan.keys)
        keys += (_step(plan.steps, person, columns),) if plan.steps else ()
        if keys in rows:
            for position, number in enumerate(_numbers(plan, person, columns)):
                rows[keys][position] += number
    return np.array(list(rows.values()), dtype=np.int64).reshape(plan.shape)


def _numbers(plan, person, columns):
    numbers = []
    for measure in plan.measures:
        if isinstance(measure, CountAll):
            numbers.append(1)
        elif isinstance(measure, CountTrue):
            numbers.append(int(person[measure.column] is True))
        elif isinstance(measure, CountKnown):
            numbers.append(int(person[measure.column] is not None))
        elif isinstance(measure, Sum):
            numbers.append(_clamped(measure, _units(person[measure.column], columns[measure.column])))
        elif isinstance(measure, Squares):
            numbers.append(_clamped(measure, _units(person[measure.column], columns[measure.column])) ** 2)
        elif isinstance(measure, Product):
            numbers.append(_product(measure, person, columns))
        elif isinstance(measure, Bins):
            numbers.extend(_bins(measure, _units(person[measure.column], columns[measure.column])))
    return numbers


def _step(steps, person, columns):
    value = _units(person[steps.column], columns[steps.column])
    return None if value is None else (min(max(value, steps.lower), steps.upper) - steps.lower) // steps.width


def _units(value, column):
    return None if value is None else int(value / column.grid.step)


def _product(measure, person, columns):
    if any(person[name] is None for name in measure.known):
        return 0
    found = 1
    for factor in measure.factors:
        value = person[factor.column]
        value = int(value) if isinstance(value, bool) else _units(value, columns[factor.column])
        found *= _clamped(factor, value)
    return found


def _clamped(measure, value):
    return 0 if value is None else min(max(value, measure.lower), measure.upper) - measure.centre


def _bins(measure, value):
    found = []
    for position, (low, high) in enumerate(pairwise(measure.edges)):
        last = position == len(measure.edges) - 2
        found.append(int(value is not None and low <= value and (value < high or (last and value == high))))
    return found
