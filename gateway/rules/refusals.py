"""Why not, and what next: said once, raised at the door, shown as a hint on the page."""

from enum import StrEnum


class Why(StrEnum):
    """The kind of a refusal; only `web/errors.py` turns it into a status code."""

    UNKNOWN = "UNKNOWN"
    FORBIDDEN = "FORBIDDEN"
    STATE = "STATE"
    CONDITION = "CONDITION"
    TOO_MANY = "TOO_MANY"


class Refusal(Exception):
    """Not you, not now, or not enough; never a word about what records hold (privacy model P5)."""

    def __init__(self, code: str, sentence: str, next_step: str, why: Why = Why.CONDITION) -> None:
        super().__init__(f"{code}: {sentence} {next_step}")
        self.code = code
        self.sentence = sentence
        self.next_step = next_step
        self.why = why


def unknown() -> Refusal:
    """The same answer for what is missing and for what one may not know about."""
    return Refusal(
        "subject:unknown", "There is nothing here that you can see.", "Check the address or sign in.", Why.UNKNOWN
    )


def not_your_role(command: str, roles: str) -> Refusal:
    """The person holds none of the roles that may do this."""
    return Refusal(
        "command:not_your_role",
        f"{command.replace('_', ' ').capitalize()} is not for you on this subject.",
        f"It can be done by: {roles}.",
        Why.FORBIDDEN,
    )


def beyond_token(command: str) -> Refusal:
    """The person may, this token of theirs may not."""
    return Refusal(
        "token:scope",
        f"This token may not {command.replace('_', ' ').lower()}.",
        "Make a token of a wider scope on your account page.",
        Why.FORBIDDEN,
    )


def wrong_state(command: str, state: str) -> Refusal:
    """The subject is not in a state from which this leads anywhere."""
    return Refusal(
        "command:wrong_state",
        f"{command.replace('_', ' ').capitalize()} is not possible while it is {state.replace('_', ' ').lower()}.",
        "Reload the page to see what can be done now.",
        Why.STATE,
    )
