"""Released values as tables of a page, and findings that lead to the cells they speak of."""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.evidence.figures import Figures, parts

JSON = Mapping[str, Any]
MOST = 2_000  # rows of a page; all are in the package


@dataclass(frozen=True)
class Row:
    """One figure: `anchor` is where a finding leads, `sort` what a browser sorts by."""

    anchor: str
    labels: tuple[str, ...]
    value: str
    sort: float | None
    interval: str
    too_noisy: bool


@dataclass(frozen=True)
class Table:
    """The figures of one statistic, or of one measure of it."""

    statistic: str
    heading: str
    columns: tuple[str, ...]
    value_name: str
    rows: tuple[Row, ...]
    left_out: int


@dataclass(frozen=True)
class Shown:
    """What checkers see of a package: its tables, the verdict of the output rules on it, and the artefact itself."""

    tables: tuple[Table, ...]
    checks: dict[str, Any] | None


def shown(package: bytes) -> Shown:
    """Out of the sealed package and nothing else."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        artefact, about = (json.loads(archive.read(name)) for name in ("artefact.json", "about.json"))
    return Shown(tables_of(artefact), _anchored(about.get("checks"), artefact))


def tables_of(artefact: JSON) -> tuple[Table, ...]:
    """The tables of an artefact, sealed or tried out."""
    numbers = {id(cell): f"cell-{number}" for number, cell in enumerate(artefact["cells"])}
    return tuple(_table(statistic, figures, numbers) for statistic, figures in _figures(artefact))


def _figures(artefact: JSON) -> list[tuple[str, Figures]]:
    found = []
    for statistic in artefact["statistics"]:
        cells = [cell for cell in artefact["cells"] if cell["statistic"] == statistic["name"]]
        found += [(str(statistic["name"]), part) for part in parts(statistic, cells)]
    return found


def _table(statistic: str, figures: Figures, numbers: Mapping[int, str]) -> Table:
    rows = tuple(_row(figures, cell, numbers[id(cell)]) for cell in figures.cells[:MOST])
    left_out = max(0, len(figures.cells) - MOST)
    return Table(statistic, figures.heading, tuple(figures.keys), figures.value_name, rows, left_out)


def _row(figures: Figures, cell: JSON, anchor: str) -> Row:
    labels = tuple(str(cell["labels"][key]) for key in figures.columns)
    value, interval = figures.number(cell["value"]), figures.interval(cell)
    return Row(anchor, labels, value, cell["value"], interval, bool(cell["too_noisy"]))


def _anchored(checks: JSON | None, artefact: JSON) -> dict[str, Any] | None:
    if not checks:
        return None
    places = {_place(cell): f"cell-{number}" for number, cell in enumerate(artefact["cells"])}
    findings = [
        {**each, "cells": [{**cell, "anchor": places.get(_place(cell), "")} for cell in each["cells"]]}
        for each in _each(checks["findings"])
    ]
    return {**checks, "findings": findings}


def _each(findings: Sequence[JSON]) -> Sequence[JSON]:
    return [{**each, "cells": each.get("cells") or []} for each in findings]


def _place(cell: JSON) -> tuple[str, tuple[tuple[str, str], ...]]:
    return str(cell["statistic"]), tuple(sorted((key, str(label)) for key, label in cell["labels"].items()))
