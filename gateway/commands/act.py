"""What a verb is given, and the registry that ties each command to its verb and its input."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from gateway.commands.texts import Text, odd_fields
from gateway.rules.facts import Actor, Facts
from gateway.settings import Settings
from gateway.store.unit_of_work import Work
from gateway.vocabulary import Command
from workspaces.catalogue.errors import Invalid


class Given(BaseModel):
    """The input of a command: frozen, strict, nothing unknown. The base itself is the empty input.

    Every text in it is plain, but for the fields in `JUDGED_ELSEWHERE`, which have rules of their own.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")
    JUDGED_ELSEWHERE: ClassVar[frozenset[str]] = frozenset()


class Because(Given):
    """A reason that people will read."""

    reason: Text


@dataclass
class Act:
    """One command being carried out: who, on what, when, in which transaction."""

    work: Work
    actor: Actor
    facts: Facts
    now: datetime
    settings: Settings
    created_id: str = ""
    reason: str = ""
    told: str = ""  # the state to answer with, where the stored one may not be told yet
    returned: dict[str, Any] = field(default_factory=dict)


Run = Callable[..., None]
_Verb = TypeVar("_Verb", bound=Run)


@dataclass(frozen=True)
class Verb:
    """A command's input model and handler."""

    command: Command
    given: type[Given]
    run: Run


VERBS: dict[Command, Verb] = {}


def verb(command: Command, given: type[Given] = Given) -> Callable[[_Verb], _Verb]:
    """Registers `run(act=…, subject=…, given=…)` as what the command does."""

    def register(run: _Verb) -> _Verb:
        if command in VERBS:
            raise ValueError(f"{command} has a verb already")
        VERBS[command] = Verb(command, given, run)
        return run

    return register


def parse(command: Command, raw: Any) -> Given:
    """The validated input of a command; what is wrong is named by field, never by value."""
    if isinstance(raw, Given):
        return raw
    try:
        given = VERBS[command].given.model_validate_json(raw) if isinstance(raw, str) else _from_plain(command, raw)
    except ValidationError as error:
        fields = sorted({".".join(map(str, item["loc"])) or "body" for item in error.errors(include_input=False)})
        raise Invalid(
            "input:invalid",
            f"These fields are missing, unknown or not of the right kind: {', '.join(fields)}.",
            "Correct them and send it again.",
        ) from None
    _need_plain(given)
    return given


def _need_plain(given: Given) -> None:
    found = odd_fields(given, given.JUDGED_ELSEWHERE)
    if found:
        raise Invalid(
            "input:not_plain",
            f"These fields hold control characters, or marks that turn the direction of reading: {', '.join(found)}.",
            "Type them again as plain text.",
        )


def _from_plain(command: Command, raw: Any) -> Given:
    # dates and enums arrive as JSON text; strictness as JSON keeps numbers and booleans apart
    return VERBS[command].given.model_validate_json(json.dumps(raw if raw is not None else {}))
