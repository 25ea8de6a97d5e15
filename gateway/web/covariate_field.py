"""Covariates of a regression as one line of the form: `bmi 15 45` (bounds), `smoker`, `sex=female` (reference)."""

from collections.abc import Iterable, Mapping
from typing import Any


def covariates_of(line: str | None) -> dict[str, list[dict[str, str]]]:
    """The field `on` that the line stands for; what it says is judged with the request."""
    parts = [part.split() for part in (line or "").split(",") if part.strip()]
    made = [_covariate(part) for part in parts]
    return {"on": made} if made else {}


def _covariate(words: list[str]) -> dict[str, str]:
    name, sign, reference = " ".join(words).partition("=")
    if sign:
        return {"of": name.strip(), "reference": reference.strip()}
    named: dict[str, str] = dict(zip(("of", "lower", "upper"), words, strict=False))
    return named if len(words) <= 3 else {"of": " ".join(words)}


def covariates_line(on: Iterable[Mapping[str, Any]]) -> str:
    """The line that stands for these covariates."""
    return ", ".join(
        f"{each['of']}={each['reference']}"
        if "reference" in each
        else " ".join(str(each[name]) for name in ("of", "lower", "upper") if name in each)
        for each in on
    )
