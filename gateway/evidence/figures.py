"""One statistic's released cells as text: headings, labels, and numbers with as many digits as the noise leaves."""

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from gateway.evidence.chart import Row

JSON = Mapping[str, Any]
ADDITIVE = ("count", "histogram", "sum")
SHARES = {"share": "% of people", "share difference": "percentage points"}
NAMES = {"count": "People", "histogram": "People", "proportion": "Share", "sum": "Total", "mean": "Mean"}
MEASURE = "measure"


def key_columns(statistic: JSON) -> list[str]:
    """The columns that tell a statistic's cells apart, in the order asked for; bins, measures and the like last."""
    within = statistic.get("within", [statistic["of"]] if statistic["kind"] == "histogram" else [])
    return [*statistic["by"], *within]


def unit_of(statistic: JSON, cell: JSON) -> str:
    """The unit of a cell: that of its measure, where a statistic has several."""
    units = {each["value"]: each["unit"] for each in statistic.get("measures", ())}
    return str(units.get(cell["keys"].get(MEASURE), statistic.get("unit", "")))


def parts(statistic: JSON, cells: Sequence[JSON]) -> "list[Figures]":
    """What is charted and listed together: all cells of a statistic, or those of one measure each."""
    if "measures" not in statistic:
        return [Figures(statistic, cells)]
    return [
        Figures(
            {**statistic, "unit": each["unit"], "within": [name for name in statistic["within"] if name != MEASURE]},
            [cell for cell in cells if cell["keys"][MEASURE] == each["value"]],
            str(each["label"]),
        )
        for each in statistic["measures"]
    ]


class Figures:
    """A statistic of an artefact with its cells, or one measure of it."""

    def __init__(self, statistic: JSON, cells: Sequence[JSON], measure: str = "") -> None:
        self.cells = cells
        self.kind = str(statistic["kind"])
        unit = str(statistic["unit"])
        self.percent, self.unit = unit in SHARES, SHARES.get(unit, unit)
        self.bars = self.kind in ADDITIVE or unit == "people"
        self.columns = key_columns(statistic)
        self.keys = [_words(key) for key in self.columns]
        by = " and ".join(key.lower() for key in self.keys)
        name = f"{_words(statistic['name'])}{f': {measure.lower()}' if measure else ''}"
        self.heading = f"{name}{f' by {by}' if by else ''}"
        self.value_name = measure or NAMES.get(self.kind, "People" if unit == "people" else "Value")
        self._digits = self._decimals()

    def number(self, value: float | None) -> str:
        """A value as printed."""
        if value is None:
            return "no value"
        scaled = value * 100 if self.percent else value
        text = f"{round(scaled, self._digits) + 0.0:,.{self._digits}f}".replace("-", "\N{MINUS SIGN}")
        return f"{text} %" if self.percent else text

    def interval(self, cell: JSON) -> str:
        """An interval as printed."""
        if cell["low"] is None or cell["high"] is None:
            return "no valid interval"
        return f"{self.number(cell['low'])} to {self.number(cell['high'])}"

    def labels(self, cell: JSON) -> str:
        """The key labels as row headers."""
        return "".join(f'<th scope="row">{escape(str(label))}</th>' for label in self._labels(cell))

    def rows(self) -> list[Row]:
        """The chart's rows: all keys but the last make the heading of a group."""
        return [
            Row(
                group=" · ".join(self._labels(cell)[:-1]),
                label=(self._labels(cell) or ["All people of the view"])[-1],
                value=cell["value"],
                low=cell["low"],
                high=cell["high"],
                text=self.number(cell["value"]) + (" – too noisy" if cell["too_noisy"] else ""),
                too_noisy=cell["too_noisy"],
            )
            for cell in self.cells
        ]

    def description(self) -> str:
        """The chart in a sentence or two, from usable values only."""
        usable = [cell for cell in self.cells if not cell["too_noisy"] and cell["value"] is not None]
        if not usable:
            return "No value is usable: the noise is larger than the figures."
        least, most = (pick(usable, key=lambda cell: float(cell["value"])) for pick in (min, max))
        if len(usable) == 1:
            return f"One usable value: {self.number(most['value'])}."
        return (
            f"{len(usable)} of {len(self.cells)} values are usable, from {self.number(least['value'])} "
            f"({self._name(least)}) to {self.number(most['value'])} ({self._name(most)})."
        )

    def _labels(self, cell: JSON) -> list[str]:
        """The cell's labels in the order asked for; JSON keeps names in the order of the alphabet."""
        return [str(cell["labels"][column]) for column in self.columns]

    def _name(self, cell: JSON) -> str:
        return ", ".join(self._labels(cell)) or "all people"

    def _decimals(self) -> int:
        """Digits after the point: two figures of the typical half-width of usable values."""
        if self.unit == "people":
            return 0
        usable = [cell for cell in self.cells if cell["low"] is not None and not cell["too_noisy"]]
        widths = sorted(float(cell["high"] - cell["low"]) for cell in usable)
        typical = widths[len(widths) // 2] / 2 * (100 if self.percent else 1) if widths else 1.0
        return min(4, max(0, 1 - math.floor(math.log10(typical)))) if typical > 0 else 4


def _words(name: str) -> str:
    text = str(name).replace("_", " ")
    return text[:1].upper() + text[1:]
