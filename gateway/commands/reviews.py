"""Reviews: of the plan before anything is spent, of the sealed artefact blind to each other, of a difference."""

from gateway.commands.act import Act, Because, Given, verb
from gateway.commands.texts import Text
from gateway.models import Release, Review
from gateway.vocabulary import Command, Verdict


@verb(Command.CLEAR_PLAN, Because)
def clear_plan(*, act: Act, subject: Release, given: Because) -> None:
    """One checker, before any noise; a plan that is turned back costs nothing."""
    _review(act, subject, "PLAN", Verdict.APPROVE, given.reason)


@verb(Command.RETURN_PLAN, Because)
def return_plan(*, act: Act, subject: Release, given: Because) -> None:
    """Back to its author, with the reason."""
    _review(act, subject, "PLAN", Verdict.RETURN, given.reason)
    subject.turn += 1


class Judge(Given):
    """A verdict with its reason."""

    verdict: Verdict
    reason: Text


@verb(Command.VIEW_ARTEFACT)
def view_artefact(*, act: Act, subject: Release, given: Given) -> None:
    """Recorded; the bytes are served by whoever asked, after this."""


@verb(Command.REVIEW_RELEASE, Judge)
def review(*, act: Act, subject: Release, given: Judge) -> None:
    """Blind to the other review."""
    _review(act, subject, "ARTEFACT", given.verdict, given.reason)


@verb(Command.ADJUDICATE_RELEASE, Judge)
def adjudicate(*, act: Act, subject: Release, given: Judge) -> None:
    """A third checker settles a difference."""
    _review(act, subject, "ADJUDICATION", given.verdict, given.reason)


@verb(Command.SETTLE_RELEASE)
def settle(*, act: Act, subject: Release, given: Given) -> None:
    """The outcome is the row that was chosen."""


def _review(act: Act, release: Release, stage: str, verdict: Verdict, reason: str) -> None:
    act.work.add(
        Review(
            release_id=release.id,
            turn=release.turn,
            stage=stage,
            person_id=act.actor.person_id,
            verdict=verdict,
            reason=reason,
            at=act.now,
        )
    )
