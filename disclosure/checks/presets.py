"""Presets: the output rules of known environments, read from `presets.toml` once."""

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

from workspaces.catalogue.errors import Invalid

DEFAULT = "nhs-england-sde"
_FILE = Path(__file__).with_name("presets.toml")


class Rule(StrEnum):
    """What can be demanded. `number` of a demand is the parameter named here."""

    LOW_COUNTS = "low_counts"  # the least count that may be shown
    ZEROS = "zeros"
    ROUNDING = "rounding"  # the base
    ROWS = "rows"
    CONTEXT = "context"
    EXTREMES = "extremes"  # percent at either end that counts as an extreme
    UNDERLYING = "underlying"
    DOMINANCE = "dominance"  # the most, in percent, that the two largest contributions may be
    DEGREES_OF_FREEDOM = "degrees_of_freedom"  # the least


@dataclass(frozen=True)
class Demand:
    """One rule of a preset, with its parameter and what it says in words."""

    rule: Rule
    words: str
    number: int = 0


@dataclass(frozen=True)
class Preset:
    """A set of output rules with its source, how far that was seen, and when it was noted.

    `exceptions`: may a checker let something through with a reason?
    """

    id: str
    name: str
    exceptions: bool
    source: str
    address: str
    standing: str
    noted: str
    demands: tuple[Demand, ...]


@lru_cache(maxsize=1)
def presets() -> dict[str, Preset]:
    """Every preset by its id."""
    found = [_preset(each) for each in tomllib.loads(_FILE.read_text(encoding="utf-8"))["preset"]]
    return {each.id: each for each in found}


def preset(name: str) -> Preset:
    """The preset of that id. Raises Invalid("preset:unknown")."""
    if name not in presets():
        raise Invalid("preset:unknown", "No preset has that name.", f"Use one of: {', '.join(presets())}.")
    return presets()[name]


def _preset(said: dict[str, Any]) -> Preset:
    demands = tuple(Demand(Rule(each["rule"]), each["words"], each.get("number", 0)) for each in said["demands"])
    return Preset(**{**said, "noted": said["noted"].isoformat(), "demands": demands})
