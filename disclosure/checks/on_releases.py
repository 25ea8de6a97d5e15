"""A preset applied to released values: what stands in an artefact, and nothing else (P10, P11).

Every finding says "on released values", for noise may have moved a figure across a line either way; what needs to
know contributors says that it cannot be decided.
"""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from disclosure.checks.presets import Demand, Preset, Rule
from disclosure.checks.risks import Risk, bears
from disclosure.checks.verdicts import ON_RELEASED, SHOWN_CELLS, UNDECIDABLE, Checked, Finding, Outcome

JSON = Mapping[str, Any]
PAIRS = frozenset({"proportion", "comparison"})  # whose drawn numbers are numbers of people


def check_release(artefact: JSON, preset: Preset, *, floor_half_width: int) -> Checked:
    """Every demand of the preset on the released values, and how many of them are too noisy to use.

    `floor_half_width` is that of the terms, in people.
    """
    released = _Released(artefact, floor_half_width)
    found = [_RULES[demand.rule](released, demand, preset) for demand in preset.demands if demand.rule in _RULES]
    return Checked(
        preset.id, preset.name, preset.source, preset.address, "the released values", [*found, _too_noisy(released)]
    )


class _Released:
    """An artefact, and its numbers of people."""

    def __init__(self, artefact: JSON, floor: int) -> None:
        self.floor = floor
        self.statistics = {each["name"]: each for each in artefact["statistics"]}
        self.cells: Sequence[JSON] = artefact["cells"]

    def any_bears(self, risk: Risk) -> bool:
        """Is a statistic released that bears the risk?"""
        return any(bears(each["kind"], risk) for each in self.statistics.values())

    def people(self, cell: JSON) -> list[Fraction]:
        """The noisy numbers of people that a cell shows or rests on; none where it has drawn others."""
        statistic = self.statistics[cell["statistic"]]
        if statistic["kind"] in PAIRS:
            return [Fraction(each) for each in cell["drawn"]]
        if statistic["kind"] == "mean" and len(cell["drawn"]) == 2:
            return [Fraction(cell["drawn"][1], int(statistic["weight"]))]
        return [Fraction(cell["value"])] if self.unit(cell) == "people" and cell["value"] is not None else []

    def unit(self, cell: JSON) -> str:
        """The unit of a cell: that of its measure, where a statistic has several."""
        statistic = self.statistics[cell["statistic"]]
        units = {each["value"]: each["unit"] for each in statistic.get("measures", ())}
        return str(units.get(cell["keys"].get("measure"), statistic["unit"]))

    def freedom(self) -> list[tuple[JSON, Fraction]]:
        """For each model that tells its noisy number of people: that less its coefficients."""
        return [
            (cell, people - (len(self.statistics[cell["statistic"]]["measures"]) - 1))
            for cell in self.cells
            if bears(self.statistics[cell["statistic"]]["kind"], Risk.MODEL) and cell["keys"].get("measure") == "people"
            for people in self.people(cell)
        ]


def _low_counts(released: _Released, demand: Demand, preset: Preset) -> Finding:
    low = [cell for cell in released.cells if any(number < demand.number for number in released.people(cell))]
    if not low:
        told = f"No figure shows or rests on fewer than {demand.number} people, {ON_RELEASED}."
        return _finding(demand, Outcome.NOTHING, f"{told} {_really(released, demand)}")
    found = f"{len(low)} of {len(released.cells)} figures show or rest on fewer than {demand.number} people"
    told = f"{found}, {ON_RELEASED}. {_really(released, demand)}"
    return _finding(demand, Outcome.LOOK if preset.exceptions else Outcome.CHANGE, told, low)


def _really(released: _Released, demand: Demand) -> str:
    said = UNDECIDABLE if released.floor >= demand.number else "not decidable after DP, and not covered by the floor"
    return f"For the people really counted it is {said} of ±{released.floor} people."


def _zeros(released: _Released, demand: Demand, preset: Preset) -> Finding:  # noqa: ARG001
    none = [cell for cell in released.cells if any(number <= 0 for number in released.people(cell))]
    if not none:
        return _finding(demand, Outcome.NOTHING, f"No number of people is 0 or below, {ON_RELEASED}.")
    told = (
        f"{len(none)} figures show or rest on 0 people or fewer, {ON_RELEASED}: that is the noise's doing and does not "
    )
    return _finding(demand, Outcome.COVERED, f"{told}say that nobody is there.", none)


def _dominance(released: _Released, demand: Demand, preset: Preset) -> Finding:  # noqa: ARG001
    if not released.any_bears(Risk.DOMINANCE):
        return _finding(demand, Outcome.NOTHING, "No total or mean of values is released.")
    told = f"How much of a total the two largest contributions make up is {UNDECIDABLE}."
    return _finding(demand, Outcome.UNDECIDABLE, told)


def _degrees_of_freedom(released: _Released, demand: Demand, preset: Preset) -> Finding:
    if not released.any_bears(Risk.MODEL):
        return _finding(demand, Outcome.NOTHING, "No model is released.")
    told, few = released.freedom(), f"fewer than {demand.number} residual degrees of freedom"
    if not told:
        return _finding(demand, Outcome.UNDECIDABLE, f"Whether a model has {few} is {UNDECIDABLE}.")
    low = [cell for cell, freedom in told if freedom < demand.number]
    if not low:
        return _finding(demand, Outcome.NOTHING, f"No model has {few}, {ON_RELEASED}.")
    found = Outcome.LOOK if preset.exceptions else Outcome.CHANGE
    return _finding(demand, found, f"{len(low)} of {len(told)} models have {few}, {ON_RELEASED}.", low)


def _finding(demand: Demand, outcome: Outcome, sentence: str, cells: Sequence[JSON] = ()) -> Finding:
    return Finding(demand.rule.value, outcome, sentence, demand.words, _places(cells))


def _places(cells: Sequence[JSON]) -> tuple[JSON, ...]:
    return tuple({"statistic": cell["statistic"], "labels": cell["labels"]} for cell in cells[:SHOWN_CELLS])


def _too_noisy(released: _Released) -> Finding:
    """Marked by the statistics themselves, on released values alone."""
    loud = [cell for cell in released.cells if cell["too_noisy"]]
    unsure = sum(cell["value"] is not None and cell["low"] is None for cell in released.cells)
    if not loud:
        return Finding("too_noisy", Outcome.NOTHING, f"No figure is marked too noisy to use, {ON_RELEASED}.")
    told = f"{len(loud)} of {len(released.cells)} figures are marked too noisy to use, {ON_RELEASED}"
    told += f"; {unsure} have a value without a valid interval." if unsure else "."
    most = 2 * len(loud) > len(released.cells)
    return Finding("too_noisy", Outcome.LOOK if most else Outcome.COVERED, told, cells=_places(loud))


_RULES: dict[Rule, Callable[[_Released, Demand, Preset], Finding]] = {
    Rule.LOW_COUNTS: _low_counts,
    Rule.ZEROS: _zeros,
    Rule.DOMINANCE: _dominance,
    Rule.DEGREES_OF_FREEDOM: _degrees_of_freedom,
}
