"""What a draw hands over: released values and how they were made, as canonical JSON with a digest.

Only noisy numbers come in here; there is no way for an exact one.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256
from itertools import product
from typing import Any

from disclosure.accounting import MICRO
from disclosure.pricing import Price, PriceLine
from disclosure.requests import ReleaseRequest
from disclosure.statistics.base import Estimate, Integers, Statistic, Thresholded
from disclosure.statistics.columns import text_of

FORMAT = "tre-release/1"
Key = str | int | bool
Told = tuple[dict[str, str], dict[str, str]]  # what tells an estimate of a cell apart: values, labels


@dataclass(frozen=True)
class Artefact:
    """A sealed release: `body` is plain JSON, `digest` the SHA-256 of its canonical bytes."""

    body: Mapping[str, Any] = field(repr=False)

    def to_bytes(self) -> bytes:
        """Canonical JSON: sorted keys, no spaces, ASCII."""
        return json.dumps(self.body, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Artefact":
        """The artefact these bytes hold."""
        return cls(json.loads(data))

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical bytes, hexadecimal."""
        return sha256(self.to_bytes()).hexdigest()

    @property
    def cells(self) -> list[dict[str, Any]]:
        """Released cells: statistic, keys, labels, value, low, high, too_noisy, drawn."""
        return list(self.body["cells"])


def describe(
    request: ReleaseRequest, price: Price, statistics: Sequence[Statistic], noisy: Sequence[Integers]
) -> dict[str, Any]:
    """The artefact's body from noisy vectors, one per statistic in the order of the price's lines."""
    parts = list(zip(statistics, price.lines, noisy, strict=True))
    return {
        "format": FORMAT,
        "title": request.title,
        "request_digest": request.digest(),
        "view_sql": price.view_sql,
        "view_notes": list(price.notes),
        "literals": [{"text": each.text, "bits": each.bits, "where": each.where} for each in price.literals],
        "micro_rho": price.micro_rho,
        "delta_e15": price.delta_e15,
        "delta0_e15": price.delta0_e15,
        "epsilon_micro": price.epsilon_micro,
        "epsilon_asked_micro": request.epsilon_micro,
        "neighbours": "one linked person with all records, present or never present",
        "statistics": [_statistic(statistic, line) for statistic, line, _ in parts],
        "cells": [cell for statistic, line, vector in parts for cell in _cells(statistic, line, vector)],
    }


def epsilon_text(micro: int) -> str:
    """Micro-ε as a plain decimal."""
    return f"{(Decimal(micro) / MICRO).normalize():f}"


def _statistic(statistic: Statistic, line: PriceLine) -> dict[str, Any]:
    contribution = statistic.contribution
    scores = {"scores": contribution.scores} if contribution.scores else {}
    return {
        **statistic.about(),
        "name": line.statistic,
        "kind": line.kind,
        "by": [column.name for column in statistic.plan.by],
        "mechanism": line.mechanism,
        "scale": text_of(line.scale),
        "micro_rho": line.micro_rho,
        "sensitivity": {"l1": contribution.l1, "l2_squared": contribution.l2_squared, **scores},
        "half_width_95": None if line.half_width_95 is None else str(line.half_width_95),
        "half_width_assumes": line.assumes,
        "noise_floor": line.note,
        "interval": {"confidence": "0.95", "covers": statistic.covers},
        **({} if line.threshold is None else {"threshold": line.threshold, "delta0_e15": line.delta0_e15}),
    }


def _cells(statistic: Statistic, line: PriceLine, vector: Integers) -> Iterator[dict[str, Any]]:
    rows = statistic.rows(vector.reshape(statistic.plan.shape[0], statistic.coordinates), line.scale)
    told = [
        ({each.column: each.value for each in every}, {each.column: each.label for each in every})
        for every in statistic.entries()
    ]
    found = isinstance(statistic, Thresholded)  # asked once: it looks at every name of the class
    for (keys, labels), estimates in zip(_told(statistic), rows, strict=True):
        pairs = zip(told, estimates, strict=True)
        for (key, label), estimate in _released(pairs) if found else pairs:
            yield _cell(statistic.plan.name, {**keys, **key}, {**labels, **label}, estimate)


def _told(statistic: Statistic) -> Iterator[tuple[dict[str, Key], dict[str, str]]]:
    """Keys and labels of each cell, in the order of the plan's cells."""
    plan = statistic.plan
    named, domains = [column.name for column in plan.by], plan.domains
    labels = product(*(domain.labels for domain in domains))
    for values, words in zip(plan.cells(), labels, strict=True):
        yield dict(zip(named, values, strict=True)), dict(zip(named, words, strict=True))


def _cell(name: str, keys: dict[str, Key], labels: dict[str, str], estimate: Estimate) -> dict[str, Any]:
    return {
        "statistic": name,
        "keys": keys,
        "labels": labels,
        "value": _number(estimate.value),
        "low": _number(estimate.low),
        "high": _number(estimate.high),
        "too_noisy": estimate.too_noisy,
        "drawn": list(estimate.drawn),
    }


def _released(pairs: Iterable[tuple[Told, Estimate]]) -> list[tuple[Told, Estimate]]:
    """Of keys found in the data those that are released, the largest first."""
    return sorted((pair for pair in pairs if pair[1].drawn), key=lambda pair: -pair[1].drawn[0])


def _number(value: Decimal | int | None) -> int | float | None:
    if value is None or isinstance(value, int):
        return value
    whole = int(value)
    return whole if whole == value else float(value)
