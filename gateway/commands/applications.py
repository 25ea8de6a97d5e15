"""What an application says, and what can be wrong with it before anybody reads it."""

from datetime import date
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field

from disclosure.checks.presets import DEFAULT, preset
from gateway.commands.act import Given
from gateway.commands.texts import Short, Text
from gateway.models.grant import JOBS
from gateway.rules.tiers import OFFERED
from workspaces.catalogue.errors import Invalid
from workspaces.catalogue.tables import TABLES


class Wanted(BaseModel):
    """One table with the columns wanted and the reason for them."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")
    table: str
    columns: tuple[str, ...] = Field(min_length=1, max_length=100)
    reason: Text


class Application(Given):
    """The Five Safes questions, the data wanted, the budget, the end."""

    title: Short
    lay_summary: Text
    public_benefit: Text
    safe_people: Text
    safe_project: Text
    safe_settings: Text
    safe_outputs: Text
    organisation: Short
    legal_basis_article_6: Short = "(e) public task"
    legal_basis_article_9: Short = "(j) research"
    common_law_route: Short = "Not applicable"
    data: tuple[Wanted, ...] = Field(min_length=1, max_length=20)
    members: tuple[str, ...] = Field(default=(), max_length=50)
    period_start: date | None = None
    period_end: date | None = None
    preset: Short = DEFAULT
    tier: Short = JOBS
    reviews: int = Field(2, ge=2, le=5)
    agreeing: int | None = Field(None, ge=2, le=5)  # how many settle it once they have talked; None is all
    room_k: int = Field(0, ge=0, le=1000)  # people alike in the workspace's copy, at least
    longitudinal: bool = False  # pseudonyms that stay from one build to the next, in the workspace's copy
    epsilon: Decimal = Field(gt=0, le=10, decimal_places=6, allow_inf_nan=False)
    ends_on: date


def check(given: Application, today: date) -> None:
    """Raises Invalid for what the catalogue does not have, or what no committee could decide."""
    preset(given.preset)
    _need_tier(given.tier)
    for wanted in given.data:
        table = TABLES.get(wanted.table)
        if table is None or any(table.column(name) is None for name in wanted.columns):
            raise Invalid(
                "application:unknown_column",
                "The application asks for a table or column that the catalogue does not have.",
                "Choose from the catalogue.",
            )
    if len({wanted.table for wanted in given.data}) != len(given.data):
        raise Invalid("application:table_twice", "A table is asked for twice.", "Ask for each table once.")
    if given.agreeing is not None and not given.reviews < 2 * given.agreeing <= 2 * given.reviews:
        raise Invalid(
            "application:checkers_disagree",
            f"{given.agreeing} of {given.reviews} checkers cannot settle a release: two outcomes could both be theirs.",
            "Let more than half of them agree, and no more than there are.",
        )
    if given.ends_on <= today:
        raise Invalid("application:end_past", "The project would end today or earlier.", "Give an end in the future.")


def _need_tier(name: str) -> None:
    if name not in OFFERED:
        raise Invalid(
            "application:unknown_tier",
            "The application asks for a way of working that this gateway does not offer.",
            f"Choose one of: {', '.join(OFFERED)}.",
        )
