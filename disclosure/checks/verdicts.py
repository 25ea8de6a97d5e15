"""What a check can say, and how findings add up to a verdict. No word of it is "pass": a check finds, people decide."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

UNDECIDABLE = "not decidable after DP: covered by the noise floor"
ON_RELEASED = "on released values"
SHOWN_CELLS = 20


class Outcome(StrEnum):
    """What came of one rule, least serious first."""

    NOTHING = "nothing found"
    COVERED = "covered by the noise"
    UNDECIDABLE = UNDECIDABLE
    PERSON = "for a person to judge"
    LOOK = "look at this"
    CHANGE = "change this"


class Overall(StrEnum):
    """What comes of all findings."""

    NOTHING_FOUND = "nothing found"
    LOOK = "a person should look at what was found"
    CHANGE = "change it before a person looks"


@dataclass(frozen=True)
class Finding:
    """One rule applied: what came of it, in a sentence. `cells` are the keys of the first cells it is about."""

    rule: str
    outcome: Outcome
    sentence: str
    words: str = ""
    cells: tuple[Mapping[str, Any], ...] = ()

    def shown(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "rule": self.rule,
            "outcome": self.outcome.value,
            "sentence": self.sentence,
            "words": self.words,
            "cells": [dict(each) for each in self.cells],
        }


@dataclass(frozen=True)
class Checked:
    """The findings of one preset on a request, or on released values."""

    preset: str
    name: str
    source: str
    address: str
    about: str
    findings: Sequence[Finding]

    @property
    def overall(self) -> Overall:
        """The most serious finding decides; what only a person can judge does not hold anything up."""
        outcomes = {finding.outcome for finding in self.findings}
        if Outcome.CHANGE in outcomes:
            return Overall.CHANGE
        return Overall.LOOK if Outcome.LOOK in outcomes else Overall.NOTHING_FOUND

    def shown(self) -> dict[str, Any]:
        """As JSON, the same wherever it is shown."""
        return {
            "preset": self.preset,
            "name": self.name,
            "source": self.source,
            "address": self.address,
            "about": self.about,
            "overall": self.overall.value,
            "findings": [finding.shown() for finding in self.findings],
        }
