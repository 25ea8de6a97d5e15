"""Codes that law treats apart: Type 1 opt-outs, their withdrawal, and what may not be shared at all.

`restricted` are codes under the Human Fertilisation and Embryology Acts 1990 and 2008 and the Gender Recognition
Act 2004. A deployment replaces the list by the one its information governance lead holds, and raises the version.
"""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

VERSION = "legal-codes/1"


@dataclass(frozen=True)
class LegalCode:
    """One code; `use` is `type_1`, `type_1_withdrawn` or `restricted`."""

    use: str
    vocabulary: str
    code: str


@cache
def legal_codes() -> tuple[LegalCode, ...]:
    """All of them, in the order of the published file."""
    with (files("workspaces.catalogue") / "data/legal_codes.csv").open(encoding="utf-8") as file:
        return tuple(LegalCode(row["use"], row["vocabulary"], row["code"]) for row in csv.DictReader(file))
