"""The same checks for whoever has a request and a grant as files: in a room, on the way to a submission, anywhere.

No database, no sampler, no record. A grant is what the gateway shows of a project to its members.
"""

from collections.abc import Mapping
from typing import Any

from disclosure.accounting import pool_delta_ceiling
from disclosure.checks.on_releases import check_release
from disclosure.checks.on_requests import check_request
from disclosure.checks.presets import DEFAULT, preset
from disclosure.checks.verdicts import Checked
from disclosure.clearance import clear
from disclosure.requests import parse_request
from disclosure.terms import Terms
from workspaces.catalogue.code_lists import cited_in
from workspaces.catalogue.errors import Invalid
from workspaces.catalogue.tables import TABLES

LONDON = 8_900_000  # people, mid-2023, Office for National Statistics: where no grant says which pool it is
LITERAL_BITS = 256  # an author who has seen rows may use so many of their own (P1)
THRESHOLDS = 20  # how many statistics with a threshold the delta-0 of a grant is for


def without_grant() -> dict[str, Any]:
    """A grant of everything on a pool of London's size, for a first look."""
    tables = {name: [column.name for column in table.columns if column.grantable] for name, table in TABLES.items()}
    delta = pool_delta_ceiling(LONDON)
    return {
        "tables": tables,
        "delta_e15": delta,
        "delta0_e15": delta // 10,
        "public_population": LONDON,
        "floor_half_width": 10,
        "tier": "JOBS",
        "preset": DEFAULT,
    }


def terms_in(grant: Mapping[str, Any]) -> Terms:
    """The terms that a shown grant stands for. Raises Invalid("grant:unreadable")."""
    try:
        return Terms(
            tables={str(table): tuple(columns) for table, columns in grant["tables"].items()},
            delta_e15=grant["delta_e15"] - grant["delta0_e15"],
            public_population=grant["public_population"],
            floor_half_width=grant["floor_half_width"],
            threshold_delta0_e15=grant["delta0_e15"] // THRESHOLDS,
            literal_bits=None if _is_blind(grant) else LITERAL_BITS,
            code_lists=cited_in(grant.get("code_lists") or {}),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Invalid(
            "grant:unreadable",
            "The file does not hold a project with its grant.",
            "Save what `tre projects show PROJECT` prints.",
        ) from None


def _is_blind(grant: Mapping[str, Any]) -> bool:
    """Of the person whom it was shown to; a grant without such a mark speaks of its own project only."""
    return grant["tier"] == "JOBS" and str(grant.get("mark", "BLIND")) == "BLIND"


def check_with(request: object, grant: Mapping[str, Any], name: str | None = None) -> Checked:
    """The verdict on a request under a shown grant, by its own preset unless another is named. Raises Invalid."""
    terms = terms_in(grant)
    asked = parse_request(request)
    return check_request(asked, clear(asked, terms), terms, preset(name or str(grant.get("preset", DEFAULT))))


def check_values(artefact: Mapping[str, Any], grant: Mapping[str, Any], name: str | None = None) -> Checked:
    """The verdict on released values. Raises Invalid, also for what is no artefact."""
    chosen, floor = preset(name or str(grant.get("preset", DEFAULT))), terms_in(grant).floor_half_width
    try:
        return check_release(artefact, chosen, floor_half_width=floor)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError):
        raise Invalid(
            "artefact:unreadable", "The file does not hold released values.", "Name a package or its artefact.json."
        ) from None
