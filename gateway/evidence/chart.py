"""One accessible chart as SVG text: a row per figure, its interval as a bar with ends, its value printed.

Nothing is told by colour alone: a figure too noisy to use is hollow and says so. No script, no font, no
outside request.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, LABELS, VALUES = 820, 250, 190
ROW, TOP, FOOT = 26, 12, 44
PLOT = WIDTH - LABELS - VALUES
LONGEST = 34


@dataclass(frozen=True)
class Row:
    """One figure: `group` is a heading shared with its neighbours, `text` the value as printed."""

    group: str
    label: str
    value: float | None
    low: float | None
    high: float | None
    text: str
    too_noisy: bool


@dataclass(frozen=True)
class Look:
    """How a chart is drawn: `bars` from zero, or dots; `limits` never left; `unit` under the axis."""

    title: str
    description: str
    unit: str
    bars: bool
    percent: bool = False


@dataclass(frozen=True)
class _Axis:
    low: float
    high: float
    step: float

    def at(self, value: float) -> float:
        """The horizontal place of a value, kept within the plot."""
        share = (value - self.low) / (self.high - self.low)
        return LABELS + PLOT * min(1.0, max(0.0, share))

    def ticks(self) -> list[float]:
        """Round numbers along the axis."""
        return [self.low + self.step * n for n in range(round((self.high - self.low) / self.step) + 1)]


def chart(rows: Sequence[Row], look: Look, *, name: str) -> str:
    """The chart as an SVG element; `name` makes its ids unique on the page."""
    axis = _axis(rows, look)
    lines = list(_lines(rows))
    height = TOP + ROW * len(lines) + FOOT
    body = [*_grid(axis, look, height), *(part for line in lines for part in _line(*line, axis, look))]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-labelledby="{name}-title {name}-desc"><title id="{name}-title">{escape(look.title)}</title>'
        f'<desc id="{name}-desc">{escape(look.description)}</desc>{"".join(body)}</svg>'
    )


def _lines(rows: Sequence[Row]) -> Iterator[tuple[float, Row | str]]:
    """Rows with their vertical middle; a heading stands before the first row of each group."""
    place, group = TOP + ROW / 2, ""
    for row in rows:
        if row.group != group:
            group = row.group
            yield place, group
            place += ROW
        yield place, row
        place += ROW


def _axis(rows: Sequence[Row], look: Look) -> _Axis:
    """A round axis over the figures that can be used; those that cannot would stretch it."""
    chosen = [row for row in rows if not row.too_noisy] or list(rows)
    ends = [end for row in chosen for end in (row.low, row.high, row.value) if end is not None] or [0.0, 1.0]
    low, high = min(ends), max(ends)
    if look.bars or look.percent:
        low, high = min(0.0, low), max(0.0, high)
    span = high - low or abs(high) or 1.0
    step = _round_step(span / 5)
    first, last = math.floor(low / step) * step, math.ceil(high / step) * step
    return _Axis(first, last if last > first else first + step, step)


def _round_step(least: float) -> float:
    power: float = 10.0 ** math.floor(math.log10(least))
    return next(size * power for size in (1, 2, 2.5, 5, 10) if size * power >= least * 0.999)


def _grid(axis: _Axis, look: Look, height: int) -> Iterator[str]:
    foot = height - FOOT + 6
    for tick in axis.ticks():
        x = axis.at(tick)
        strong = " zero" if abs(tick) < axis.step / 1000 else ""
        yield f'<line class="grid{strong}" x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{foot}"/>'
        yield f'<text class="tick" x="{x:.1f}" y="{foot + 15}" text-anchor="middle">{_tick(tick, axis, look)}</text>'
    unit = escape(look.unit) + (" (the axis does not start at 0)" if axis.low > 0 or axis.high < 0 else "")
    yield f'<text class="unit" x="{LABELS + PLOT / 2}" y="{height - 6}" text-anchor="middle">{unit}</text>'


def _tick(value: float, axis: _Axis, look: Look) -> str:
    scale = 100 if look.percent else 1
    digits = max(0, -math.floor(math.log10(axis.step * scale) + 1e-9))
    digits += axis.step * scale * 10**digits % 1 > 1e-6
    return f"{value * scale + 0.0:,.{digits}f}".replace("-", "\N{MINUS SIGN}") + (" %" if look.percent else "")


def _line(place: float, row: Row | str, axis: _Axis, look: Look) -> Iterator[str]:
    if isinstance(row, str):
        yield f'<text class="group" x="4" y="{place + 5:.1f}">{_short(row, LONGEST * 2)}</text>'
        return
    indent = 16 if row.group else 4
    noisy = " noisy" if row.too_noisy else ""
    label = _short(row.label, LONGEST)
    yield f'<g class="row{noisy}"><text class="label" x="{indent}" y="{place + 5:.1f}">{label}</text>'
    if row.value is not None:
        yield from _mark(place, row, axis, look)
    yield f'<text class="value" x="{LABELS + PLOT + 14}" y="{place + 5:.1f}">{escape(row.text)}</text></g>'


def _mark(place: float, row: Row, axis: _Axis, look: Look) -> Iterator[str]:
    x = axis.at(row.value or 0.0)
    if look.bars:
        left, right = sorted((axis.at(0.0), x))
        yield f'<rect class="bar" x="{left:.1f}" y="{place - 8:.1f}" width="{right - left:.1f}" height="16"/>'
    if row.low is not None and row.high is not None:
        yield from _whisker(place, row.low, row.high, axis)
    if not look.bars:
        yield f'<circle class="dot" cx="{x:.1f}" cy="{place:.1f}" r="5"/>'


def _whisker(place: float, low: float, high: float, axis: _Axis) -> Iterator[str]:
    left, right = axis.at(low), axis.at(high)
    yield f'<line class="whisker" x1="{left:.1f}" y1="{place:.1f}" x2="{right:.1f}" y2="{place:.1f}"/>'
    for x, kept in ((left, low >= axis.low), (right, high <= axis.high)):
        if kept:  # without its end, an interval goes on beyond the axis
            yield f'<line class="whisker" x1="{x:.1f}" y1="{place - 5:.1f}" x2="{x:.1f}" y2="{place + 5:.1f}"/>'


def _short(text: str, longest: int) -> str:
    if len(text) <= longest:
        return escape(text)
    return f"{escape(text[: longest - 1])}…<title>{escape(text)}</title>"
